import type { FleetPolicy } from '../fleet-policy';

/** What is thought of users of whom nothing is known yet: the starting point of every estimate. */
export interface UserPrior {
  /** Messages on a normal day, in and out. */
  readonly mean: number;
  /** Variance of the true means among users, in squared messages (VHM, variance of hypothetical means). */
  readonly spread: number;
  /** Over-dispersion of one user's day: variance = mean + phi * mean^2. */
  readonly phi: number;
  /** Weight of the prior in days: K = EPV / VHM (Buehlmann), above 0. */
  readonly days: number;
  /** True while it is the policy's assumption and not learned. */
  readonly assumed: boolean;
  /** How much of it was learned: from 0, all assumed, towards 1. */
  readonly learned: number;
}

/** One user's closed normal days: how many, their sum and the sum of their squares. Silent days count as zeros. */
export interface UserHistory {
  readonly days: number;
  readonly sum: number;
  readonly sumOfSquares: number;
}

/** The prior that the policy assumes until there is history. */
export function assumedPrior({ forecast, admission }: FleetPolicy): UserPrior {
  return {
    mean: forecast.priorMeanPerDay,
    spread: (forecast.priorCv * forecast.priorMeanPerDay) ** 2,
    phi: admission.phi,
    days: forecast.priorDays,
    assumed: true,
    learned: 0,
  };
}

/** Nobody has been seen yet. */
export const NO_HISTORY: UserHistory = { days: 0, sum: 0, sumOfSquares: 0 };

/**
 * The most that one day of a user counts: `clipPriorMeans` of the assumed prior's means, or of the learned one's
 * where those are more. Not fewer: where most people say little, those who say much are no error.
 */
export function mostOfDay({ forecast }: FleetPolicy, prior: UserPrior): number {
  return forecast.clipPriorMeans * Math.max(forecast.priorMeanPerDay, prior.mean);
}

/** Takes one closed normal day into a history, clipped like the day that a rate takes in. */
export function closeHistoryDay(
  history: UserHistory,
  messages: number,
  policy: FleetPolicy,
  prior: UserPrior,
): UserHistory {
  const counted = Math.min(messages, mostOfDay(policy, prior));
  return {
    days: history.days + 1,
    sum: history.sum + counted,
    sumOfSquares: history.sumOfSquares + counted * counted,
  };
}

/** Below this the users are told apart by nothing; the prior then weighs a year at most. */
const MAX_PRIOR_DAYS = 365;
const MIN_PRIOR_DAYS = 0.05;

/** Sums over the histories of users, from which the moments of a population follow. */
interface Moments {
  users: number;
  means: number;
  squaredMeans: number;
  trueSquares: number;
  /** Of 1 / days. */
  perDay: number;
  excess: number;
  scale: number;
}

/**
 * Learns the prior of a population, or of a cohort within it, by moments (Buehlmann 1967, without weights): with
 * n days, mean x and within-variance s^2 of each user, phi = sum (n-1)(s^2 - x) / sum (n-1)(x^2 - s^2/n),
 * EPV = mean of x + phi (x^2 - s^2/n), VHM = variance of the means - EPV times the mean of 1/n. Users with fewer
 * than `learnFromDays` days are left out; with fewer than `learnFromUsers` others the answer is `parent`: the
 * fleet's prior for a cohort, the assumed one for the fleet. Beyond that `parent` counts on as `learnFromUsers`
 * users would: the first who come are few, and seldom like those who follow.
 */
export function learnPrior(
  histories: Iterable<UserHistory>,
  parent: UserPrior,
  { forecast }: FleetPolicy,
): UserPrior {
  const sums = momentsOf(histories, forecast.learnFromDays);
  if (sums.users < forecast.learnFromUsers || sums.means <= 0) return parent;
  const seen = priorSeen(sums);
  const learned = sums.users / (sums.users + forecast.learnFromUsers);
  const mix = (own: number, before: number): number => learned * own + (1 - learned) * before;
  const mean = mix(seen.mean, parent.mean);
  // Two populations in one spread by what lies between their means as well.
  const apart = learned * (1 - learned) * (seen.mean - parent.mean) ** 2;
  const spread = mix(seen.spread, parent.spread) + apart;
  const process = mix(seen.process, processOf(parent));
  const days = Math.max(MIN_PRIOR_DAYS, process / spread);
  return { mean, spread, phi: mix(seen.phi, parent.phi), days, assumed: false, learned };
}

function momentsOf(histories: Iterable<UserHistory>, leastDays: number): Moments {
  const nothing = { trueSquares: 0, perDay: 0, excess: 0, scale: 0 };
  const sums: Moments = { users: 0, means: 0, squaredMeans: 0, ...nothing };
  for (const { days, sum, sumOfSquares } of histories) {
    if (days < leastDays) continue;
    const mean = sum / days;
    const within = Math.max(0, (sumOfSquares - sum * mean) / (days - 1));
    // The square of an observed mean is too large by the variance of that mean.
    const square = mean * mean - within / days;
    sums.users += 1;
    sums.means += mean;
    sums.squaredMeans += mean * mean;
    sums.trueSquares += square;
    sums.perDay += 1 / days;
    sums.excess += (days - 1) * (within - mean);
    sums.scale += (days - 1) * square;
  }
  return sums;
}

/** The process variance EPV of a prior: what a user's days vary by around their own mean. */
function processOf({ mean, spread, phi }: UserPrior): number {
  return mean + phi * (mean * mean + spread);
}

function priorSeen(
  sums: Moments,
): Pick<UserPrior, 'mean' | 'spread' | 'phi'> & { readonly process: number } {
  const { users, squaredMeans, perDay } = sums;
  const mean = sums.means / users;
  const phi = sums.scale > 0 ? Math.max(0, sums.excess / sums.scale) : 0;
  const process = mean + phi * Math.max(0, sums.trueSquares / users);
  const between = Math.max(0, squaredMeans - users * mean * mean) / (users - 1);
  const spread = Math.max(between - (process * perDay) / users, process / MAX_PRIOR_DAYS);
  return { mean, spread, phi, process };
}
