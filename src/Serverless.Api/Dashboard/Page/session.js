// The key is asked for once, and exchanged for a cookie that scripts cannot read.
import { call, onLost, Refused } from './api.js';
import { h } from './dom.js';

/** Returns when the service may be asked, having shown a form for the key in `main` if it needs one. */
export async function ensureSession(main) {
  for (;;) {
    try {
      const session = await call('GET', '/dashboard/session');
      if (!session.required || session.name) {
        onLost(() => location.reload());
        return session;
      }
      await ask(main);
    } catch (fault) {
      if (!(fault instanceof Refused)) throw fault;
      main.replaceChildren(h('div', { class: 'empty' }, h('h1', {}, 'The service does not answer'), h('p', {}, 'This page tries again every few seconds.')));
      await new Promise((done) => { setTimeout(done, 3000); });
    }
  }
}

export async function signOut() {
  await call('DELETE', '/dashboard/session').catch(() => {});
  location.reload();
}

function ask(main) {
  return new Promise((done) => {
    const key = h('input', { id: 'key', type: 'password', autocomplete: 'current-password', required: true, 'aria-describedby': 'key-fault' });
    const fault = h('p', { id: 'key-fault', class: 'fault', role: 'alert', hidden: true });
    const form = h('form', { class: 'card key' }, h('h1', {}, 'Open the dashboard'),
      h('p', { class: 'soft' }, 'This service asks for an API key, one of those in its settings. It is exchanged for a cookie of this browser and kept nowhere.'),
      h('label', { for: 'key' }, 'API key'), key, fault, h('button', { class: 'primary' }, 'Open'));
    form.addEventListener('submit', async (event) => {
      event.preventDefault();
      try {
        await call('POST', '/dashboard/session', { body: { key: key.value } });
        done();
      } catch (refused) {
        fault.textContent = refused.message;
        fault.hidden = false;
        key.select();
      }
    });
    main.replaceChildren(form);
    key.focus();
  });
}
