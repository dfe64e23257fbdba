import type { FleetPolicy } from '../fleet-policy';

/**
 * What is known of one user's rate: credibility with forgetting. `a / b` is the estimate, `b` the
 * weight of evidence in days, prior included.
 */
export interface UserRate {
  readonly a: number;
  readonly b: number;
}

/** A user without history: the pool's prior, or what the app expects of them. */
export function startRate(policy: FleetPolicy, expectedPerDay: number | null = null): UserRate {
  const mean = expectedPerDay ?? policy.forecast.priorMeanPerDay;
  return { a: policy.forecast.priorDays * mean, b: policy.forecast.priorDays };
}

/** Takes one closed budget day in. Zero is evidence too. One day counts at most `clipPriorMeans` prior means. */
export function closeUserDay(rate: UserRate, messages: number, policy: FleetPolicy): UserRate {
  const { dailyRetention: keep, priorDays, priorMeanPerDay, clipPriorMeans } = policy.forecast;
  const counted = Math.min(messages, clipPriorMeans * priorMeanPerDay);
  return {
    a: keep * rate.a + (1 - keep) * priorDays * priorMeanPerDay + counted,
    b: keep * rate.b + (1 - keep) * priorDays + 1,
  };
}

/** Expected messages a day, in and out. */
export function meanOf(rate: UserRate): number {
  return rate.a / rate.b;
}

/** Variance of a day: the process itself and what the estimate may be wrong by. */
export function varianceOf(rate: UserRate, policy: FleetPolicy): number {
  const mean = meanOf(rate);
  const { priorCv, priorDays, priorMeanPerDay } = policy.forecast;
  const spreadOfMeans = (priorCv * priorMeanPerDay) ** 2;
  return (
    mean + policy.admission.phi * mean * mean + spreadOfMeans * Math.min(1, priorDays / rate.b)
  );
}

/** A rate as the load it puts on a line, in thousandths so that sums stay exact. */
export function loadMilliOf(
  rate: UserRate,
  policy: FleetPolicy,
): { readonly meanMilli: number; readonly varianceMilli: number } {
  return {
    meanMilli: Math.round(meanOf(rate) * 1_000),
    varianceMilli: Math.round(varianceOf(rate, policy) * 1_000),
  };
}
