// Light, dark, or as the system has it.
import { fill, h } from './dom.js';
import { icon } from './icons.js';

const next = { auto: 'light', light: 'dark', dark: 'auto' };
const symbols = { auto: 'auto', light: 'sun', dark: 'moon' };

let theme = localStorage.getItem('theme') ?? 'auto';
apply();

export function themeButton() {
  const button = h('button', { class: 'icon', onclick: () => { theme = next[theme]; localStorage.setItem('theme', theme); apply(); label(); } });
  const label = () => {
    fill(button, icon(symbols[theme]));
    button.title = `Theme: ${theme}`;
    button.setAttribute('aria-label', `Theme: ${theme}. Change to ${next[theme]}.`);
  };
  label();
  return button;
}

function apply() {
  if (theme === 'auto') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  dispatchEvent(new Event('theme'));
}

matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => dispatchEvent(new Event('theme')));

/** The colour that a custom property stands for at this moment. */
export function colour(name) {
  const probe = h('span', { hidden: true, style: { color: `var(${name})` } });
  document.body.append(probe);
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found;
}
