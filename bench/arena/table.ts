import type { Figures } from '@linekeeper/simulation';

const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;
const times = (ratio: number): string => ratio.toFixed(2);

type Column = readonly [title: string, cell: (figures: Figures) => string];

const COLUMNS: readonly Column[] = [
  ['admitted', ({ admitted }) => String(admitted)],
  ['carried', ({ carriedShare }) => percent(carriedShare)],
  ['overrun line-days', ({ overrunLineDayShare }) => percent(overrunLineDayShare)],
  ['overrun messages', ({ overrunMessageShare }) => percent(overrunMessageShare)],
  ['worst / budget', ({ worstLineDay }) => times(worstLineDay)],
  ['imbalance', ({ imbalance }) => times(imbalance)],
  ['moved', ({ moved }) => String(moved)],
  ['uncovered 1 / 2', (f) => `${f.uncoveredByOne} / ${f.uncoveredByTwo}`],
];

export function tableOf(
  rows: readonly { readonly name: string; readonly figures: Figures }[],
): string {
  const cells = [
    ['', ...COLUMNS.map(([title]) => title)],
    ...rows.map(({ name, figures }) => [name, ...COLUMNS.map(([, cell]) => cell(figures))]),
  ];
  const widths = (cells[0] ?? []).map((_, i) =>
    Math.max(...cells.map((row) => row[i]?.length ?? 0)),
  );
  return cells
    .map((row) =>
      row
        .map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
        .join('  '),
    )
    .join('\n');
}
