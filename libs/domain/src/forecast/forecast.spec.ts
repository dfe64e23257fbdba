import fc from 'fast-check';
import { DEFAULT_FLEET_POLICY as policy } from '../fleet-policy';
import { assumedPrior } from './prior';
import { gammaQuantile, lineVariance, projectedUse, upperNormalQuantile } from './quantile';
import {
  closeUserDay,
  loadMilliOf,
  meanOf,
  startRate,
  type UserRate,
  varianceOf,
} from './user-rate';

const RUNS = { numRuns: 1_000 };
const assumed = assumedPrior(policy);

describe('the quantile of the normal distribution', () => {
  it.each([
    [0.5, 0],
    [0.1, 1.281552],
    [0.05, 1.644854],
    [0.01, 2.326348],
    [0.001, 3.090232],
  ])('is the tabulated one for an upper tail of %f', (epsilon, expected) => {
    expect(Math.abs(upperNormalQuantile(epsilon) - expected)).toBeLessThan(4.5e-4);
  });
});

/** The share of a gamma distribution above x, by summing its density in small steps. */
function upperTail(mean: number, variance: number, x: number): number {
  const scale = variance / mean;
  const shape = mean / scale;
  const density = (at: number): number =>
    Math.exp((shape - 1) * Math.log(at / mean) - (at - mean) / scale);
  const step = Math.sqrt(variance) / 400;
  let above = 0;
  let all = 0;
  for (let at = step / 2; at < mean + 30 * Math.sqrt(variance); at += step) {
    all += density(at);
    if (at > x) above += density(at);
  }
  return above / all;
}

describe('the level a day exceeds with a given probability', () => {
  it.each([
    [1_700, 240_000, 0.01],
    [1_000, 62_500, 0.01],
    [500, 50_000, 0.05],
    [100, 2_500, 0.1],
    [2_000, 1_000_000, 0.01],
  ])(
    'is that of a gamma distribution (mean %i, variance %i, tail %f)',
    (mean, variance, epsilon) => {
      const level = gammaQuantile(mean, variance, epsilon);
      const share = upperTail(mean, variance, level);
      expect(share).toBeGreaterThan(0.9 * epsilon);
      expect(share).toBeLessThan(1.1 * epsilon);
    },
  );

  it('grows with mean, variance and caution, and is never below the mean', () => {
    const mean = fc.double({ min: 1, max: 3_000, noNaN: true });
    const cv = fc.double({ min: 0.05, max: 1.5, noNaN: true });
    fc.assert(
      fc.property(mean, cv, (mu, spread) => {
        const level = (m: number, v: number, e: number): number => gammaQuantile(m, v, e);
        const variance = (spread * mu) ** 2;
        const at = level(mu, variance, 0.01);
        expect(at).toBeGreaterThanOrEqual(mu);
        expect(level(mu, variance, 0.001)).toBeGreaterThanOrEqual(at);
        expect(level(1.01 * mu, 1.01 ** 2 * variance, 0.01)).toBeGreaterThan(at);
      }),
      RUNS,
    );
  });

  it('is nothing for an empty line', () => {
    expect(gammaQuantile(0, 100, 0.01)).toBe(0);
    expect(projectedUse({ mean: 0, variance: 0 }, policy)).toBe(0);
  });

  it('is the mean when nothing varies', () => {
    expect(gammaQuantile(100, 0, 0.01)).toBeCloseTo(100, 6);
  });

  it('knows that a day may be big for the whole fleet at once', () => {
    expect(lineVariance({ mean: 1_000, variance: 30_000 }, 0.25)).toBe(30_000 + 0.0625 * 1_030_000);
    expect(lineVariance({ mean: 1_000, variance: 30_000 }, 0)).toBe(30_000);
  });
});

describe('the rate of a person', () => {
  const after = (days: readonly number[], from = startRate(policy)): UserRate =>
    days.reduce((rate, messages) => closeUserDay(rate, messages, policy), from);
  const many = (messages: number, days: number): number[] =>
    Array.from({ length: days }, () => messages);

  it('begins with the prior of twenty a day, or with what the app expects', () => {
    expect(meanOf(startRate(policy), assumed)).toBe(20);
    expect(meanOf(startRate(policy, 55), assumed)).toBeCloseTo(55, 9);
  });

  it('comes to what the person does', () => {
    for (const messages of [0, 5, 60]) {
      const known = meanOf(after(many(messages, 200)), assumed);
      // Forgetting keeps a weight of about a month of days beside one day of prior.
      expect(Math.abs(known - messages)).toBeLessThan(0.04 * Math.abs(20 - messages) + 1e-9);
    }
  });

  it('takes silence for what it is: evidence', () => {
    const silent = after([0]);
    expect(meanOf(silent, assumed)).toBeCloseTo(21 / 2.05, 9);
  });

  it('forgets: an old month weighs less than the last one', () => {
    const mean = meanOf(after([...many(100, 30), ...many(0, 30)]), assumed);
    expect(mean).toBeLessThan(50);
    expect(mean).toBeGreaterThan(10);
  });

  it('lets one wild day count as four hundred messages, no more', () => {
    expect(after([1_000_000])).toEqual(after([400]));
  });

  it('is surer of whom it has known for longer', () => {
    const short = after(many(20, 2));
    const long = after(many(20, 60));
    expect(varianceOf(long, assumed)).toBeLessThan(varianceOf(short, assumed));
    // 20 of the process, 0.5 x 20^2 of its over-dispersion, and 1.5 x 20^2 while nothing at all is known.
    expect(varianceOf(startRate(policy), assumed)).toBe(20 + 200 + 1.5 * 400);
  });

  it('becomes a load in whole thousandths, so that sums of many stay exact', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(500), { maxLength: 40 }), (days) => {
        const rate = after(days);
        const { meanMilli, varianceMilli } = loadMilliOf(rate, policy);
        expect(Number.isInteger(meanMilli) && Number.isInteger(varianceMilli)).toBe(true);
        expect(Math.abs(meanMilli / 1_000 - meanOf(rate, assumed))).toBeLessThanOrEqual(0.000_5);
        expect(varianceMilli).toBeGreaterThanOrEqual(meanMilli);
      }),
      RUNS,
    );
  });
});
