import type { Curve } from '@linekeeper/simulation';

/** A plot of some curves; `limit` draws a dashed line across. */
export interface Plot {
  readonly title: string;
  readonly x: string;
  readonly y: string;
  readonly curves: readonly Curve[];
  readonly limit: number | null;
}

export interface Section {
  readonly title: string;
  readonly cells: readonly (readonly string[])[];
  readonly plots: readonly Plot[];
}

const COLOURS = ['#0b62d6', '#d6460b', '#1f9d55', '#8b3fc7', '#b88700', '#5a6b7b', '#c71f6b'];
const [WIDTH, HEIGHT, LEFT, BOTTOM, TOP] = [760, 280, 60, 36, 12] as const;

const escape = (text: string): string =>
  text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
const short = (value: number): string =>
  value >= 10_000 ? `${Math.round(value / 1_000)}k` : String(Number(value.toPrecision(3)));

/** One file without anything from elsewhere: it opens from a disk. */
export function reportOf(
  title: string,
  notes: readonly string[],
  sections: readonly Section[],
): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${escape(title)}</title>
<style>
body{font:15px/1.45 system-ui,sans-serif;margin:2rem auto;max-width:70rem;padding:0 1rem;color:#1c2733;background:#fff}
table{border-collapse:collapse;display:block;overflow-x:auto;margin:1rem 0}
td,th{padding:.25rem .6rem;text-align:right;border-bottom:1px solid #d9e0e6;white-space:nowrap}
td:first-child,th:first-child{text-align:left}
figure{margin:1.5rem 0}figcaption{font-weight:600}svg{max-width:100%;height:auto}
.key{display:inline-block;margin-right:1rem}.key::before{content:"";display:inline-block;width:1.2rem;height:.2rem;margin-right:.35rem;vertical-align:middle;background:var(--c)}
</style></head><body>
<h1>${escape(title)}</h1>
${notes.map((note) => `<p>${escape(note)}</p>`).join('\n')}
${sections.map(sectionOf).join('\n')}
</body></html>
`;
}

function sectionOf({ title, cells, plots }: Section): string {
  const row = (tag: string, words: readonly string[]): string =>
    `<tr>${words.map((word) => `<${tag}>${escape(word)}</${tag}>`).join('')}</tr>`;
  const [header = [], ...rows] = cells;
  return `<h2>${escape(title)}</h2>
<table>${row('th', header)}${rows.map((words) => row('td', words)).join('')}</table>
${plots.map(plotOf).join('\n')}`;
}

function plotOf({ title, x, y, curves, limit }: Plot): string {
  const all = curves.flatMap(({ points }) => points);
  const right = Math.max(1e-9, ...all.map(([at]) => at));
  const top = Math.max(1e-9, limit ?? 0, ...all.map(([, value]) => value)) * 1.05;
  const px = (at: number): string => (LEFT + (at / right) * (WIDTH - LEFT - 10)).toFixed(1);
  const py = (value: number): string =>
    (HEIGHT - BOTTOM - (value / top) * (HEIGHT - BOTTOM - TOP)).toFixed(1);
  const marks = [0, 0.25, 0.5, 0.75, 1];
  const colour = (i: number): string => COLOURS[i % COLOURS.length] ?? '#000';
  const lines = curves.map(
    ({ points }, i) =>
      `<polyline fill="none" stroke="${colour(i)}" stroke-width="1.5" points="${points
        .map(([at, value]) => `${px(at)},${py(value)}`)
        .join(' ')}"/>`,
  );
  const grid = marks.map(
    (share) =>
      `<line x1="${LEFT}" x2="${WIDTH - 10}" y1="${py(share * top)}" y2="${py(share * top)}" stroke="#e6ebef"/>` +
      `<text x="${LEFT - 6}" y="${py(share * top)}" text-anchor="end" dy="4">${short(share * top)}</text>` +
      `<text x="${px(share * right)}" y="${HEIGHT - BOTTOM + 16}" text-anchor="middle">${short(share * right)}</text>`,
  );
  const dashed =
    limit === null
      ? ''
      : `<line x1="${LEFT}" x2="${WIDTH - 10}" y1="${py(limit)}" y2="${py(limit)}" stroke="#1c2733" stroke-dasharray="6 4"/>`;
  return `<figure><figcaption>${escape(title)}</figcaption>
<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" role="img" aria-label="${escape(title)}" font-size="11" fill="#1c2733">
${grid.join('')}${dashed}${lines.join('')}
<text x="${WIDTH / 2}" y="${HEIGHT - 4}" text-anchor="middle">${escape(x)}</text>
<text x="12" y="${HEIGHT / 2}" text-anchor="middle" transform="rotate(-90 12 ${HEIGHT / 2})">${escape(y)}</text>
</svg>
<div>${curves.map(({ name }, i) => `<span class="key" style="--c:${colour(i)}">${escape(name)}</span>`).join('')}</div></figure>`;
}
