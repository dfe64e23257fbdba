import { DEFAULT_FLEET_POLICY } from '@linekeeper/domain';
import { figuresOf } from '../figures/figures';
import { Run, type Setup } from '../run/run';
import { setupOf } from '../scenarios/scenarios';
import { makePopulation } from '../traffic/population';
import { evenCapacity } from './capacity';
import { balanceClairvoyantly, packClairvoyantly } from './clairvoyant';
import type { MakeContender } from './contender';
import { packForetold } from './foretold';
import { ALLOWED_SHARE, hindsightThreshold } from './hindsight';
import { linekeeper, linekeeperRebalancing } from './linekeeper';
import { planned } from './planned';
import { faqDivision, fewestUsers, hash, powerOfTwo, roundRobin, threshold } from './references';
import { userDaysOf } from './user-days';

const BUDGET = 150;
const LINES = 4;

const setupFor = (seed: number, users = 800): Setup =>
  setupOf('S2', {
    traffic: makePopulation({ users, days: 40 }, seed),
    ...{ lines: LINES, budget: BUDGET, seed, savedShare: 0.5, policy: DEFAULT_FLEET_POLICY },
  });

const figures = (setup: Setup, make: MakeContender) => figuresOf(new Run(setup, make).play());

describe('the bounds', () => {
  it('of hindsight is the best constant threshold there is', () => {
    const setup = setupFor(1);
    const users = userDaysOf(setup.traffic, 6);
    const best = hindsightThreshold(users, LINES, BUDGET);
    expect(best).toBeGreaterThan(5);
    expect(figures(setup, threshold('t', best)).overrunLineDayShare).toBeLessThanOrEqual(0.01);
    // No larger one keeps within the allowed share: tried one by one where it could still turn.
    for (let more = best + 1; more <= best + 15; more += 1) {
      expect(figures(setup, threshold('t', more)).overrunLineDayShare).toBeGreaterThan(0.01);
    }
  });

  it('of the clairvoyant carries at least what anyone does who keeps within 1 %', () => {
    for (const seed of [1, 2, 3]) {
      const setup = setupFor(seed);
      const users = userDaysOf(setup.traffic, 6);
      const capacity = evenCapacity(LINES, users.days, BUDGET);
      const bound = figures(setup, planned('c', packClairvoyantly(users, capacity, BUDGET)));
      const early = figures(
        setup,
        planned('e', packClairvoyantly(users, capacity, BUDGET, { late: false })),
      );
      expect(bound.overrunLineDayShare).toBeLessThanOrEqual(ALLOWED_SHARE);
      expect(early.overrunLineDayShare).toBeLessThanOrEqual(ALLOWED_SHARE);
      expect(bound.carried).toBeGreaterThan(early.carried);
      const best = hindsightThreshold(users, LINES, BUDGET);
      const others = [linekeeper, linekeeperRebalancing, faqDivision, threshold('h', best)];
      for (const make of others) {
        const theirs = figures(setup, make);
        if (theirs.overrunLineDayShare <= ALLOWED_SHARE) {
          expect(bound.carried).toBeGreaterThanOrEqual(theirs.carried);
        }
      }
      expect(early.carried).toBeGreaterThanOrEqual(figures(setup, threshold('h', best)).carried);
    }
  });

  it('of the foretold lies between the best threshold and the clairvoyant', () => {
    for (const seed of [1, 2, 3]) {
      const setup = setupFor(seed);
      const users = userDaysOf(setup.traffic, 6);
      const capacity = evenCapacity(LINES, users.days, BUDGET);
      const foretold = figures(setup, planned('f', packForetold(users, capacity)));
      const bound = figures(setup, planned('c', packClairvoyantly(users, capacity, BUDGET)));
      const best = hindsightThreshold(users, LINES, BUDGET);
      expect(foretold.overrunLineDayShare).toBeLessThanOrEqual(ALLOWED_SHARE);
      expect(foretold.carried).toBeLessThan(bound.carried);
      expect(foretold.carried).toBeGreaterThan(figures(setup, threshold('h', best)).carried);
    }
  });

  it('of the foretold takes nobody to a line on days without capacity', () => {
    const { traffic } = setupFor(1);
    const users = userDaysOf(traffic, 6);
    const capacity = evenCapacity(LINES, users.days, BUDGET);
    // The first line never carries anything, the second from day 20 on.
    capacity.of.fill(0, 0, users.days + 20);
    const { line, fromDay } = packForetold(users, capacity);
    const taken = [...users.arrivals].filter((user) => line[user] !== -1);
    expect(taken.length).toBeGreaterThan(0);
    for (const user of taken) {
      expect(line[user]).toBeGreaterThan(0);
      if (line[user] === 1) expect(fromDay[user]).toBeGreaterThanOrEqual(20);
    }
  });

  it('of balance is evener than every reference that takes everyone', () => {
    const setup = setupFor(4);
    const plan = balanceClairvoyantly(userDaysOf(setup.traffic, 6), LINES);
    const bound = figures(setup, planned('c', plan));
    expect(bound.carriedShare).toBe(1);
    for (const make of [roundRobin, fewestUsers, hash, powerOfTwo]) {
      expect(bound.imbalance).toBeLessThan(figures(setup, make).imbalance);
    }
  });
});
