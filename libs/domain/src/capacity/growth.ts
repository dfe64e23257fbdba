import type { FleetPolicy } from '../fleet-policy';
import type { DayRisk } from '../forecast/fleet-day';
import type { Load } from '../forecast/quantile';
import { goodDaysForCap } from '../ramp/cap';
import { linesNeeded } from './lines-needed';
import { lineAfter, loadAfterLosses, matureLine, usersPerLine } from './users-per-line';

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
  /** Lines to have ordered for that day, beside those we have. */
  readonly linesToOrder: number;
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

/** Users that these lines can hold on a day to come, every day of their ramps being a good one. */
export function usersThatFit(
  { lines, user, outlook }: Pick<GrowthBasis, 'lines' | 'user' | 'outlook'>,
  inDays: number,
  policy: FleetPolicy,
): number {
  const there = lines.filter(({ startsInDays }) => startsInDays <= inDays);
  const reserve = there.length > 1 ? loadAfterLosses(there.length, RESERVED_LOSSES, policy) : 1;
  const known = new Map<string, number>();
  return there.reduce((sum, { goodDays, budgetPerDay, startsInDays }) => {
    const whole = goodDaysForCap(budgetPerDay, budgetPerDay, policy);
    const then = Math.min(whole, goodDays + inDays - startsInDays);
    const key = `${then} ${budgetPerDay}`;
    const fit =
      known.get(key) ??
      usersPerLine(user, lineAfter(then, budgetPerDay, policy), policy, outlook, reserve);
    known.set(key, fit);
    return sum + fit;
  }, 0);
}

/** What a day to come needs. */
export function needInDays(basis: GrowthBasis, inDays: number, policy: FleetPolicy): DayNeed {
  const { user, outlook } = basis;
  const users = usersInDays(basis.users, inDays, policy);
  const fit = usersThatFit(basis, inDays, policy);
  const { messagesPerLinePerDay: budget } = policy.budget;
  const total = { mean: users * user.mean, variance: users * user.variance };
  const needed = linesNeeded(total, budget, RESERVED_LOSSES, policy, outlook);
  const perLine = usersPerLine(user, matureLine(budget, policy), policy, outlook);
  const lacking = Math.max(0, users - fit);
  return {
    inDays,
    users,
    usersThatFit: fit,
    linesNeeded: needed,
    linesToOrder: Math.ceil(lacking / Math.max(1, perLine)),
    orderInDays: inDays - daysToWholeBudget(policy),
  };
}

/** The first day on which there are more users than fit; null when that is more than a year away. */
export function fullInDays(basis: GrowthBasis, policy: FleetPolicy): number | null {
  for (let day = 0; day <= HORIZON_DAYS; day += 1) {
    if (usersInDays(basis.users, day, policy) > usersThatFit(basis, day, policy)) return day;
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
