import type { FleetPolicy } from '../fleet-policy';
import { assumedPrior, mostOfDay, type UserPrior } from './prior';

/**
 * What a user's own days tell of their rate: credibility with forgetting (Buehlmann). `days` is the weight of the
 * days that are remembered, `messages` what came on them. Two numbers are all that is kept of a user. The prior is
 * in neither: it stands beside them with its own weight whenever the rate is asked, so that a prior that was
 * learned yesterday holds for everybody today.
 */
export interface UserRate {
  readonly messages: number;
  readonly days: number;
}

/** Nobody has been heard yet. */
export const NO_RATE: UserRate = { messages: 0, days: 0 };

/** A user without history: the prior, or what the app expects of them, which counts for as much and fades. */
export function startRate(
  policy: FleetPolicy,
  expectedPerDay: number | null = null,
  prior: UserPrior = assumedPrior(policy),
): UserRate {
  if (expectedPerDay === null) return NO_RATE;
  return { messages: prior.days * (expectedPerDay - prior.mean), days: 0 };
}

/**
 * Takes one closed budget day in. Zero is evidence too. One day counts no more than {@link mostOfDay}.
 * `messages` are those of a normal day: see {@link normalMessages}.
 */
export function closeUserDay(
  rate: UserRate,
  messages: number,
  policy: FleetPolicy,
  prior: UserPrior = assumedPrior(policy),
): UserRate {
  const { dailyRetention: keep } = policy.forecast;
  return {
    messages: keep * rate.messages + Math.min(messages, mostOfDay(policy, prior)),
    days: keep * rate.days + 1,
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
  { forecast: { dailyRetention: keep } }: FleetPolicy,
): UserRate {
  const kept = keep ** days;
  const zeros = keep === 1 ? days : (1 - kept) / (1 - keep);
  return {
    messages: kept * rate.messages,
    days: kept * rate.days + (kind === 'silent' ? zeros : 0),
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

/** Expected messages on a normal day, in and out: the user's own days beside those that the prior counts for. */
export function meanOf(rate: UserRate, prior: UserPrior): number {
  return Math.max(0, prior.days * prior.mean + rate.messages) / (prior.days + rate.days);
}

/** The weight Z of a user's own history against the prior: 0 for a stranger, towards 1 with every day. */
export function credibilityOf(rate: UserRate, prior: UserPrior): number {
  return rate.days / (prior.days + rate.days);
}

/**
 * Variance of a day: the process itself and what the estimate may be wrong by. That error counts with 1 + phi,
 * because the square of the true mean exceeds that of the estimate by it; without phi a line of newcomers is
 * over its cap up to three times as often as asked for.
 */
export function varianceOf(rate: UserRate, prior: UserPrior): number {
  const mean = meanOf(rate, prior);
  const error = prior.spread * (1 - credibilityOf(rate, prior));
  return mean + prior.phi * mean * mean + (1 + prior.phi) * error;
}

/** What somebody puts on a line, in thousandths of a message a day so that sums stay exact. */
export interface LoadMilli {
  readonly meanMilli: number;
  readonly varianceMilli: number;
}

/** A rate as the load it puts on a line. */
export function loadMilliOf(
  rate: UserRate,
  policy: FleetPolicy,
  prior: UserPrior = assumedPrior(policy),
): LoadMilli {
  return {
    meanMilli: Math.round(meanOf(rate, prior) * 1_000),
    varianceMilli: Math.round(varianceOf(rate, prior) * 1_000),
  };
}
