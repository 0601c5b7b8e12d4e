// One chart of one or several runs over the steps, drawn by uPlot.
import { h } from './dom.js';
import { figure } from './format.js';
import { colour } from './theme.js';

const { uPlot } = globalThis;
const height = 230;

/**
 * @param title what stands above it
 * @param format writes a value of the y axis
 * @param sync charts of one name show one cursor
 */
export function chart(title, { format = figure, sync = 'steps' } = {}) {
  const host = h('div', { class: 'plot' });
  const note = h('p', { class: 'soft number' });
  const box = h('figure', { class: 'chart', role: 'img' }, h('figcaption', {}, h('h3', {}, title), note), host);
  let plot = null;
  let lines = [];
  let zoomed = false;

  /** Shows other lines: { label, slot (1 to 6), points: [[x, y], …] in the order of x, kind: raw, smooth, dots }. */
  function show(next) {
    const data = joined(next);
    const same = plot && next.length === lines.length && next.every((line, at) => line.label === lines[at].label && line.kind === lines[at].kind && line.slot === lines[at].slot);
    lines = next;
    if (same) {
      plot.setData(data, !zoomed);
      rest(plot);
    } else draw(data);
    const last = next.filter((line) => line.kind !== 'raw' || next.length === 1).map((line) => `${line.label} ${format(line.points.at(-1)?.[1] ?? NaN)}`).join(', ');
    box.setAttribute('aria-label', `${title}: ${last}`);
    note.textContent = zoomed ? 'double-click to see all' : '';
  }

  function draw(data) {
    plot?.destroy();
    zoomed = false;
    const axis = { stroke: colour('--faint'), grid: { stroke: colour('--line'), width: 1 }, ticks: { show: false }, font: `12px ${getComputedStyle(document.body).fontFamily}` };
    plot = new uPlot({
      width: Math.max(200, host.clientWidth), height, padding: [10, 20, 0, 0],
      scales: { x: { time: false, range: (_, low, high) => (high > low ? [low, high] : [low - 1, low + 1]) } },
      cursor: { sync: { key: sync }, points: { size: 7 }, drag: { x: true, y: false }, dataIdx: (self, at, hovered) => known(self.data[at], hovered) },
      legend: { live: true, markers: { width: 3 } },
      axes: [
        { ...axis, size: 34, values: (_, ticks) => ticks.map((tick) => (Number.isInteger(tick) ? tick.toLocaleString('en') : '')) },
        { ...axis, size: (_, values) => 14 + 7.2 * Math.max(2, ...(values ?? []).map((value) => value.length)), values: (_, ticks) => ticks.map((tick) => format(tick, 3)) },
      ],
      series: [{ label: 'step', value: (_, x) => (x == null ? '–' : x.toLocaleString('en')) }, ...lines.map((line) => series(line, format))],
      hooks: { setCursor: [rest], setSelect: [(self) => { zoomed = self.select.width > 0; note.textContent = zoomed ? 'double-click to see all' : ''; }] },
    }, data, host);
    rest(plot);
    plot.over.addEventListener('dblclick', () => { zoomed = false; note.textContent = ''; });
  }

  const sized = new ResizeObserver(() => plot?.setSize({ width: Math.max(200, host.clientWidth), height }));
  sized.observe(host);
  const repaint = () => plot && draw(joined(lines));
  addEventListener('theme', repaint);
  return { box, show, close: () => { sized.disconnect(); removeEventListener('theme', repaint); plot?.destroy(); } };
}

function series(line, format) {
  const ink = colour(`--line-${line.slot}`);
  const dots = line.kind === 'dots';
  return {
    label: line.label, stroke: line.kind === 'raw' ? faded(ink, 0.3) : ink, width: line.kind === 'raw' ? 1 : 2, spanGaps: true,
    dash: dots ? [5, 4] : undefined, points: { show: dots || line.points.length < 2, size: 6, fill: ink }, value: (_, y) => (y == null ? '–' : format(y)),
  };
}

/** While nobody points at the chart, the values below it are the last ones. */
function rest(plot) {
  if (plot.cursor.idx != null) return;
  const last = plot.data[0].length - 1;
  if (last >= 0) plot.setLegend({ idx: last, idxs: plot.data.map((column) => known(column, last)) }, false);
}

/** The place at or before another where a column has a value; that one if there is none. */
function known(column, from) {
  for (let at = from; at >= 0; at -= 1) if (column[at] != null) return at;
  return from;
}

const faded = (ink, share) => ink.replace('rgb(', 'rgba(').replace(')', `, ${share})`);

/** Columns over the union of all x, as uPlot takes them. */
function joined(lines) {
  const xs = [...new Set(lines.flatMap((line) => line.points.map(([x]) => x)))].sort((a, b) => a - b);
  const places = new Map(xs.map((x, at) => [x, at]));
  return [xs, ...lines.map((line) => {
    const column = new Array(xs.length).fill(undefined);
    for (const [x, y] of line.points) column[places.get(x)] = y;
    return column;
  })];
}
