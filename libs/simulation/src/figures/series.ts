import type { Run } from '../run/run';
import type { FlagDrill } from '../scenarios/flag-drill';

/** A curve of a plot. */
export interface Curve {
  readonly name: string;
  /** Pairs of x and y, in order of x. */
  readonly points: readonly (readonly [x: number, y: number])[];
}

/** The fullest and the mean line of each day on which there was traffic. */
export function loadCurves({ fleet, day: lastDay }: Run): {
  readonly fullest: Curve;
  readonly mean: Curve;
} {
  const { usage } = fleet;
  const fullest: [number, number][] = [];
  const mean: [number, number][] = [];
  for (let day = 1; day <= lastDay; day += 1) {
    let total = 0;
    let most = 0;
    for (let line = 0; line < usage.lines; line += 1) {
      total += usage.of(line, day);
      most = Math.max(most, usage.of(line, day));
    }
    fullest.push([day - 1, most]);
    mean.push([day - 1, total / usage.lines]);
  }
  return {
    fullest: { name: 'fullest line', points: fullest },
    mean: { name: 'mean line', points: mean },
  };
}

/** The cap of each new line, day by day since the first. */
export function rampCurves({ fleet, setup, day: lastDay }: Run): Curve[] {
  const { usage } = fleet;
  return setup.lines.flatMap(({ isNew }, line) => {
    if (!isNew) return [];
    const points: [number, number][] = [];
    for (let day = 1; day <= lastDay; day += 1) {
      const cap = usage.cap[line * usage.days + day] ?? 0;
      if (cap > 0) points.push([day - 1, cap]);
    }
    return [{ name: `line ${line}`, points }];
  });
}

/** The share of the active users of the flagged lines who were served, by hours since their flag. */
export function servedCurve({ victims }: FlagDrill, name: string): Curve {
  const active = victims.filter(({ isActive, isFirst }) => isActive && isFirst);
  const hours = active
    .flatMap(({ served, flaggedAt }) => (served ? [(served.at - flaggedAt) / 3_600] : []))
    .sort((a, b) => a - b);
  return {
    name,
    points: [[0, 0], ...hours.map((hour, i) => [hour, (i + 1) / active.length] as const)],
  };
}
