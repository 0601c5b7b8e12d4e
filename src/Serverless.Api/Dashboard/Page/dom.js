// Makes elements. Text goes in as text only, never as markup; styles by property, since the page's policy allows no inline ones.

const properties = new Set(['value', 'checked', 'disabled', 'selected', 'open', 'indeterminate', 'htmlFor']);

/** An element with attributes (`on…`: listeners, `style`: an object), and children, of which null and false are left out. */
export function h(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith('on')) made.addEventListener(name.slice(2), value);
    else if (name === 'style') for (const [key, one] of Object.entries(value)) made.style.setProperty(key, one);
    else if (name === 'class') made.className = value;
    else if (properties.has(name)) made[name] = value;
    else made.setAttribute(name, value === true ? '' : value);
  }
  made.append(...present(children));
  return made;
}

/** Puts other children into an element, unless they say the same as before: so a selection or the focus in it stays. */
export function fill(target, ...children) {
  const next = document.createDocumentFragment();
  next.append(...present(children));
  if (target.childNodes.length === next.childNodes.length && [...target.childNodes].every((child, at) => child.isEqualNode(next.childNodes[at]))) return;
  target.replaceChildren(next);
}

/** Makes the children of a list those that `build` makes of the items; a child whose item is the same as before stays the same element. */
export function keyed(parent, items, keyOf, build) {
  const before = new Map([...parent.children].map((child) => [child.dataset.key, child]));
  items.forEach((item, at) => {
    const key = String(keyOf(item));
    const said = JSON.stringify(item);
    let child = before.get(key);
    before.delete(key);
    if (!child || child.said !== said) child = replaced(child, Object.assign(build(item), { said }), key);
    if (parent.children[at] !== child) parent.insertBefore(child, parent.children[at] ?? null);
  });
  for (const gone of before.values()) gone.remove();
}

function replaced(old, made, key) {
  made.dataset.key = key;
  if (!old) return made;
  const focusable = 'a, button, input, select, textarea, [tabindex]';
  const focused = [...old.querySelectorAll(focusable)].indexOf(document.activeElement);
  old.replaceWith(made);
  if (focused >= 0) made.querySelectorAll(focusable)[focused]?.focus();
  return made;
}

function present(children) {
  return children.flat(3).filter((child) => child !== null && child !== undefined && child !== false && child !== true);
}
