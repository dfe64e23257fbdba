import type { FleetPolicy } from '../fleet-policy';
import type { FleetOutlook } from '../forecast/fleet-day';
import type { UserPrior } from '../forecast/prior';
import { upperNormalQuantile } from '../forecast/quantile';
import { rampCap } from '../ramp/cap';

/** The estimate of what a user says is good when it is within this share of the truth (19 times out of 20). */
const PRECISION = 0.2;
const TAIL = 0.025;
/** Nobody waits longer than this for a pilot, or has more people in it. */
const MOST_DAYS = 90;
const MOST_USERS = 1_000_000;

/** How a pilot is to be run, and how far the estimate of it has come. */
export interface PilotReport {
  /** While it is, the prior is the policy's and not learned. */
  readonly assumed: boolean;
  readonly priorMeanPerDay: number;
  readonly priorCv: number;
  /** The learned prior takes over with so many users of so many days each. */
  readonly learnedFromUsers: number;
  readonly learnedFromDays: number;
  /** Half of the 95 % range of the mean as a share of it: at best, if all users had been there on all days; null with none. */
  readonly precision: number | null;
  readonly goodPrecision: number;
  readonly isGood: boolean;
  /** Days that today's users need; users that a pilot of `days` needs. Null: never, too few users or too few days. */
  readonly daysForTodaysUsers: number | null;
  readonly days: number;
  readonly usersForDays: number | null;
  /** The line to run it on: open to new users, with the highest cap of its ramp, and then the fewest users. */
  readonly lineId: string | null;
}

export interface PilotLine {
  readonly id: string;
  readonly users: number;
  readonly goodDays: number;
  readonly budgetPerDay: number;
}

/**
 * Relative standard error of the mean over `users` people and `days` days, all of them the same days: the people differ
 * (VHM), each of their days does (EPV), and the days themselves have a factor in common. With m the prior's mean,
 * ((VHM + EPV / days) / users) / m^2 + sigma^2 / days. Both above 0.
 */
export function relativeError(
  users: number,
  days: number,
  prior: UserPrior,
  { sigma }: Pick<FleetOutlook, 'sigma'>,
): number {
  const ownDays = prior.mean + prior.phi * (prior.mean ** 2 + prior.spread);
  const people = (prior.spread + ownDays / days) / users / prior.mean ** 2;
  return Math.sqrt(people + sigma ** 2 / days);
}

/** The pilot of a pool with so many users and closed days. `lines` are those that take new users. */
export function pilotReport(
  pool: {
    readonly users: number;
    readonly lines: readonly PilotLine[];
    readonly prior: UserPrior;
    readonly outlook: FleetOutlook;
  },
  policy: FleetPolicy,
): PilotReport {
  const { users, prior, outlook, lines } = pool;
  const z = upperNormalQuantile(TAIL);
  const precisionOf = (people: number, days: number): number =>
    z * relativeError(people, days, prior, outlook);
  const precision = users > 0 && outlook.days > 0 ? precisionOf(users, outlook.days) : null;
  // Two weeks have each weekday twice.
  const days = Math.max(policy.forecast.learnFromDays, 14);
  const [best] = [...lines].sort(
    (a, b) =>
      rampCap(b, policy) - rampCap(a, policy) || a.users - b.users || (a.id < b.id ? -1 : 1),
  );
  return {
    assumed: prior.assumed,
    priorMeanPerDay: prior.mean,
    priorCv: Math.sqrt(prior.spread) / prior.mean,
    learnedFromUsers: policy.forecast.learnFromUsers,
    learnedFromDays: policy.forecast.learnFromDays,
    precision,
    goodPrecision: PRECISION,
    isGood: !prior.assumed && precision !== null && precision <= PRECISION,
    daysForTodaysUsers:
      users > 0 ? fewest(MOST_DAYS, (each) => precisionOf(users, each) <= PRECISION) : null,
    days,
    usersForDays: fewest(MOST_USERS, (each) => precisionOf(each, days) <= PRECISION),
    lineId: best?.id ?? null,
  };
}

/** The least number from 1 to `most` that is enough; more is enough then too. */
function fewest(most: number, isEnough: (count: number) => boolean): number | null {
  if (!isEnough(most)) return null;
  let [short, enough] = [0, most];
  while (enough - short > 1) {
    const middle = Math.floor((short + enough) / 2);
    if (isEnough(middle)) enough = middle;
    else short = middle;
  }
  return enough;
}
