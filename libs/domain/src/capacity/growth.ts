import type { FleetPolicy } from '../fleet-policy';
import type { DayRisk } from '../forecast/fleet-day';
import type { Load } from '../forecast/quantile';
import { goodDaysForCap } from '../ramp/cap';
import { linesNeeded } from './lines-needed';
import { lineAfter, loadAfterLosses, usersPerLine } from './users-per-line';

/** A line as it will serve: with its good days when it begins, in so many days from now (0: it serves). */
export interface ServingLine {
  readonly id: string;
  readonly users: number;
  readonly goodDays: number;
  readonly budgetPerDay: number;
  readonly startsInDays: number;
}

/** What the plan for the days to come rests on. */
export interface GrowthBasis {
  readonly lines: readonly ServingLine[];
  readonly users: number;
  /** One user of the plan. */
  readonly user: Load;
  readonly outlook: DayRisk;
}

/** The lines on one day to come. */
export interface DayNeed {
  readonly inDays: number;
  readonly users: number;
  /** Users that the lines we have will be able to hold then. */
  readonly usersThatFit: number;
  /** Lines through their ramp that so many users need, with the reserve for one loss. */
  readonly linesNeeded: number;
  /** Lines to have ordered for that day, beside those we have; null: one such user is too much for a line. */
  readonly linesToOrder: number | null;
  /** Days from now until they must be ordered; below 0 it is too late for lines at their whole budget. */
  readonly orderInDays: number;
}

/** The losses that placement keeps a reserve for: the worst one. */
const RESERVED_LOSSES = 1;
/** Further ahead than a year no growth is to be assumed. */
const HORIZON_DAYS = 365;

/** Days from the order of a line until it has its whole budget: it comes, it warms, and each day of its ramp is good. */
export function daysToWholeBudget(policy: FleetPolicy): number {
  const { messagesPerLinePerDay: budget } = policy.budget;
  const rampDays = goodDaysForCap(budget, budget, policy);
  return policy.capacity.leadTimeDays + Math.ceil(policy.warming.days) + rampDays;
}

/** Users on a day to come, growing by `growthPerDay` each day. */
export function usersInDays(users: number, days: number, { capacity }: FleetPolicy): number {
  return Math.ceil(users * (1 + capacity.growthPerDay) ** days);
}

/** Users that these lines, and `more` through their ramp, can hold on a day to come; every day of a ramp is a good one. */
export function usersThatFit(
  { lines, user, outlook }: Pick<GrowthBasis, 'lines' | 'user' | 'outlook'>,
  inDays: number,
  policy: FleetPolicy,
  more = 0,
): number {
  const there = lines.filter(({ startsInDays }) => startsInDays <= inDays);
  const count = there.length + more;
  const reserve = count > 1 ? loadAfterLosses(count, RESERVED_LOSSES, policy) : 1;
  const known = new Map<string, number>();
  const fitOn = (goodDays: number, budgetPerDay: number): number => {
    const key = `${goodDays} ${budgetPerDay}`;
    const line = lineAfter(goodDays, budgetPerDay, policy);
    const fit = known.get(key) ?? usersPerLine(user, line, policy, outlook, reserve);
    known.set(key, fit);
    return fit;
  };
  const { messagesPerLinePerDay: budget } = policy.budget;
  return there.reduce(
    (sum, line) => {
      const then = line.goodDays + inDays - line.startsInDays;
      return sum + fitOn(Math.min(wholeDays(line, policy), then), line.budgetPerDay);
    },
    more * fitOn(goodDaysForCap(budget, budget, policy), budget),
  );
}

/** Good days of a line at its whole budget. */
function wholeDays({ budgetPerDay }: ServingLine, policy: FleetPolicy): number {
  return goodDaysForCap(budgetPerDay, budgetPerDay, policy);
}

/** What a day to come needs. */
export function needInDays(basis: GrowthBasis, inDays: number, policy: FleetPolicy): DayNeed {
  const { user, outlook } = basis;
  const users = usersInDays(basis.users, inDays, policy);
  const total = { mean: users * user.mean, variance: users * user.variance };
  const { messagesPerLinePerDay: budget } = policy.budget;
  return {
    inDays,
    users,
    usersThatFit: usersThatFit(basis, inDays, policy),
    linesNeeded: linesNeeded(total, budget, RESERVED_LOSSES, policy, outlook),
    linesToOrder: linesToOrder(basis, users, inDays, policy),
    orderInDays: inDays - daysToWholeBudget(policy),
  };
}

/** The fewest lines more with which `users` fit; null when one such user is too much for two lines. */
function linesToOrder(
  basis: GrowthBasis,
  users: number,
  inDays: number,
  policy: FleetPolicy,
): number | null {
  const areEnough = (more: number): boolean => usersThatFit(basis, inDays, policy, more) >= users;
  if (areEnough(0)) return 0;
  if (usersThatFit({ ...basis, lines: [] }, inDays, policy, 2) === 0) return null;
  let enough = 1;
  while (!areEnough(enough)) enough *= 2;
  let short = Math.floor(enough / 2);
  while (enough - short > 1) {
    const middle = Math.floor((enough + short) / 2);
    if (areEnough(middle)) enough = middle;
    else short = middle;
  }
  return enough;
}

/** The first day on which there are more users than fit; null when that is more than a year away. */
export function fullInDays(basis: GrowthBasis, policy: FleetPolicy): number | null {
  // From the day on which the last ramp is through, what fits stays the same.
  const settled = basis.lines.reduce((last, line) => {
    const left = Math.max(0, wholeDays(line, policy) - line.goodDays);
    return Math.max(last, line.startsInDays + left);
  }, 0);
  let fit = 0;
  for (let day = 0; day <= HORIZON_DAYS; day += 1) {
    if (day <= settled) fit = usersThatFit(basis, day, policy);
    if (usersInDays(basis.users, day, policy) > fit) return day;
  }
  return null;
}

/**
 * Lines that could be given back, emptiest first, so that the rest holds everybody now and on the day on which lines
 * ordered today would serve in full; with the reserve. Their users have to be drained first.
 */
export function returnableLines(basis: GrowthBasis, policy: FleetPolicy): string[] {
  const later = daysToWholeBudget(policy);
  const [first, last] = [basis.users, usersInDays(basis.users, later, policy)];
  const order = [...basis.lines].sort((a, b) => a.users - b.users || (a.id < b.id ? -1 : 1));
  const holds = (count: number): boolean => {
    const lines = order.slice(count);
    const total = { mean: last * basis.user.mean, variance: last * basis.user.variance };
    const { messagesPerLinePerDay: budget } = policy.budget;
    return (
      lines.length >= linesNeeded(total, budget, RESERVED_LOSSES, policy, basis.outlook) &&
      usersThatFit({ ...basis, lines }, 0, policy) >= first &&
      usersThatFit({ ...basis, lines }, later, policy) >= last
    );
  };
  let count = 0;
  while (count < order.length && holds(count + 1)) count += 1;
  return order.slice(0, count).map(({ id }) => id);
}
