import type { Run } from '../run/run';

/** Figures of S3. */
export interface RampFigures {
  /** Line-days of lines in their ramp that carried more than their cap. */
  readonly capsPassed: number;
  readonly rampLineDays: number;
  /** Days until a new line had the whole budget: the quickest, and how many of the new lines ever had. */
  readonly quickestDaysToFull: number;
  readonly newLines: number;
  readonly newLinesAtFull: number;
}

export function rampFigures({ fleet, setup }: Run): RampFigures {
  const { usage } = fleet;
  let capsPassed = 0;
  let rampLineDays = 0;
  const daysToFull: number[] = [];
  setup.lines.forEach(({ isNew }, line) => {
    if (!isNew) return;
    let since = -1;
    for (let day = 0; day < usage.days; day += 1) {
      const cap = usage.cap[line * usage.days + day] ?? 0;
      if (cap === 0) continue;
      if (since < 0) since = day;
      if (cap >= setup.budget) {
        daysToFull.push(day - since);
        return;
      }
      rampLineDays += 1;
      if (usage.of(line, day) > cap) capsPassed += 1;
    }
  });
  return {
    capsPassed,
    rampLineDays,
    quickestDaysToFull: daysToFull.length === 0 ? Infinity : Math.min(...daysToFull),
    newLines: setup.lines.filter(({ isNew }) => isNew).length,
    newLinesAtFull: daysToFull.length,
  };
}
