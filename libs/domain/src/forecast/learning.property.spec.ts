import fc from 'fast-check';
import { DEFAULT_FLEET_POLICY as policy } from '../fleet-policy';
import { seededRandom } from '../kernel/random';
import { DAY_MS } from '../kernel/time';
import { chance } from '../../../../test/support/chance';
import { assumedOutlook, learnOutlook, newcomerRisk } from './fleet-day';
import { assumedPrior, closeHistoryDay, learnPrior, NO_HISTORY, type UserHistory } from './prior';
import { closeUserDay, meanOf, startRate } from './user-rate';
import { EVEN_WEEK, type FleetDay, learnWeekdays, weekdayFactor } from './weekday';

const RUNS = { numRuns: 1_000 };
const dayAt = (i: number): string =>
  new Date(Date.UTC(2026, 0, 4) + i * DAY_MS).toISOString().slice(0, 10);

/** Days of a fleet of a thousand users; the ratios are what came for each message expected. */
const fleetDays = (ratios: readonly number[]): FleetDay[] =>
  ratios.map((ratio, i) => ({
    day: dayAt(i),
    messages: 20_000 * ratio,
    mean: 20_000,
    variance: 0,
  }));

describe('a fleet that says nothing', () => {
  it('teaches nothing of how days differ', () => {
    const days = fleetDays(Array.from({ length: 20 }, () => 0));
    expect(learnOutlook(days, policy)).toEqual({ ...assumedOutlook(policy), days: 20 });
  });
});

describe('the history of a user', () => {
  it('is the count, the sum and the squares of their days, each clipped like that of a rate', () => {
    const clip = policy.forecast.clipPriorMeans * policy.forecast.priorMeanPerDay;
    fc.assert(
      fc.property(fc.array(fc.nat(1_000), { maxLength: 30 }), (days) => {
        const history = days.reduce(
          (before, messages) => closeHistoryDay(before, messages, policy, assumedPrior(policy)),
          NO_HISTORY,
        );
        const counted = days.map((messages) => Math.min(messages, clip));
        expect(history).toEqual({
          days: days.length,
          sum: counted.reduce((sum, each) => sum + each, 0),
          sumOfSquares: counted.reduce((sum, each) => sum + each * each, 0),
        });
      }),
      RUNS,
    );
  });
});

describe('the weekdays of a fleet', () => {
  const ratios = fc
    .array(fc.nat(300), { maxLength: 60 })
    .map((all) => all.map((each) => each / 100));

  it('are positive and mean 1 over the week', () => {
    fc.assert(
      fc.property(ratios, (seen) => {
        const week = learnWeekdays(fleetDays(seen), policy);
        expect(week).toHaveLength(7);
        expect(week.reduce((sum, index) => sum + index, 0)).toBeCloseTo(7, 9);
        expect(Math.min(...week)).toBeGreaterThan(0);
        expect(learnOutlook(fleetDays(seen), policy).peak).toBe(Math.max(...week));
      }),
      RUNS,
    );
  });

  it('do not change when the whole fleet is forecast too high or too low', () => {
    fc.assert(
      fc.property(ratios, fc.integer({ min: 1, max: 50 }), (seen, scale) => {
        const week = learnWeekdays(fleetDays(seen), policy);
        const scaled = learnWeekdays(fleetDays(seen.map((ratio) => scale * ratio)), policy);
        for (const [i, index] of week.entries()) expect(scaled[i]).toBeCloseTo(index, 6);
      }),
      RUNS,
    );
  });

  it('shrink to an even week by kappa weeks', () => {
    // Two weeks with twice as much on Sunday: the ratios are 1.75 and 0.875, each with weight 2 of 6.
    const week = learnWeekdays(
      fleetDays(Array.from({ length: 14 }, (_each, i) => (i % 7 === 0 ? 2 : 1))),
      policy,
    );
    expect(week[0]).toBeCloseTo((4 + 2 * 1.75) / 6, 9);
    expect(week[1]).toBeCloseTo((4 + 2 * 0.875) / 6, 9);
    expect(weekdayFactor(week, '2026-01-04')).toBe(week[0]);
    expect(weekdayFactor([], '2026-01-04')).toBe(1);
  });

  it('are even when nothing is known', () => {
    expect(learnWeekdays([], policy)).toEqual(EVEN_WEEK);
    expect(learnWeekdays(fleetDays([0, 0]), policy)).toEqual(EVEN_WEEK);
    const empty = { day: dayAt(0), messages: 5, mean: 0, variance: 0 };
    expect(learnWeekdays([empty], policy)).toEqual(EVEN_WEEK);
  });
});

