// Draws one curve into an SVG of 720 x 260 units.
const area = { left: 60, right: 708, top: 12, bottom: 228 };
const name = 'http://www.w3.org/2000/svg';

function add(svg, tag, attributes, text) {
  const element = document.createElementNS(name, tag);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (text !== undefined) element.textContent = text;
  svg.append(element);
}

/** Round steps (1, 2 or 5 times a power of ten) that cut a range into at most `count` parts. */
function ticks(low, high, count) {
  const raw = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= raw * 0.999);
  const all = [];
  for (let value = Math.ceil(low / step - 1e-9) * step; value <= high + step * 1e-6; value += step) all.push(Number(value.toPrecision(12)));
  return all;
}

/** At most `most` points: the mean of each stretch, so that a long run draws as fast as a short one. */
function thinned(points, most) {
  if (points.length <= most) return points;
  const size = points.length / most;
  return Array.from({ length: most }, (_, index) => {
    const stretch = points.slice(Math.floor(index * size), Math.floor((index + 1) * size));
    const mean = (pick) => stretch.reduce((sum, point) => sum + pick(point), 0) / stretch.length;
    return { x: mean((point) => point.x), y: mean((point) => point.y) };
  });
}

/** @param {{x: number, y: number}[]} points in the order of x. */
export function draw(svg, points) {
  svg.querySelectorAll(':scope > :not(title)').forEach((element) => element.remove());
  if (points.length === 0) return;
  const firstX = points[0].x;
  const lastX = Math.max(points.at(-1).x, firstX + 1);
  let low = Math.min(0, ...points.map((point) => point.y));
  let high = Math.max(...points.map((point) => point.y));
  if (high <= low) [low, high] = [low - 0.5, low + 0.5];

  const horizontal = (x) => area.left + ((x - firstX) / (lastX - firstX)) * (area.right - area.left);
  const vertical = (y) => area.bottom - ((y - low) / (high - low)) * (area.bottom - area.top);
  for (const y of ticks(low, high, 4)) {
    add(svg, 'line', { class: 'grid', x1: area.left, x2: area.right, y1: vertical(y), y2: vertical(y) });
    add(svg, 'text', { x: area.left - 8, y: vertical(y) + 4, 'text-anchor': 'end' }, String(y));
  }
  for (const x of ticks(firstX, lastX, 6).filter(Number.isInteger))
    add(svg, 'text', { x: horizontal(x), y: 252, 'text-anchor': horizontal(x) > area.right - 20 ? 'end' : 'middle' }, x.toLocaleString('en'));

  const line = thinned(points, 600).map((point) => `${horizontal(point.x).toFixed(1)},${vertical(point.y).toFixed(1)}`);
  add(svg, 'polyline', { class: 'curve', points: line.join(' ') });
  const last = points.at(-1);
  add(svg, 'circle', { class: 'point', r: 4, cx: horizontal(last.x), cy: vertical(last.y) });
}
