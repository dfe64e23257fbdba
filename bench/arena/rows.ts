import type { Played } from '@linekeeper/simulation';
import type { PolicyName } from './policies';

/** The figures of one run. */
export interface Row {
  readonly source: string;
  readonly seed: number;
  readonly policy: PolicyName;
  /** Share of people who saved their card: set where a scenario is run for several. */
  readonly savedShare: number | null;
  /** All figures by their names. */
  readonly figures: Readonly<Record<string, number>>;
}

export function figuresOfPlayed({
  figures,
  ramp,
  failover,
  badWeek,
  detection,
}: Played): Row['figures'] {
  return { ...figures, ...ramp, ...failover, ...badWeek, ...detection };
}

/**
 * The load of each row as a share of what the bounds carry on the same seed, where those were run.
 */
export function withShares(rows: readonly Row[]): Row[] {
  return rows.map((row) => {
    const shareOf = (policy: PolicyName, figure: string): number | null => {
      const bound = rows.find(
        (each) => each.policy === policy && each.seed === row.seed && each.source === row.source,
      );
      const [own, most] = [row.figures[figure] ?? 0, bound?.figures[figure] ?? 0];
      return most > 0 ? own / most : null;
    };
    const shares = {
      ofClairvoyant: shareOf('clairvoyant', 'carried'),
      ofClairvoyantAtArrival: shareOf('clairvoyant-at-arrival', 'carried'),
      ofForetold: shareOf('foretold', 'carried'),
      ofHindsight: shareOf('hindsight', 'carried'),
      admittedOfClairvoyant: shareOf('clairvoyant', 'admitted'),
      admittedOfForetold: shareOf('foretold', 'admitted'),
    };
    const known = Object.entries(shares).filter(
      (each): each is [string, number] => each[1] !== null,
    );
    return { ...row, figures: { ...row.figures, ...Object.fromEntries(known) } };
  });
}

/** The median over seeds of each figure, for each policy, card share and source. */
export function medians(rows: readonly Row[]): Row[] {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const key = JSON.stringify([row.source, row.policy, row.savedShare]);
    groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (!first) return [];
    const names = Object.keys(first.figures);
    const figures = Object.fromEntries(
      names.map((name) => [name, median(group.map((row) => row.figures[name] ?? 0))]),
    );
    return [{ ...first, figures }];
  });
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const high = sorted[Math.floor(middle)] ?? 0;
  if (!Number.isInteger(middle)) return high;
  const low = sorted[middle - 1] ?? 0;
  // Infinity in both halves is infinity, not the half of nothing.
  return low === high ? high : (low + high) / 2;
}