describe('the day factor of a fleet', () => {
  const week = [0.7, 1.1, 1.1, 1.1, 1.1, 1.1, 0.8];
  /** Eight weeks with weekdays and growth, as they were forecast but for the day factor and the users' own noise. */
  const learned = (sigma: number, seed: number, days = 56, noise = 0): number => {
    const { normal } = chance(seededRandom(seed));
    const seen = Array.from({ length: days }, (_each, i): FleetDay => {
      const mean = 10_000 + 100 * i;
      const factor = 1 + sigma * normal();
      const own = noise * normal();
      const messages = mean * week[i % 7]! * Math.max(0, factor + own);
      return { day: dayAt(i), messages, mean, variance: (noise * mean) ** 2 };
    });
    return learnOutlook(seen, policy).sigma;
  };
  const average = (sigma: number, noise = 0, days = 56): number => {
    const all = Array.from({ length: 100 }, (_each, i) => learned(sigma, i, days, noise) ** 2);
    return Math.sqrt(all.reduce((sum, value) => sum + value, 0) / all.length);
  };
  const weighed = (days: number, sigma: number): number =>
    Math.sqrt((14 * 0.25 ** 2 + days * sigma ** 2) / (14 + days));

  it.each([0.1, 0.25, 0.5])('is found where it is %f, beside a start of 0.25', (sigma) => {
    expect(Math.abs(average(sigma) / weighed(54, sigma) - 1)).toBeLessThan(0.1);
    // In two weeks some of it is taken for weekdays.
    expect(Math.abs(average(sigma, 0, 14) / weighed(14, sigma) - 1)).toBeLessThan(0.15);
  });

  it('is not taken for what users vary by on their own', () => {
    expect(Math.abs(average(0.1, 0.2) / weighed(54, 0.1) - 1)).toBeLessThan(0.15);
  });

  it('is the start value until there are days, and looks back eight weeks', () => {
    expect(learnOutlook([], policy)).toEqual(assumedOutlook(policy));
    expect(learnOutlook(fleetDays([0, 0, 0]), policy).sigma).toBe(0.25);
    const calm = Array.from({ length: 56 }, () => 1);
    const after = fleetDays([9, 0, 9, 0, ...calm]);
    expect(learnOutlook(after, policy)).toEqual(learnOutlook(after.slice(4), policy));
    expect(learnOutlook(after, policy).sigma).toBeCloseTo(Math.sqrt((14 * 0.0625) / 70), 9);
  });

  it('grows with days above the forecast, not with those below, and least with days of a handful', () => {
    const calm = Array.from({ length: 28 }, () => 1);
    const sigmaOf = (days: readonly FleetDay[]): number => learnOutlook(days, policy).sigma;
    const even = sigmaOf(fleetDays(calm));
    const quiet = sigmaOf(fleetDays([...calm, 0.2]));
    const busy = fleetDays([...calm, 1.8]);
    const small = busy.map((day, i) =>
      i < 28 ? day : { ...day, messages: day.messages / 100, mean: day.mean / 100 },
    );
    expect(sigmaOf(busy)).toBeGreaterThan(1.2 * even);
    expect(quiet).toBeLessThan(1.05 * even);
    expect(sigmaOf(small)).toBeLessThan(1.01 * even);
  });

  it('is finite and not negative whatever was seen', () => {
    const ratios = fc.array(fc.nat(1_000), { maxLength: 70 });
    fc.assert(
      fc.property(ratios, (seen) => {
        const { sigma, days } = learnOutlook(fleetDays(seen), policy);
        expect(Number.isFinite(sigma)).toBe(true);
        expect(sigma).toBeGreaterThanOrEqual(0);
        expect(days).toBe(Math.min(seen.length, 56));
      }),
      RUNS,
    );
  });
});

