import { aLine } from '../../../../test/support/lines';
import { DEFAULT_FLEET_POLICY as policy } from '../fleet-policy';
import { assumedPrior } from '../forecast/prior';
import { admissiblePerDay, admits, newUsersPerDay } from './admission';
import { admissionCap } from './admission-cap';

describe('admission', () => {
  it('keeps a mature line below four fifths of its cap even when its day hardly varies', () => {
    const calm = { ...policy, admission: { ...policy.admission, sigmaFleetDay: 0 } };
    expect(admits(aLine(), { mean: 2_400, variance: 2_400 }, calm)).toBe(true);
    expect(admits(aLine(), { mean: 2_401, variance: 2_401 }, calm)).toBe(false);
  });

  it('keeps a line whose day varies further below: one day in a hundred may exceed the cap', () => {
    // By hand, for 83 people: sd = sqrt(51,460 + 0.0625 x (1,660^2 + 51,460)) = 476. The day is skewed, so its 99th
    // percentile lies 2.75 sd above the mean: at 2,967. For 86 people it lies at 3,061.
    expect(admits(aLine(), { mean: 1_660, variance: 51_460 }, policy)).toBe(true);
    expect(admits(aLine(), { mean: 1_720, variance: 53_320 }, policy)).toBe(false);
  });
});

describe('what admission lets a line carry a day', () => {
  it('is the load of the people placed on it, so that a ramp never waits for more', () => {
    expect(admissiblePerDay(aLine({ meanMilli: 700_000 }), policy)).toBe(700);
    expect(admissiblePerDay(aLine({ meanMilli: 0 }), policy)).toBe(1);
  });

  it('is never more than its share of the cap', () => {
    expect(admissiblePerDay(aLine({ meanMilli: 2_900_000 }), policy)).toBe(2_400);
    const ramping = aLine({ goodDays: 0, todayCap: 150, meanMilli: 140_000 });
    expect(admissiblePerDay(ramping, policy)).toBe(75);
  });
});

describe('new users of a ramping line in one day', () => {
  it('are what its cap leaves in first days of newcomers, who talk half as much again', () => {
    const young = aLine({ goodDays: 0, todayCap: 150 });
    // 0.8 x 150 messages over 1.5 x 20 each.
    expect(newUsersPerDay(young, policy)).toBe(4);
    expect(newUsersPerDay(young, policy, { ...assumedPrior(policy), mean: 5 })).toBe(16);
    expect(newUsersPerDay(aLine({ todayCap: 10 }), policy)).toBe(1);
  });
});

describe('the cap of admission', () => {
  it('takes who came today off by what is thought of newcomers', () => {
    const quiet = { ...assumedPrior(policy), mean: 2 };
    // Ten newcomers of two messages are there today, and no one else.
    const line = aLine({ meanMilli: 20_000, varianceMilli: 10_000_000, newUsersToday: 10 });
    expect(admissionCap(line, 0, policy, quiet)).toBe(300);
    const busier = aLine({ ...line, meanMilli: 1_020_000 });
    const told = admissionCap(busier, 0, policy, quiet);
    expect(told).toBeGreaterThan(admissionCap(busier, 0, policy));
  });
});
