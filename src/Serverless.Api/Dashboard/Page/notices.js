// Short words about what was done, and questions before what cannot be undone.
import { h } from './dom.js';

export function toast(text, kind = 'info') {
  const shown = h('p', { class: `toast ${kind}` }, text);
  document.getElementById('toasts').append(shown);
  setTimeout(() => shown.remove(), kind === 'bad' ? 9000 : 4000);
}

/** Runs what a button stands for; a refusal is shown. */
export async function attempt(work, done = null) {
  try {
    const result = await work();
    if (done) toast(done);
    return result;
  } catch (fault) {
    toast(fault.message, 'bad');
    return undefined;
  }
}

/** Asks; true if the answer is yes. */
export function confirmed(title, text, yes) {
  return new Promise((done) => {
    const dialog = h('dialog', { class: 'card', 'aria-labelledby': 'ask-title' }, h('h2', { id: 'ask-title' }, title), h('p', {}, text),
      h('form', { method: 'dialog', class: 'row end' }, h('button', { value: 'no' }, 'Keep'), h('button', { class: 'danger', value: 'yes' }, yes)));
    dialog.addEventListener('close', () => { dialog.remove(); done(dialog.returnValue === 'yes'); });
    document.body.append(dialog);
    dialog.showModal();
  });
}

/** Asks for a number; null if there is none. */
export function numberAsked(title, text, value, yes) {
  return new Promise((done) => {
    const input = h('input', { id: 'asked', inputmode: 'decimal', value: String(value), required: true });
    const form = h('form', { method: 'dialog' }, h('label', { for: 'asked' }, text), input,
      h('div', { class: 'row end' }, h('button', { type: 'button', onclick: () => dialog.close('no') }, 'Leave it'), h('button', { class: 'primary', value: 'yes' }, yes)));
    const dialog = h('dialog', { class: 'card', 'aria-labelledby': 'ask-title' }, h('h2', { id: 'ask-title' }, title), form);
    dialog.addEventListener('close', () => { dialog.remove(); done(dialog.returnValue === 'yes' && Number.isFinite(Number(input.value)) ? Number(input.value) : null); });
    document.body.append(dialog);
    dialog.showModal();
    input.select();
  });
}

/** A button that copies a text, and says so. */
export function copyButton(text, label = 'Copy') {
  const button = h('button', { class: 'small', type: 'button', onclick: async () => {
    // Browsers offer the clipboard to pages from https and from this machine only.
    button.textContent = await copied(text) ? 'Copied' : 'Not allowed here';
    setTimeout(() => { button.textContent = label; }, 2000);
  } }, label);
  return button;
}

const copied = async (text) => {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
};