describe('the risk of a day to those who admit newcomers', () => {
  it('has the doubt of what is assumed of them, for all at once, and none of what was learned', () => {
    const risk = { sigma: 0.3, peak: 1.2 };
    const learned = (share: number) => ({ ...assumedPrior(policy), learned: share });
    expect(newcomerRisk(risk, assumedPrior(policy))).toEqual({
      sigma: Math.hypot(0.3, 0.6),
      peak: 1.2,
    });
    expect(newcomerRisk(risk, learned(1))).toEqual(risk);
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (a, b) => {
          const less = newcomerRisk(risk, learned(Math.max(a, b))).sigma;
          expect(less).toBeLessThanOrEqual(newcomerRisk(risk, learned(Math.min(a, b))).sigma);
          expect(less).toBeGreaterThanOrEqual(risk.sigma);
        },
      ),
      RUNS,
    );
  });
});

/** Days of users whose true means are gamma-distributed, and the true means. */
function population(
  seed: number,
  { users, days, mean, cv, phi }: Record<'users' | 'days' | 'mean' | 'cv' | 'phi', number>,
): { readonly means: number[]; readonly traffic: number[][] } {
  const { gamma, poisson } = chance(seededRandom(seed));
  const means = Array.from({ length: users }, () => mean * gamma(1 / cv ** 2) * cv ** 2);
  const traffic = means.map((each) =>
    Array.from({ length: days }, () => poisson(each * gamma(1 / phi) * phi)),
  );
  return { means, traffic };
}

const historyOf = (days: readonly number[]): UserHistory => ({
  days: days.length,
  sum: days.reduce((sum, messages) => sum + messages, 0),
  sumOfSquares: days.reduce((sum, messages) => sum + messages ** 2, 0),
});

