import fc from 'fast-check';
import { chance } from '../../../../test/support/chance';
import { aLine } from '../../../../test/support/lines';
import { DEFAULT_FLEET_POLICY, type FleetPolicy } from '../fleet-policy';
import { gammaQuantile, projectedUse } from '../forecast/quantile';
import { closeUserDay, loadMilliOf, startRate } from '../forecast/user-rate';
import { seededRandom } from '../kernel/random';
import { admits, loadWith } from './admission';

const RUNS = { numRuns: 1_000 };
const policy = DEFAULT_FLEET_POLICY;
const line = aLine();

/** Loads as the forecast makes them: of users known for some days. */
const anyUser = fc
  .record({
    expected: fc.integer({ min: 1, max: 300 }),
    days: fc.array(fc.nat(600), { maxLength: 9 }),
  })
  .map(({ expected, days }) =>
    loadMilliOf(
      days.reduce(
        (rate, messages) => closeUserDay(rate, messages, policy),
        startRate(policy, expected),
      ),
      policy,
    ),
  );
const someUsers = fc.array(anyUser, { minLength: 1, maxLength: 120 });
const anyOutlook = fc.record({
  sigma: fc.double({ min: 0, max: 0.6, noNaN: true }),
  peak: fc.double({ min: 1, max: 1.6, noNaN: true }),
});

type Milli = ReturnType<typeof loadMilliOf>;
const sum = (users: readonly Milli[]): Milli => ({
  meanMilli: users.reduce((total, user) => total + user.meanMilli, 0),
  varianceMilli: users.reduce((total, user) => total + user.varianceMilli, 0),
});
const NOTHING = { meanMilli: 0, varianceMilli: 0 };

describe('the quantile of a day', () => {
  const epsilons = fc.double({ min: 1e-4, max: 0.4, noNaN: true });

  it('grows with mean, variance and caution, and is never below the mean', () => {
    const mean = fc.double({ min: 0.1, max: 5_000, noNaN: true });
    const more = fc.double({ min: 1, max: 3, noNaN: true });
    fc.assert(
      fc.property(
        mean,
        fc.double({ min: 0, max: 0.4, noNaN: true }),
        epsilons,
        more,
        (mu, cv, epsilon, factor) => {
          const variance = (cv * mu) ** 2;
          const at = gammaQuantile(mu, variance, epsilon);
          const slack = 1 - 1e-12;
          expect(at).toBeGreaterThanOrEqual(mu);
          expect(gammaQuantile(mu * factor, variance, epsilon)).toBeGreaterThanOrEqual(slack * at);
          expect(gammaQuantile(mu, variance * factor, epsilon)).toBeGreaterThanOrEqual(slack * at);
          expect(gammaQuantile(mu, variance, epsilon / factor)).toBeGreaterThanOrEqual(slack * at);
        },
      ),
      RUNS,
    );
  });

  it('grows with variance and caution however much the day varies', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 30, noNaN: true }),
        epsilons,
        fc.double({ min: 1, max: 9, noNaN: true }),
        (cv, epsilon, factor) => {
          // But for rounding.
          const at = (1 - 1e-12) * gammaQuantile(100, (100 * cv) ** 2, epsilon);
          expect(gammaQuantile(100, factor * (100 * cv) ** 2, epsilon)).toBeGreaterThanOrEqual(at);
          expect(gammaQuantile(100, (100 * cv) ** 2, epsilon / factor)).toBeGreaterThanOrEqual(at);
        },
      ),
      RUNS,
    );
  });

  it('is that of the busiest weekday', () => {
    const load = { mean: 1_000, variance: 30_000 };
    const busy = { mean: 1_300, variance: 1.69 * 30_000 };
    expect(projectedUse(load, policy, { sigma: 0.25, peak: 1.3 })).toBe(projectedUse(busy, policy));
    expect(projectedUse(load, policy, { sigma: 0.4, peak: 1 })).toBeGreaterThan(
      projectedUse(load, policy),
    );
  });
});

