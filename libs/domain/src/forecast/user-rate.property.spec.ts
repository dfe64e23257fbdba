import fc from 'fast-check';
import { DEFAULT_FLEET_POLICY as policy } from '../fleet-policy';
import { assumedPrior, type UserPrior } from './prior';
import {
  closeUserDay,
  credibilityOf,
  meanOf,
  normalMessages,
  noveltyOf,
  passDays,
  startRate,
  type UserRate,
  varianceOf,
} from './user-rate';

const RUNS = { numRuns: 1_000 };
const remembering = { ...policy, forecast: { ...policy.forecast, dailyRetention: 1 } };
const traffic = fc.array(fc.nat(400), { minLength: 1, maxLength: 60 });
const anyPrior: fc.Arbitrary<UserPrior> = fc.record({
  mean: fc.double({ min: 0.1, max: 200, noNaN: true }),
  spread: fc.double({ min: 0.1, max: 10_000, noNaN: true }),
  phi: fc.double({ min: 0, max: 2, noNaN: true }),
  days: fc.double({ min: 0.05, max: 30, noNaN: true }),
  assumed: fc.boolean(),
  learned: fc.double({ min: 0, max: 1, noNaN: true }),
});
const assumed = assumedPrior(policy);
const close = (got: UserRate, wanted: UserRate): void => {
  expect(Math.abs(got.messages - wanted.messages)).toBeLessThanOrEqual(
    1e-9 * (1 + Math.abs(wanted.messages)),
  );
  expect(Math.abs(got.days - wanted.days)).toBeLessThanOrEqual(1e-9 * (1 + wanted.days));
};

describe('the rate of a person, for any history', () => {
  it('lies between the prior and the extremes of what was seen', () => {
    fc.assert(
      fc.property(traffic, anyPrior, (days, prior) => {
        const rate = days.reduce(
          (known, messages) => closeUserDay(known, messages, policy, prior),
          startRate(policy, null, prior),
        );
        const counted = days.map((messages) => Math.min(messages, 20 * Math.max(20, prior.mean)));
        const slack = 1e-9 * (1 + prior.mean);
        const mean = meanOf(rate, prior);
        expect(mean).toBeGreaterThanOrEqual(Math.min(prior.mean, ...counted) - slack);
        expect(mean).toBeLessThanOrEqual(Math.max(prior.mean, ...counted) + slack);
      }),
      RUNS,
    );
  });

  it('has a credibility in [0, 1) that grows with each day, towards 1 while nothing is forgotten', () => {
    fc.assert(
      fc.property(traffic, anyPrior, (days, prior) => {
        let rate = startRate(policy, null, prior);
        expect(credibilityOf(rate, prior)).toBe(0);
        for (const messages of days) {
          const next = closeUserDay(rate, messages, policy, prior);
          expect(credibilityOf(next, prior)).toBeGreaterThan(credibilityOf(rate, prior));
          expect(credibilityOf(next, prior)).toBeLessThan(1);
          rate = next;
        }
        const old = passDays(rate, 1_000_000, 'silent', remembering);
        expect(credibilityOf(old, prior)).toBeGreaterThan(0.999_9);
      }),
      RUNS,
    );
  });

  it('does not depend on the order of the days when nothing is forgotten', () => {
    fc.assert(
      fc.property(traffic, fc.infiniteStream(fc.nat()), (days, keys) => {
        const shuffled = days
          .map((messages) => ({ messages, key: keys.next().value }))
          .sort((a, b) => a.key - b.key)
          .map(({ messages }) => messages);
        const after = (list: readonly number[]): UserRate =>
          list.reduce(
            (rate, messages) => closeUserDay(rate, messages, remembering),
            startRate(remembering),
          );
        close(after(shuffled), after(days));
      }),
      RUNS,
    );
  });

  it('is the same whether silent days are closed one by one or all at once', () => {
    const retention = fc.constantFrom(1, 0.97, 0.95, 0.5);
    fc.assert(
      fc.property(traffic, fc.nat(90), anyPrior, retention, (days, silent, prior, keep) => {
        const forgetting = { ...policy, forecast: { ...policy.forecast, dailyRetention: keep } };
        const closed = (from: UserRate, list: readonly number[]): UserRate =>
          list.reduce((rate, messages) => closeUserDay(rate, messages, forgetting, prior), from);
        const known = closed(startRate(forgetting, null, prior), days);
        const eager = closed(known, Array<number>(silent).fill(0));
        close(passDays(known, silent, 'silent', forgetting), eager);
        const split = passDays(known, Math.floor(silent / 3), 'unheard', forgetting);
        const rest = silent - Math.floor(silent / 3);
        close(
          passDays(split, rest, 'unheard', forgetting),
          passDays(known, silent, 'unheard', forgetting),
        );
      }),
      RUNS,
    );
  });

  it('takes a silent day for evidence, and a day on which the line was down for none', () => {
    fc.assert(
      fc.property(traffic, (days) => {
        const known = days.reduce(
          (rate, messages) => closeUserDay(rate, messages, policy),
          startRate(policy),
        );
        const silent = passDays(known, 1, 'silent', policy);
        const unheard = passDays(known, 1, 'unheard', policy);
        expect(meanOf(silent, assumed)).toBeLessThan(meanOf(unheard, assumed) + 1e-9);
        expect(credibilityOf(silent, assumed)).toBeGreaterThan(credibilityOf(unheard, assumed));
        // Nothing heard leads back to the prior.
        const gone = passDays(known, 2_000, 'unheard', policy);
        expect(meanOf(gone, assumed)).toBeCloseTo(20, 6);
        expect(varianceOf(gone, assumed)).toBeCloseTo(820, 3);
      }),
      RUNS,
    );
  });

  it('is what the days under a prior would have made of it, whichever prior was in force before', () => {
    fc.assert(
      fc.property(traffic, anyPrior, anyPrior, (days, before, after) => {
        const closed = (prior: UserPrior): UserRate =>
          days.reduce(
            (known, messages) => closeUserDay(known, Math.min(messages, 400), policy, prior),
            startRate(policy, null, prior),
          );
        expect(meanOf(closed(before), after)).toBe(meanOf(closed(after), after));
      }),
      RUNS,
    );
  });

  it('begins with what the app expects, for as long as the prior would count, and is never below zero', () => {
    fc.assert(
      fc.property(fc.nat(2_000), anyPrior, anyPrior, (expected, prior, later) => {
        const start = startRate(policy, expected, prior);
        expect(Math.abs(meanOf(start, prior) - expected)).toBeLessThanOrEqual(
          1e-9 * (1 + expected),
        );
        expect(credibilityOf(start, prior)).toBe(0);
        expect(meanOf(start, later)).toBeGreaterThanOrEqual(0);
        const gone = passDays(start, 2_000, 'unheard', policy);
        expect(meanOf(gone, later)).toBeCloseTo(later.mean, 6);
      }),
      RUNS,
    );
  });
});

describe('a day in normal days', () => {
  it('counts one and a half for whoever was met today or yesterday', () => {
    expect([0, 1, 2, 30].map((age) => noveltyOf(age, policy))).toEqual([1.5, 1.5, 1, 1]);
    expect(normalMessages(45, 1.5, 1.5)).toBe(20);
  });
});
