// Lists whose newest page comes again and again, with older ones below it.

/**
 * A page with the older items of a list below it. What has slid off the page stays, what is gone from it goes: ids sort the newest first.
 * @param page the newest items
 * @param known items that may be on the page too
 */
export const withOlder = (page, known) => [...page, ...known.filter((one) => page.length > 0 && one.id > page.at(-1).id)];