describe('admission of users, as they are forecast', () => {
  it('is not lost by a user who goes', () => {
    fc.assert(
      fc.property(someUsers, fc.nat(), anyOutlook, (users, pick, outlook) => {
        const without = users.filter((_each, i) => i !== pick % users.length);
        const [all, rest] = [users, without].map((each) => loadWith(NOTHING, sum(each)));
        if (admits(line, all!, policy, outlook)) {
          expect(admits(line, rest!, policy, outlook)).toBe(true);
        }
      }),
      RUNS,
    );
  });

  it('is the same for a set of users in whatever order they come', () => {
    fc.assert(
      fc.property(someUsers, anyOutlook, (users, outlook) => {
        const turned = [...users].sort((a, b) => a.meanMilli - b.meanMilli);
        expect(admits(line, loadWith(NOTHING, sum(turned)), policy, outlook)).toBe(
          admits(line, loadWith(NOTHING, sum(users)), policy, outlook),
        );
      }),
      RUNS,
    );
  });

  it('rests on sums that stay exact while users come and go', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(anyUser, fc.boolean()), { maxLength: 200 }), (users) => {
        let running = sum(users.map(([user]) => user));
        for (const [user, stays] of users) {
          if (stays) continue;
          running = {
            meanMilli: running.meanMilli - user.meanMilli,
            varianceMilli: running.varianceMilli - user.varianceMilli,
          };
        }
        expect(running).toEqual(sum(users.filter(([, stays]) => stays).map(([user]) => user)));
      }),
      RUNS,
    );
  });
});

/** Users' mean, cv of the means, phi, sigma of the fleet's day, epsilon, and users per line as documented. */
const GRID: readonly (readonly [number, number, number, number, number, number])[] = [
  [10, 1, 0.5, 0.1, 0.01, 234],
  [20, 1, 0.5, 0.1, 0.01, 113],
  [20, 1, 0.5, 0.1, 0.001, 101],
  [20, 1, 0.5, 0.2, 0.01, 93],
  [20, 2, 1, 0.1, 0.01, 98],
  [60, 1, 0.5, 0.1, 0.01, 34],
  [200, 1, 1, 0.1, 0.01, 6],
];

describe('days beyond the cap, simulated', () => {
  /** Fills one line after the other with users from a population, and counts the days beyond its cap. */
  function simulated(
    [mean, cv, phi, sigma, epsilon]: (typeof GRID)[number],
    { fleets, days, known }: { fleets: number; days: number; known: boolean },
  ): { readonly usersPerLine: number; readonly beyond: number } {
    const world: FleetPolicy = { ...policy, admission: { ...policy.admission, epsilon } };
    const { gamma, poisson } = chance(seededRandom(11));
    // The day factor changes from day to day; four of them for each draw of the users save time.
    const factors = 4;
    let placed = 0;
    let beyond = 0;
    for (let fleet = 0; fleet < fleets; fleet += 1) {
      const means: number[] = [];
      let load: Milli = NOTHING;
      for (;;) {
        const own = mean * gamma(1 / cv ** 2) * cv ** 2;
        const [m, unsure] = known ? [own, 0] : [mean, (cv * mean) ** 2];
        const user = {
          meanMilli: Math.round(1_000 * m),
          varianceMilli: Math.round(1_000 * (m + phi * m ** 2 + (1 + phi) * unsure)),
        };
        if (!admits(line, loadWith(load, user), world, { sigma, peak: 1 })) break;
        load = sum([load, user]);
        means.push(own);
      }
      placed += means.length;
      for (let day = 0; day < days; day += factors) {
        let expected = 0;
        for (const each of means) expected += each * gamma(1 / phi) * phi;
        for (let i = 0; i < factors; i += 1) {
          const common = gamma(1 / sigma ** 2) * sigma ** 2;
          if (poisson(common * expected) > line.todayCap) beyond += 1;
        }
      }
    }
    return { usersPerLine: placed / fleets, beyond: beyond / (fleets * days) };
  }

  it.each(GRID)(
    'are as few as asked for among users whose rates are known: mean %d, cv %d, phi %d, sigma %d, epsilon %d',
    (...world) => {
      const { usersPerLine, beyond } = simulated(world, { fleets: 40, days: 500, known: true });
      expect(Math.abs(usersPerLine / world[5] - 1)).toBeLessThan(0.1);
      expect(beyond).toBeLessThanOrEqual(1.5 * world[4]);
      expect(beyond).toBeGreaterThan(0.25 * world[4]);
    },
  );

  it.each(GRID)(
    'are as few among newcomers, with the error of the estimate: mean %d, cv %d, phi %d, sigma %d, epsilon %d',
    (...world) => {
      const { beyond } = simulated(world, { fleets: 1_250, days: 8, known: false });
      // A tail of one in a thousand, or rates that differ by twice their mean, is where the gamma day is too light.
      const hard = world[1] > 1 || world[4] < 0.01;
      expect(beyond).toBeLessThanOrEqual((hard ? 2.5 : 1.5) * world[4]);
    },
  );
});
