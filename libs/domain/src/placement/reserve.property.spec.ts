import fc from 'fast-check';
import { DEFAULT_FLEET_POLICY as policy } from '../fleet-policy';
import { type CardLoad, FailoverInflow, fallbackWithoutReserve } from './reserve';

const RUNS = { numRuns: 1_000 };
const LINES = ['a', 'b', 'c', 'd', 'e', 'f'];
const anyUser: fc.Arbitrary<CardLoad> = fc
  .record({
    card: fc.shuffledSubarray(LINES, { minLength: 1, maxLength: 5 }),
    meanMilli: fc.nat(400_000),
  })
  .map(({ card, meanMilli }) => ({
    primaryLineId: card[0]!,
    fallbackLineIds: card.slice(1),
    meanMilli,
  }));

/** Said again in plain words: what comes from one line to another when that one is lost. */
const share = (users: readonly CardLoad[], lost: string, to: string): number =>
  users
    .filter((user) => user.primaryLineId === lost && user.fallbackLineIds.includes(to))
    .reduce((sum, user) => sum + user.meanMilli / 1_000 / user.fallbackLineIds.length, 0);

describe('the load that a loss would bring', () => {
  it('is the sum over the users there, whatever came and went', () => {
    const plan = fc.array(fc.tuple(anyUser, fc.boolean()), { maxLength: 30 });
    fc.assert(
      fc.property(plan, (users) => {
        const inflow = new FailoverInflow();
        for (const [user] of users) inflow.change(user, 1);
        for (const [user, stays] of users) if (!stays) inflow.change(user, -1);
        const there = users.filter(([, stays]) => stays).map(([user]) => user);
        for (const to of LINES) {
          const each = LINES.map((lost) => share(there, lost, to));
          for (const [i, lost] of LINES.entries()) {
            expect(inflow.between(lost, to)).toBeCloseTo(each[i]!, 6);
          }
          expect(inflow.worst(to)).toBeCloseTo(Math.max(...each), 6);
        }
      }),
      RUNS,
    );
  });

  it('is exactly nothing when everybody has gone', () => {
    fc.assert(
      fc.property(fc.array(anyUser, { maxLength: 40 }), (users) => {
        const inflow = new FailoverInflow();
        for (const user of users) inflow.change(user, 1);
        for (const user of [...users].reverse()) inflow.change(user, -1);
        for (const line of LINES) expect(inflow.worst(line)).toBe(0);
      }),
      RUNS,
    );
  });

  it('cannot be cut for cards that no policy allows', () => {
    const card = { primaryLineId: 'a', fallbackLineIds: ['b', 'c', 'd', 'e', 'f'], meanMilli: 1 };
    expect(() => new FailoverInflow().change(card, 1)).toThrow('at most four fallbacks');
  });
});

describe('the reserve for a loss', () => {
  const line = (id: string, mean: number): { id: string; meanMilli: number; todayCap: number } => ({
    id,
    meanMilli: 1_000 * mean,
    todayCap: 3_000,
  });

  it('is there up to 0.95 of a cap: own load, worst loss and the share of the new user', () => {
    const inflow = new FailoverInflow();
    inflow.change({ primaryLineId: 'x', fallbackLineIds: ['b', 'c'], meanMilli: 600_000 }, 1);
    inflow.change({ primaryLineId: 'y', fallbackLineIds: ['b', 'c'], meanMilli: 100_000 }, 1);
    const held = [line('b', 2_540), line('c', 2_540)];
    // 2,540 + 300 + 10 = 0.95 x 3,000.
    expect(fallbackWithoutReserve(held, 20_000, inflow, policy)).toBeNull();
    expect(fallbackWithoutReserve(held, 20_002, inflow, policy)).toBe(held[0]);
    const short = [line('b', 2_540), line('c', 2_541)];
    expect(fallbackWithoutReserve(short, 20_000, inflow, policy)).toBe(short[1]);
  });

  it('asks nothing of a card without fallbacks', () => {
    expect(fallbackWithoutReserve([], 20_000, new FailoverInflow(), policy)).toBeNull();
  });
});
