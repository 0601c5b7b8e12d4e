// Numbers, times and sizes as a person reads them. Times come as seconds since 1970.
import { h } from './dom.js';

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

/** 12,345 */
export const count = (value) => (Number.isFinite(value) ? whole.format(value) : '–');

/** `1 example`, `12 examples` */
export const many = (value, one, more = `${one}s`) => `${count(value)} ${value === 1 ? one : more}`;

/** 12.3 k, 4.56 M: for what need not be exact. */
export function short(value) {
  if (!Number.isFinite(value)) return '–';
  for (const [size, unit] of [[1e12, 'T'], [1e9, 'G'], [1e6, 'M'], [1e4, 'k']])
    if (Math.abs(value) >= size) return `${(value / (unit === 'k' ? 1e3 : size)).toPrecision(3)} ${unit}`;
  return count(value);
}

/** Four significant digits, for losses and rates: 0.06412, 1.204e-5. What rounding leaves of nothing is 0. */
export function figure(value, digits = 4) {
  if (!Number.isFinite(value)) return '–';
  const size = Math.abs(value);
  if (size < 1e-12) return '0';
  if (size < 1e-4) return value.toExponential(digits - 2).replace(/\.?0+e/, 'e').replace('e-', 'e−').replace(/^-/, '−');
  const text = size >= 1000 ? whole.format(value) : value.toPrecision(digits);
  return text.replace(/(\.\d*?)0+$/, '$1').replace(/\.$/, '').replace(/^-/, '−');
}

/** An answer as it can be seen: without the blank lines that it may end with. */
export const seen = (text) => text.trimEnd() || (text ? '(blank)' : '(nothing)');

/** 93.3 % */
export const percent = (share, digits = 1) => (Number.isFinite(share) ? `${(100 * share).toFixed(digits)} %` : '–');

export function bytes(value) {
  if (!Number.isFinite(value)) return '–';
  let size = value;
  for (const unit of ['B', 'KB', 'MB', 'GB', 'TB']) {
    if (size < 1000 || unit === 'TB') return `${unit === 'B' ? size : size.toPrecision(3)} ${unit}`;
    size /= 1000;
  }
  return '';
}

/** 48 s, 12 min, 3 h 20 min, 4 days */
export function duration(seconds) {
  if (!Number.isFinite(seconds)) return '–';
  const all = Math.max(0, Math.round(seconds));
  if (all < 90) return `${all} s`;
  if (all < 90 * 60) return `${Math.round(all / 60)} min`;
  if (all < 48 * 3600) {
    const [hours, minutes] = [Math.floor(all / 3600), Math.round((all % 3600) / 60)];
    return minutes === 0 ? `${hours} h` : minutes === 60 ? `${hours + 1} h` : `${hours} h ${minutes} min`;
  }
  return `${Math.round(all / 86400)} days`;
}

/** An amount of money: $0.0042, €1.20 */
export function money(value, currency = 'USD') {
  if (!Number.isFinite(value)) return '–';
  if (value === 0) return amount(0, currency, { maximumFractionDigits: 0 });
  return value < 0.01 ? amount(value, currency, { minimumSignificantDigits: 2, maximumSignificantDigits: 2 }) : amount(value, currency, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
}

/** With the sign of the currency before it, or its code where the settings name one that is no currency. */
function amount(value, currency, digits) {
  try {
    return new Intl.NumberFormat('en', { style: 'currency', currency, useGrouping: false, ...digits }).format(value);
  } catch {
    return `${new Intl.NumberFormat('en', { useGrouping: false, ...digits }).format(value)} ${currency}`;
  }
}

const said = (at) => {
  const passed = Date.now() / 1000 - at;
  return passed < 5 ? 'just now' : passed < 30 * 86400 ? `${duration(passed)} ago` : new Date(at * 1000).toLocaleDateString('en', { dateStyle: 'medium' });
};

/** `3 min ago`, kept true while it stands, with the exact time as its title. */
export function ago(at) {
  if (!at) return '–';
  const when = new Date(at * 1000);
  return h('time', { datetime: when.toISOString(), title: when.toLocaleString('en', { dateStyle: 'medium', timeStyle: 'medium' }), 'data-ago': at, class: 'nowrap' }, said(at));
}

/** The time of day, with the day when it is another one. */
export function clock(at) {
  const when = new Date(at * 1000);
  const today = when.toDateString() === new Date().toDateString();
  const text = when.toLocaleTimeString('en', { hour12: false });
  return h('time', { datetime: when.toISOString(), class: 'nowrap number' }, today ? text : `${when.toLocaleDateString('en', { month: 'short', day: 'numeric' })}, ${text}`);
}

/** Lets what `ago` has written stay true. */
export function keepTimesTrue() {
  setInterval(() => {
    for (const time of document.querySelectorAll('time[data-ago]')) {
      const text = said(Number(time.dataset.ago));
      if (time.textContent !== text) time.textContent = text;
    }
  }, 5000);
}
