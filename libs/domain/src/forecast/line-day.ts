import { gammaLevel, lineVariance, type Load } from './quantile';

/** Messages of a day that are exceeded with probability 1/2 and 1/20. */
export interface DayRange {
  readonly p50: number;
  readonly p95: number;
}

export interface LineDayInput {
  /** Sums over the line's users for a normal day. */
  readonly load: Load;
  /** Spread of the fleet's day factor. */
  readonly sigma: number;
  /** What the running and the next day are in normal days. */
  readonly today: number;
  readonly tomorrow: number;
  /** Messages of the running day so far, and the share of a day's messages that come until now, 0 to 1. */
  readonly seen: number;
  readonly elapsed: number;
}

/**
 * What a line will carry: the running day as what was seen and a forecast of the rest, and the whole next day. What
 * was seen tells what kind of day it is: the day factor moves from 1 by the best linear estimate, with the weight
 * that its own spread has beside the chance of the messages seen.
 */
export function lineDays(input: LineDayInput): {
  readonly running: DayRange;
  readonly next: DayRange;
} {
  const { load, sigma, today, tomorrow, seen, elapsed } = input;
  const expected = elapsed * today * load.mean;
  const chance = elapsed * today ** 2 * load.variance;
  const shared = sigma ** 2 * expected;
  const certainty = shared * expected + chance;
  const gain = certainty > 0 ? shared / certainty : 0;
  const factor = Math.max(0, 1 + gain * (seen - expected));
  const left = 1 - elapsed;
  const rest = {
    mean: factor * left * today * load.mean,
    variance: factor * left * today ** 2 * load.variance,
  };
  const stillUnknown = sigma * Math.sqrt(Math.max(0, 1 - gain * expected));
  const remaining = rangeOf(rest, stillUnknown);
  return {
    running: { p50: seen + remaining.p50, p95: seen + remaining.p95 },
    next: rangeOf({ mean: tomorrow * load.mean, variance: tomorrow ** 2 * load.variance }, sigma),
  };
}

function rangeOf(load: Load, sigma: number): DayRange {
  const variance = lineVariance(load, sigma);
  return {
    p50: gammaLevel(load.mean, variance, 0.5),
    p95: gammaLevel(load.mean, variance, 0.05),
  };
}
