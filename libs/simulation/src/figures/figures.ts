import { NOWHERE } from '../fleet/fleet';
import type { Usage } from '../fleet/usage';
import { DAY_SECONDS } from '../kernel/calendar';
import type { Run } from '../run/run';

/** Figures that every scenario has. Shares are of 1; line-days are budget days on which a line had traffic. */
export interface Figures {
  readonly users: number;
  /** Users who got a line at some time, and attempts that were turned away. */
  readonly admitted: number;
  readonly refusals: number;
  readonly lineDays: number;
  readonly overrunLineDays: number;
  readonly overrunLineDayShare: number;
  /** Messages beyond their line-day's budget, as a share of all on lines. */
  readonly overrunMessageShare: number;
  /** Messages of the traffic on lines, and as a share of the traffic. */
  readonly carried: number;
  readonly carriedShare: number;
  /** The fullest line-day as a multiple of the budget. */
  readonly worstLineDay: number;
  /** The fullest line over the mean line, mean over busy days: those with at least the fleet's mean traffic. */
  readonly imbalance: number;
  readonly moved: number;
  /** Users all of whose numbers would be gone with the worst one, or the worst two, lines. */
  readonly uncoveredByOne: number;
  readonly uncoveredByTwo: number;
  /** The most new users on a line and budget day, and the most threads begun by us on a line within 24 hours. */
  readonly newUsersMax: number;
  readonly startedMax: number;
  /** Messages of ours that left later than they were due, and by how much in the mean. */
  readonly waited: number;
  readonly waitedMeanSeconds: number;
  /** Non-replies of ours beyond their class's ceiling, answers held back for the budget: both must be 0. */
  readonly ceilingViolations: number;
  readonly repliesForBudget: number;
  /** Replies of the traffic that went out although their line's day was over budget. */
  readonly repliesOver: number;
}

export function figuresOf(run: Run): Figures {
  const { records, setup } = run;
  const total = setup.traffic.seconds.length;
  const waits = records.extra.filter(({ direction, waited }) => direction === 'out' && waited > 0);
  const waited = waits.reduce((sum, each) => sum + each.waited, 0);
  return {
    users: setup.traffic.users,
    admitted: records.assignments.length,
    refusals: records.refused.length,
    ...lineDayFigures(run.fleet.usage, setup.budget),
    carried: records.carried,
    carriedShare: total === 0 ? 0 : records.carried / total,
    imbalance: imbalanceOf(run.fleet.usage),
    moved: records.moves.length,
    ...uncovered(run),
    newUsersMax: newUsersMax(run),
    startedMax: startedMax(run),
    waited: waits.length,
    waitedMeanSeconds: waits.length === 0 ? 0 : waited / waits.length,
    ceilingViolations: records.extra.filter(({ above }) => above > 0).length,
    repliesForBudget: run.gate.totals.repliesForBudget,
    repliesOver: records.repliesOver,
  };
}

type LineDayFigures = Pick<
  Figures,
  'lineDays' | 'overrunLineDays' | 'overrunLineDayShare' | 'overrunMessageShare' | 'worstLineDay'
>;

/** From what each line carried on each day. */
export function lineDayFigures(usage: Usage, budget: number): LineDayFigures {
  let lineDays = 0;
  let overrunLineDays = 0;
  let over = 0;
  let total = 0;
  let worst = 0;
  for (let cell = 0; cell < usage.in.length; cell += 1) {
    const use = (usage.in[cell] ?? 0) + (usage.out[cell] ?? 0);
    if (use === 0) continue;
    lineDays += 1;
    total += use;
    worst = Math.max(worst, use);
    if (use <= budget) continue;
    overrunLineDays += 1;
    over += use - budget;
  }
  return {
    lineDays,
    overrunLineDays,
    overrunLineDayShare: lineDays === 0 ? 0 : overrunLineDays / lineDays,
    overrunMessageShare: total === 0 ? 0 : over / total,
    worstLineDay: worst / budget,
  };
}

/** Lines that had no traffic that day count as empty. 0 for a fleet without traffic. */
export function imbalanceOf(usage: Usage): number {
  const totals: { total: number; most: number }[] = [];
  for (let day = 0; day < usage.days; day += 1) {
    let total = 0;
    let most = 0;
    for (let line = 0; line < usage.lines; line += 1) {
      total += usage.of(line, day);
      most = Math.max(most, usage.of(line, day));
    }
    if (total > 0) totals.push({ total, most });
  }
  const mean = totals.reduce((sum, { total }) => sum + total, 0) / Math.max(1, totals.length);
  const busy = totals.filter(({ total }) => total >= mean);
  const ratios = busy.reduce((sum, { total, most }) => sum + (most * usage.lines) / total, 0);
  return busy.length === 0 ? 0 : ratios / busy.length;
}

/** By the numbers on users' cards, whether or not they arrived: what the layout of the cards can do. */
function uncovered({ fleet }: Run): Pick<Figures, 'uncoveredByOne' | 'uncoveredByTwo'> {
  const lines = fleet.lines.length;
  const alone = new Int32Array(lines);
  const pairs = new Map<number, number>();
  for (let user = 0; user < fleet.users; user += 1) {
    const line = fleet.lineOf[user] ?? NOWHERE;
    if (line === NOWHERE) continue;
    const others = fleet.fallbacksOf(user).filter((each) => each !== line);
    const [only] = others;
    if (only === undefined) alone[line] = (alone[line] ?? 0) + 1;
    else if (others.length === 1) {
      const pair = Math.min(line, only) * lines + Math.max(line, only);
      pairs.set(pair, (pairs.get(pair) ?? 0) + 1);
    }
  }
  const sorted = [...alone].sort((a, b) => b - a);
  let two = (sorted[0] ?? 0) + (sorted[1] ?? 0);
  for (const [pair, count] of pairs) {
    const both = (alone[Math.floor(pair / lines)] ?? 0) + (alone[pair % lines] ?? 0);
    two = Math.max(two, both + count);
  }
  return { uncoveredByOne: sorted[0] ?? 0, uncoveredByTwo: two };
}

function newUsersMax({ records, setup, fleet }: Run): number {
  const counts = new Map<number, number>();
  const begin = setup.policy.budget.dayStartHour * 3_600;
  for (const { at, line } of records.assignments) {
    const key = Math.floor((at - begin) / DAY_SECONDS) * fleet.lines.length + line;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return [...counts.values()].reduce((most, count) => Math.max(most, count), 0);
}

/** The rows are in order of time, so what falls out of a line's window is always its oldest. */
function startedMax({ records }: Run): number {
  const windows = new Map<number, { readonly starts: number[]; oldest: number }>();
  let most = 0;
  for (const { at, line, direction, started } of records.extra) {
    if (direction !== 'out' || !started) continue;
    const window = windows.get(line) ?? { starts: [], oldest: 0 };
    windows.set(line, window);
    window.starts.push(at);
    while (at - (window.starts[window.oldest] ?? at) >= DAY_SECONDS) window.oldest += 1;
    most = Math.max(most, window.starts.length - window.oldest);
  }
  return most;
}
