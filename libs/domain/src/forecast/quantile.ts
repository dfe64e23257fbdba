import type { FleetPolicy } from '../fleet-policy';

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
 * Wilson and Hilferty's cube. Zero for an empty line, never below the mean.
 */
export function gammaQuantile(mean: number, variance: number, epsilon: number): number {
  if (mean <= 0) return 0;
  const shape = (mean * mean) / Math.max(variance, Number.MIN_VALUE);
  const root = 1 - 1 / (9 * shape) + upperNormalQuantile(epsilon) / (3 * Math.sqrt(shape));
  return Math.max(mean, mean * Math.max(0, root) ** 3);
}

/** The variance of a line's day: its users' own, and the day factor that the whole fleet shares. */
export function lineVariance(load: Load, sigmaFleetDay: number): number {
  return load.variance + sigmaFleetDay * sigmaFleetDay * (load.mean * load.mean + load.variance);
}

/** What a line with this load exceeds on at most `epsilon` of its days. */
export function projectedUse(load: Load, policy: FleetPolicy): number {
  const variance = lineVariance(load, policy.admission.sigmaFleetDay);
  return gammaQuantile(load.mean, variance, policy.admission.epsilon);
}
