// Runs that lie over each other.

/** How many runs can lie over each other: each has its colour. */
export const mostRuns = 6;

/** The runs that an address lays over the run `id`: each once, and no more than there are colours for. */
export const othersOf = (text, id) => [...new Set((text ?? '').split(',').filter((other) => other && other !== id))].slice(0, mostRuns - 1);

/** Whether one more run can be laid over a run and these others. */
export const hasRoom = (others) => others.length < mostRuns - 1;

/** What the button says that compares so many chosen runs, and whether it does so. */
export const choiceOf = (chosen) => ({ allowed: chosen <= mostRuns, label: chosen > mostRuns ? `${mostRuns} runs at most` : `Compare ${chosen} runs` });
