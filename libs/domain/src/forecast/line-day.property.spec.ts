import fc from 'fast-check';
import { EVEN_DAY, learnDayProfile, shareWithin } from './day-profile';
import { lineDays, type LineDayInput } from './line-day';
import { gammaLevel } from './quantile';

const RUNS = { numRuns: 1_000 };
const share = fc.double({ min: 0, max: 1, noNaN: true });
const anyDay: fc.Arbitrary<LineDayInput> = fc.record({
  load: fc.record({
    mean: fc.nat(3_000),
    variance: fc.nat(300_000),
  }),
  sigma: fc.double({ min: 0, max: 1, noNaN: true }),
  today: fc.double({ min: 0.3, max: 2, noNaN: true }),
  tomorrow: fc.double({ min: 0.3, max: 2, noNaN: true }),
  seen: fc.nat(4_000),
  elapsed: share,
});

describe('the forecast of a line', () => {
  it('is never below what was seen, and its end is what was seen', () => {
    fc.assert(
      fc.property(anyDay, (input) => {
        const { running } = lineDays(input);
        expect(running.p50).toBeGreaterThanOrEqual(input.seen);
        expect(Number.isFinite(running.p95)).toBe(true);
        const over = lineDays({ ...input, elapsed: 1 }).running;
        expect(over).toEqual({ p50: input.seen, p95: input.seen });
      }),
      RUNS,
    );
  });

  it('grows with what was seen: a busy morning tells of a busy day', () => {
    fc.assert(
      fc.property(anyDay, fc.nat(2_000), (input, more) => {
        const busier = lineDays({ ...input, seen: input.seen + more }).running;
        expect(busier.p50 - lineDays(input).running.p50).toBeGreaterThanOrEqual(more - 1e-6);
      }),
      RUNS,
    );
  });

  it('is for the next day the quantiles of its weekday', () => {
    const calm = {
      load: { mean: 1_000, variance: 30_000 },
      sigma: 0,
      today: 1,
      seen: 0,
      elapsed: 0,
    };
    const { running, next } = lineDays({ ...calm, tomorrow: 1.5 });
    expect(next.p50).toBe(gammaLevel(1_500, 67_500, 0.5));
    expect(next.p95).toBe(gammaLevel(1_500, 67_500, 0.05));
    expect(running).toEqual(lineDays({ ...calm, tomorrow: 1 }).next);
    expect(next.p50).toBeLessThan(1_500);
  });

  it('takes the rest of the day from its time, moved by what kind of day it is', () => {
    // Half of the day is over and brought 750 instead of 500: by the weight 15,625 / (15,625 + 15,000) of the day
    // factor's spread the rest is expected to be 500 x 1.255.
    const load = { mean: 1_000, variance: 30_000 };
    const { running } = lineDays({
      load,
      sigma: 0.25,
      today: 1,
      tomorrow: 1,
      seen: 750,
      elapsed: 0.5,
    });
    expect(running.p50).toBeGreaterThan(750 + 610);
    expect(running.p50).toBeLessThan(750 + 628);
    expect(running.p95).toBeGreaterThan(running.p50 + 100);
  });

  it('knows nothing of a line without users but what was seen', () => {
    const load = { mean: 0, variance: 0 };
    expect(lineDays({ load, sigma: 0.25, today: 1, tomorrow: 1, seen: 9, elapsed: 0.4 })).toEqual({
      running: { p50: 9, p95: 9 },
      next: { p50: 0, p95: 0 },
    });
  });
});

describe('the hours of a day', () => {
  it('are shares of 1 that add up in time', () => {
    const hours = fc.array(fc.nat(100_000), { minLength: 24, maxLength: 24 });
    fc.assert(
      fc.property(hours, share, share, (seen, one, other) => {
        const profile = learnDayProfile(seen);
        const [early, late] = [24 * Math.min(one, other), 24 * Math.max(one, other)];
        expect(shareWithin(profile, 0)).toBe(0);
        expect(shareWithin(profile, 24)).toBeCloseTo(1, 9);
        expect(shareWithin(profile, early)).toBeLessThanOrEqual(shareWithin(profile, late));
      }),
      RUNS,
    );
  });

  it('are even until there is traffic, and then follow it', () => {
    expect(learnDayProfile(EVEN_DAY.map(() => 0))).toEqual(EVEN_DAY);
    const evening = learnDayProfile(EVEN_DAY.map((_each, hour) => (hour === 12 ? 24_000 : 0)));
    expect(shareWithin(evening, 12)).toBeLessThan(0.01);
    expect(shareWithin(evening, 12.5)).toBeGreaterThan(0.49);
    expect(() => learnDayProfile([1, 2])).toThrow('24 hours');
  });
});