describe('the prior of a population', () => {
  const assumed = assumedPrior(policy);
  /** As if nobody had assumed anything: the moments alone. */
  const momentsAlone = { ...policy, forecast: { ...policy.forecast, learnFromUsers: 0 } };

  it('is the assumed one until enough users have a week of history', () => {
    const { traffic } = population(1, { users: 30, days: 7, mean: 10, cv: 1, phi: 0.5 });
    const histories = traffic.map(historyOf);
    expect(learnPrior(histories, assumed, policy).assumed).toBe(false);
    expect(learnPrior(histories.slice(1), assumed, policy)).toBe(assumed);
    const short = traffic.map((days) => historyOf(days.slice(1)));
    expect(learnPrior(short, assumed, policy)).toBe(assumed);
    const silent = traffic.map((days) => historyOf(days.map(() => 0)));
    expect(learnPrior(silent, assumed, policy)).toBe(assumed);
  });

  it.each([
    { mean: 10, cv: 1, phi: 0.5, days: 28 },
    { mean: 20, cv: 1, phi: 0.5, days: 10 },
    { mean: 20, cv: 2, phi: 1, days: 28 },
    { mean: 60, cv: 1, phi: 0.5, days: 7 },
  ])('is found by moments: %o', ({ mean, cv, phi, days }) => {
    const { traffic } = population(3, { users: 4_000, days, mean, cv, phi });
    const prior = learnPrior(traffic.map(historyOf), assumed, policy);
    const spread = (cv * mean) ** 2;
    const k = (mean + phi * (mean ** 2 + spread)) / spread;
    expect(prior.learned).toBeCloseTo(4_000 / 4_030, 9);
    expect(Math.abs(prior.mean / mean - 1)).toBeLessThan(0.1);
    expect(Math.abs(prior.phi / phi - 1)).toBeLessThan(0.1);
    expect(Math.abs(prior.spread / spread - 1)).toBeLessThan(0.2);
    expect(Math.abs(prior.days / k - 1)).toBeLessThan(0.2);
  });

  it('says of users who are all alike that a year of days tells them hardly apart', () => {
    const alike = Array.from({ length: 40 }, () => historyOf([4, 6, 5, 5, 4, 6, 5]));
    const prior = learnPrior(alike, assumed, momentsAlone);
    expect(prior).toMatchObject({ mean: 5, phi: 0 });
    expect(prior.days).toBeCloseTo(365, 6);
    expect(prior.spread).toBeGreaterThan(0);
  });

  it('takes rare messages for chance and not for bursts', () => {
    const rare = Array.from({ length: 40 }, () => historyOf([1, 0, 0, 0, 0, 0, 0, 0]));
    expect(learnPrior(rare, assumed, momentsAlone)).toMatchObject({ phi: 0, mean: 1 / 8 });
  });

  it('keeps its parent for as much as thirty users, and the distance between the two as spread', () => {
    const alike = Array.from({ length: 60 }, () => historyOf([4, 6, 5, 5, 4, 6, 5]));
    const prior = learnPrior(alike, assumed, policy);
    const own = learnPrior(alike, assumed, momentsAlone);
    expect(prior).toMatchObject({
      mean: (60 * 5 + 30 * 20) / 90,
      assumed: false,
      learned: 60 / 90,
    });
    expect(prior.phi).toBeCloseTo(0.5 / 3, 9);
    const mixed = (2 / 3) * own.spread + 400 / 3 + (2 / 9) * 15 ** 2;
    expect(prior.spread).toBeCloseTo(mixed, 6);
    // EPV is 5 of those seen and 20 + 0.5 (20^2 + 20^2) of the assumed.
    expect(prior.days).toBeCloseTo(((2 / 3) * 5 + 420 / 3) / mixed, 6);
  });

  it('has finite, positive numbers whatever the histories are', () => {
    const days = fc.array(fc.nat(5_000), { minLength: 7, maxLength: 12 });
    fc.assert(
      fc.property(fc.array(days, { minLength: 30, maxLength: 40 }), (users) => {
        const prior = learnPrior(users.map(historyOf), assumed, policy);
        for (const value of [prior.mean, prior.spread, prior.days]) {
          expect(Number.isFinite(value)).toBe(true);
          expect(value).toBeGreaterThan(0);
        }
        expect(prior.phi).toBeGreaterThanOrEqual(0);
      }),
      RUNS,
    );
  });

  it('comes out the same for a spread that the days between users explain alone', () => {
    const { traffic } = population(5, { users: 200, days: 7, mean: 20, cv: 0.01, phi: 4 });
    const prior = learnPrior(traffic.map(historyOf), assumed, momentsAlone);
    expect(prior.days).toBeGreaterThan(5);
  });
});

describe('the estimate of a rate', () => {
  /** Root mean square error after each of some days, of the estimate and of the plain mean of the days. */
  function errors(days: number): { credibility: number; plain: number } {
    const { means, traffic } = population(7, { users: 2_000, days, mean: 20, cv: 1, phi: 0.5 });
    const assumed = assumedPrior(policy);
    let ours = 0;
    let plain = 0;
    for (const [i, mean] of means.entries()) {
      const rate = traffic[i]!.reduce(
        (known, messages) => closeUserDay(known, messages, policy),
        startRate(policy),
      );
      ours += (meanOf(rate, assumed) - mean) ** 2;
      plain += (historyOf(traffic[i]!).sum / days - mean) ** 2;
    }
    return { credibility: Math.sqrt(ours / means.length), plain: Math.sqrt(plain / means.length) };
  }

  it.each([1, 2, 3, 5, 7])('is no worse than the plain mean of %i days', (days) => {
    const { credibility, plain } = errors(days);
    expect(credibility).toBeLessThanOrEqual(plain);
  });

  it.each([
    [1, 13.9],
    [3, 10],
    [7, 6.8],
    [28, 3.9],
  ])('misses by what is documented after %i days: %f', (days, documented) => {
    expect(Math.abs(errors(days).credibility / documented - 1)).toBeLessThan(0.1);
  });
});
