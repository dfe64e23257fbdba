/** Draws from the distributions that the tests of forecasts and detectors simulate with. */
export interface Chance {
  /** Standard normal. */
  readonly normal: () => number;
  /** Gamma with this shape and scale 1; shape above 0. */
  readonly gamma: (shape: number) => number;
  /** Poisson with this mean; by the normal distribution above 60. */
  readonly poisson: (mean: number) => number;
}

export function chance(uniform: () => number): Chance {
  const positive = (): number => 1 - uniform();
  const normal = (): number =>
    Math.sqrt(-2 * Math.log(positive())) * Math.cos(2 * Math.PI * uniform());
  // Marsaglia and Tsang 2000; a shape below 1 by the boost of the same paper.
  const gamma = (shape: number): number => {
    if (shape === 1) return -Math.log(positive());
    if (shape === 2) return -Math.log(positive() * positive());
    if (shape < 1) return gamma(shape + 1) * positive() ** (1 / shape);
    const d = shape - 1 / 3;
    const c = 1 / Math.sqrt(9 * d);
    for (;;) {
      const x = normal();
      const v = (1 + c * x) ** 3;
      if (v > 0 && Math.log(positive()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v;
    }
  };
  const poisson = (mean: number): number => {
    if (mean > 60) return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal()));
    const limit = Math.exp(-mean);
    let count = 0;
    for (let product = positive(); product > limit; product *= positive()) count += 1;
    return count;
  };
  return { normal, gamma, poisson };
}
