import type { FleetPolicy } from '../fleet-policy';
import type { DayRisk } from './fleet-day';

/** Sums of a line's (or a user's) forecast: messages a day and their variance. */
export interface Load {
  readonly mean: number;
  readonly variance: number;
}

/**
 * The quantile of the standard normal distribution for the upper tail `epsilon`, by the rational approximation
 * 26.2.23 of Abramowitz and Stegun (error below 4.5e-4). `epsilon` in (0, 0.5].
 */
export function upperNormalQuantile(epsilon: number): number {
  const t = Math.sqrt(-2 * Math.log(epsilon));
  const numerator = 2.515517 + 0.802853 * t + 0.010328 * t * t;
  const denominator = 1 + 1.432788 * t + 0.189269 * t * t + 0.001308 * t * t * t;
  return t - numerator / denominator;
}

/**
 * The level that a gamma-distributed day with this mean and variance exceeds with probability `epsilon`, by
 * Wilson and Hilferty's cube: for a forecast. Zero for an empty line.
 */
export function gammaLevel(mean: number, variance: number, epsilon: number): number {
  if (mean <= 0) return 0;
  return mean * cubeAt(Math.sqrt(variance) / mean, upperNormalQuantile(epsilon));
}

/** The cube of Wilson and Hilferty for a coefficient of variation and a normal quantile. */
function cubeAt(cv: number, z: number): number {
  return Math.max(0, 1 - (cv * cv) / 9 + (z * cv) / 3) ** 3;
}

/**
 * The same level for a decision: never below the mean, and non-decreasing in variance and caution. Beyond
 * cv = 3z/2 the cube would fall again, so it stays there. In the mean it grows while cv <= 0.6 (z - sqrt(z^2 - 5)),
 * which is 1.01 at 1 % and 0.57 at 0.1 % (a zero of 1 + 5 cv^2 / 9 - 2 z cv / 3), and always for z^2 <= 5: lines
 * with more than a handful of users are far below. A true gamma distribution has that dip as well.
 */
export function gammaQuantile(mean: number, variance: number, epsilon: number): number {
  if (mean <= 0) return 0;
  const z = upperNormalQuantile(epsilon);
  const cv = Math.min(Math.sqrt(variance) / mean, 1.5 * z);
  return Math.max(mean, mean * cubeAt(cv, z));
}

/** The variance of a line's day: its users' own, and the day factor that the whole fleet shares. */
export function lineVariance(load: Load, sigmaFleetDay: number): number {
  return load.variance + sigmaFleetDay * sigmaFleetDay * (load.mean * load.mean + load.variance);
}

/**
 * What a line with this load exceeds on at most `epsilon` of its days, on the busiest weekday. The load is that of
 * normal days. Without an outlook the policy's spread of the fleet's day counts, and an even week.
 */
export function projectedUse(load: Load, { admission }: FleetPolicy, outlook?: DayRisk): number {
  const peak = outlook?.peak ?? 1;
  const mean = peak * load.mean;
  const busiest = { mean, variance: peak * peak * load.variance };
  const variance = lineVariance(busiest, outlook?.sigma ?? admission.sigmaFleetDay);
  return gammaQuantile(mean, variance, admission.epsilon);
}
