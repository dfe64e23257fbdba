import type { FleetPolicy } from '../fleet-policy';
import { assumedPrior, type UserPrior } from './prior';

/**
 * What is known of one user's rate: credibility with forgetting. `a / b` is the estimate of a normal day, `b` the
 * weight of evidence in days, prior included. Two numbers are all that is kept of a user.
 */
export interface UserRate {
  readonly a: number;
  readonly b: number;
}

/** A user without history: the prior, or what the app expects of them. */
export function startRate(
  policy: FleetPolicy,
  expectedPerDay: number | null = null,
  prior: UserPrior = assumedPrior(policy),
): UserRate {
  return { a: prior.days * (expectedPerDay ?? prior.mean), b: prior.days };
}

/**
 * Takes one closed budget day in. Zero is evidence too. One day counts at most `clipPriorMeans` prior means.
 * `messages` are those of a normal day: see {@link normalMessages}.
 */
export function closeUserDay(
  rate: UserRate,
  messages: number,
  policy: FleetPolicy,
  prior: UserPrior = assumedPrior(policy),
): UserRate {
  const { dailyRetention: keep, clipPriorMeans } = policy.forecast;
  const counted = Math.min(messages, clipPriorMeans * prior.mean);
  return {
    a: keep * rate.a + (1 - keep) * prior.days * prior.mean + counted,
    b: keep * rate.b + (1 - keep) * prior.days + 1,
  };
}

/**
 * Takes many days at once on which nothing came, in constant time: so a rate need only be touched when its user
 * writes. Days of silence are evidence of zero; days on which the line was down say nothing and only fade what
 * was known (`unheard`). Equal to closing the days one by one.
 */
export function passDays(
  rate: UserRate,
  days: number,
  kind: 'silent' | 'unheard',
  policy: FleetPolicy,
  prior: UserPrior = assumedPrior(policy),
): UserRate {
  const { dailyRetention: keep } = policy.forecast;
  const kept = keep ** days;
  const zeros = keep === 1 ? days : (1 - kept) / (1 - keep);
  return {
    a: kept * rate.a + (1 - kept) * prior.days * prior.mean,
    b: kept * rate.b + (1 - kept) * prior.days + (kind === 'silent' ? zeros : 0),
  };
}

/** The messages of a day as those of a normal one: its weekday's share and the novelty of a new user taken out. */
export function normalMessages(messages: number, weekday: number, novelty: number): number {
  return messages / (weekday * novelty);
}

/** How many normal days a day of a user is who was met `ageDays` budget days before (0: on that very day). */
export function noveltyOf(ageDays: number, { forecast }: FleetPolicy): number {
  return ageDays < forecast.noveltyDays ? forecast.noveltyFactor : 1;
}

/** Expected messages on a normal day, in and out. */
export function meanOf(rate: UserRate): number {
  return rate.a / rate.b;
}

/** The weight Z of a user's own history against the prior: 0 for a stranger, towards 1 with every day. */
export function credibilityOf(rate: UserRate, prior: UserPrior): number {
  return Math.max(0, 1 - prior.days / rate.b);
}

/**
 * Variance of a day: the process itself and what the estimate may be wrong by. That error counts with 1 + phi,
 * because the square of the true mean exceeds that of the estimate by it; without phi a line of newcomers is
 * over its cap up to three times as often as asked for.
 */
export function varianceOf(
  rate: UserRate,
  policy: FleetPolicy,
  prior: UserPrior = assumedPrior(policy),
): number {
  const mean = meanOf(rate);
  const error = prior.spread * (1 - credibilityOf(rate, prior));
  return mean + prior.phi * mean * mean + (1 + prior.phi) * error;
}

/** A rate as the load it puts on a line, in thousandths so that sums stay exact. */
export function loadMilliOf(
  rate: UserRate,
  policy: FleetPolicy,
  prior: UserPrior = assumedPrior(policy),
): { readonly meanMilli: number; readonly varianceMilli: number } {
  return {
    meanMilli: Math.round(meanOf(rate) * 1_000),
    varianceMilli: Math.round(varianceOf(rate, policy, prior) * 1_000),
  };
}
