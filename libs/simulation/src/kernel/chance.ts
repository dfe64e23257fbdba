/** Uniform numbers in [0, 1). The only source of chance in a simulation; it is handed in. */
export type Chance = () => number;

/**
 * A repeatable stream for a seed and a purpose (sfc32 by C. Doty-Humphrey, public domain). Each purpose draws from a
 * stream of its own, so that one more draw in one place changes nothing in another.
 */
export function chanceOf(seed: number, purpose: string): Chance {
  let a = 0x9e3779b9 ^ seed;
  let b = 0x243f6a88;
  let c = 0xb7e15162;
  for (let i = 0; i < purpose.length; i += 1) b = Math.imul(b ^ purpose.charCodeAt(i), 0x01000193);
  let counter = 1;
  const next: Chance = () => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + sum) | 0;
    return (sum >>> 0) / 4_294_967_296;
  };
  // The first numbers still show the seed.
  for (let i = 0; i < 15; i += 1) next();
  return next;
}

/** A whole number from 0 to `below` - 1. */
export function drawInteger(chance: Chance, below: number): number {
  return Math.floor(chance() * below);
}

/** Standard normal, by Box and Muller. */
export function drawNormal(chance: Chance): number {
  return Math.sqrt(-2 * Math.log(1 - chance())) * Math.cos(2 * Math.PI * chance());
}

/** Exponential with this mean. */
export function drawExponential(chance: Chance, mean: number): number {
  return -mean * Math.log(1 - chance());
}

/** Gamma with mean 1 and this shape (Marsaglia and Tsang, 2000; boosted below shape 1). */
export function drawGammaOfMeanOne(chance: Chance, shape: number): number {
  const boosted = shape < 1 ? shape + 1 : shape;
  const d = boosted - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = drawNormal(chance);
    const v = (1 + c * x) ** 3;
    if (v <= 0) continue;
    if (Math.log(1 - chance()) >= 0.5 * x * x + d - d * v + d * Math.log(v)) continue;
    const value = shape < 1 ? d * v * (1 - chance()) ** (1 / shape) : d * v;
    return value / shape;
  }
}

/** Poisson with this mean: Knuth's product for small means, the rounded normal beyond 50. */
export function drawPoisson(chance: Chance, mean: number): number {
  if (mean > 50) return Math.max(0, Math.round(mean + Math.sqrt(mean) * drawNormal(chance)));
  const limit = Math.exp(-mean);
  let product = chance();
  let count = 0;
  while (product > limit) {
    product *= chance();
    count += 1;
  }
  return count;
}

/** An index with probability proportional to its step in `cumulative` (increasing; the last is the total). */
export function drawFrom(chance: Chance, cumulative: ArrayLike<number>): number {
  const target = chance() * (cumulative[cumulative.length - 1] ?? 0);
  let low = 0;
  let high = cumulative.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((cumulative[middle] ?? 0) > target) high = middle;
    else low = middle + 1;
  }
  return low;
}
