import { assumedPrior, DEFAULT_FLEET_POLICY as policy } from '@linekeeper/domain';
import { chanceOf } from '../kernel/chance';
import { Forecasts } from './forecasts';

const USERS = 200;

/** Days on which everybody says what their own mean and the day's factor give. */
function played(days: number, dayFactor: (day: number) => number, users = USERS) {
  const forecasts = new Forecasts(USERS, policy);
  const chance = chanceOf(1, 'forecasts');
  const loads = new Map<number, number>();
  for (let user = 0; user < users; user += 1) {
    loads.set(user, forecasts.place(user, 0).meanMilli);
  }
  for (let day = 0; day < days; day += 1) {
    const messages = new Int32Array(USERS);
    for (let user = 0; user < users; user += 1) {
      messages[user] = Math.round((1 + (user % 9)) * dayFactor(day) * (0.5 + chance()));
    }
    forecasts.closeDay(day, messages, (user, before, after) => {
      expect(before.meanMilli).toBe(loads.get(user));
      loads.set(user, after.meanMilli);
    });
  }
  return { forecasts, loads };
}

describe('what the arena`s Linekeeper learns', () => {
  it('is the assumption until thirty users have a week', () => {
    const week = played(6, () => 1).forecasts;
    expect(week.prior).toEqual(assumedPrior(policy));
    expect(played(30, () => 1, 29).forecasts.prior).toEqual(assumedPrior(policy));
    expect(played(7, () => 1).forecasts.prior.assumed).toBe(false);
  });

  it('comes to what people say, and each load to its user`s own days', () => {
    const { forecasts, loads } = played(60, () => 1);
    expect(forecasts.prior.mean).toBeGreaterThan(5);
    expect(forecasts.prior.mean).toBeLessThan(8);
    for (const [user, meanMilli] of loads) {
      expect(Math.abs(meanMilli / 1_000 - (1 + (user % 9)))).toBeLessThan(2);
      expect(forecasts.load(user).meanMilli).toBe(meanMilli);
    }
  });

  it('doubts newcomers less the more was learned, and days more the more they jump', () => {
    const before = new Forecasts(USERS, policy).risk.sigma;
    const calm = played(60, () => 1).forecasts;
    const jumpy = played(60, (day) => (day % 5 === 0 ? 3 : 0.5)).forecasts;
    expect(calm.risk.sigma).toBeLessThan(before);
    expect(jumpy.outlook.sigma).toBeGreaterThan(2 * calm.outlook.sigma);
  });

  it('has nothing of users who were never placed', () => {
    const { forecasts } = played(3, () => 1, 5);
    expect(forecasts.load(7)).toEqual({ meanMilli: 0, varianceMilli: 0 });
  });
});
