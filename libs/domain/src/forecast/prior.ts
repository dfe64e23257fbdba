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
  };
}

/** Nobody has been seen yet. */
export const NO_HISTORY: UserHistory = { days: 0, sum: 0, sumOfSquares: 0 };

/** Takes one closed normal day into a history, clipped like the day that a rate takes in. */
export function closeHistoryDay(
  history: UserHistory,
  messages: number,
  { forecast }: FleetPolicy,
  prior: UserPrior,
): UserHistory {
  const counted = Math.min(messages, forecast.clipPriorMeans * prior.mean);
  return {
    days: history.days + 1,
    sum: history.sum + counted,
    sumOfSquares: history.sumOfSquares + counted * counted,
  };
}

/** Below this the users are told apart by nothing; the prior then weighs a year at most. */
const MAX_PRIOR_DAYS = 365;
const MIN_PRIOR_DAYS = 0.05;

/**
 * Learns the prior of a population, or of a cohort within it, by moments (Buehlmann 1967, without weights): with
 * n days, mean x and within-variance s^2 of each user, phi = sum (n-1)(s^2 - x) / sum (n-1)(x^2 - s^2/n),
 * EPV = mean of x + phi (x^2 - s^2/n), VHM = variance of the means - EPV times the mean of 1/n. Users with fewer
 * than `learnFromDays` days are left out; with fewer than `learnFromUsers` others the answer is `parent`:
 * the fleet's prior for a cohort, the assumed one for the fleet.
 */
export function learnPrior(
  histories: Iterable<UserHistory>,
  parent: UserPrior,
  { forecast }: FleetPolicy,
): UserPrior {
  let users = 0;
  let means = 0;
  let squaredMeans = 0;
  let trueSquares = 0;
  let perDay = 0;
  let excess = 0;
  let scale = 0;
  for (const { days, sum, sumOfSquares } of histories) {
    if (days < forecast.learnFromDays) continue;
    const mean = sum / days;
    const within = Math.max(0, (sumOfSquares - sum * mean) / (days - 1));
    // The square of an observed mean is too large by the variance of that mean.
    const square = mean * mean - within / days;
    users += 1;
    means += mean;
    squaredMeans += mean * mean;
    trueSquares += square;
    perDay += 1 / days;
    excess += (days - 1) * (within - mean);
    scale += (days - 1) * square;
  }
  if (users < forecast.learnFromUsers || means <= 0) return parent;
  const mean = means / users;
  const phi = scale > 0 ? Math.max(0, excess / scale) : 0;
  const processVariance = mean + phi * Math.max(0, trueSquares / users);
  const between = Math.max(0, squaredMeans - users * mean * mean) / (users - 1);
  const spread = Math.max(
    between - (processVariance * perDay) / users,
    processVariance / MAX_PRIOR_DAYS,
  );
  const days = Math.max(MIN_PRIOR_DAYS, processVariance / spread);
  return { mean, spread, phi, days, assumed: false };
}
