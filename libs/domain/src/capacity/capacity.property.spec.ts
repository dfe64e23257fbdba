import fc from 'fast-check';
import { aLine } from '../../../../test/support/lines';
import { DEFAULT_FLEET_POLICY as policy } from '../fleet-policy';
import { assumedOutlook } from '../forecast/fleet-day';
import { admits } from '../placement/admission';
import { ContactSchedule } from '../failover/contact-schedule';
import { HOUR_MS } from '../kernel/time';
import {
  daysToWholeBudget,
  fullInDays,
  type GrowthBasis,
  needInDays,
  returnableLines,
  usersInDays,
  usersThatFit,
} from './growth';
import { linesNeeded } from './lines-needed';
import { hoursUntilContact, reachHours } from './reach';
import { type CardUsers, worstCover } from './uncovered';
import { lineAfter, loadAfterLosses, matureLine, usersPerLine } from './users-per-line';

const RUNS = { numRuns: 1_000 };
const outlook = assumedOutlook(policy);

/** A user as populations have them on average: up to 60 messages a day, twice as spread as exponential days. */
const anyUser = fc
  .record({ mean: fc.integer({ min: 1, max: 60 }), spread: fc.integer({ min: 1, max: 20 }) })
  .map(({ mean, spread }) => ({ mean, variance: mean + (spread / 10) * mean ** 2 }));
const anyGoodDays = fc.integer({ min: 0, max: 18 });
const anyBasis: fc.Arbitrary<GrowthBasis> = fc.record({
  lines: fc
    .array(
      fc.record({
        users: fc.integer({ min: 0, max: 90 }),
        goodDays: anyGoodDays,
        budgetPerDay: fc.constantFrom(2_000, 3_000),
        startsInDays: fc.integer({ min: 0, max: 9 }),
      }),
      { maxLength: 8 },
    )
    .map((lines) => lines.map((line, i) => ({ ...line, id: `line-${i}` }))),
  users: fc.integer({ min: 0, max: 700 }),
  user: anyUser,
  outlook: fc.constant(outlook),
});

describe('users on a line', () => {
  it('are as many as admission and the reserve let on it, and not one more', () => {
    const anyReserve = fc.constantFrom(1, 1.05, 1.5, 2);
    fc.assert(
      fc.property(anyUser, anyGoodDays, anyReserve, (user, goodDays, reserve) => {
        const line = lineAfter(goodDays, 3_000, policy);
        const mayHold = (users: number): boolean =>
          admits(
            line,
            { mean: users * user.mean, variance: users * user.variance },
            policy,
            outlook,
          ) && users * user.mean * reserve <= policy.admission.fallbackMaxShare * line.todayCap;
        const users = usersPerLine(user, line, policy, outlook, reserve);
        expect(users === 0 || mayHold(users)).toBe(true);
        expect(mayHold(users + 1)).toBe(false);
      }),
      RUNS,
    );
  });
});

describe('the lines that a load needs', () => {
  it('are the fewest that may carry it, also after losses: as found by counting up', () => {
    const anyLosses = fc.integer({ min: 0, max: 4 });
    fc.assert(
      fc.property(anyUser, fc.integer({ min: 0, max: 900 }), anyLosses, (user, users, losses) => {
        const total = { mean: users * user.mean, variance: users * user.variance };
        const line = matureLine(3_000, policy);
        let counted = 0;
        const isEnough = (lines: number): boolean =>
          (total.mean / lines) * loadAfterLosses(lines, losses, policy) <= 0.95 * 3_000 &&
          admits(
            line,
            { mean: total.mean / lines, variance: total.variance / lines },
            policy,
            outlook,
          );
        while (users > 0 && (counted === 0 || !isEnough(counted))) counted += 1;
        expect(linesNeeded(total, 3_000, losses, policy, outlook)).toBe(counted);
      }),
      RUNS,
    );
  });

  it('are more than are lost, whatever the size of a pod', () => {
    const tiny = { ...policy, cards: { ...policy.cards, linesPerPod: 1 } };
    const total = { mean: 5, variance: 5 };
    for (const losses of [0, 1, 2, 3, 4]) {
      expect(linesNeeded(total, 3_000, losses, tiny, outlook)).toBe(losses + 1);
    }
  });
});

describe('growth', () => {
  it('fits once the lines that are to be ordered are there, and not with one fewer', () => {
    fc.assert(
      fc.property(anyBasis, fc.integer({ min: 0, max: 60 }), (basis, inDays) => {
        const need = needInDays(basis, inDays, policy);
        const more = need.linesToOrder ?? NaN;
        expect(need.usersThatFit).toBe(usersThatFit(basis, inDays, policy));
        expect(usersThatFit(basis, inDays, policy, more)).toBeGreaterThanOrEqual(need.users);
        if (more > 0) {
          expect(usersThatFit(basis, inDays, policy, more - 1)).toBeLessThan(need.users);
        }
        expect(need.orderInDays).toBe(inDays - 5 - 7 - 14);
      }),
      RUNS,
    );
  });

  it('fills the fleet on the first day on which more users come than fit', () => {
    fc.assert(
      fc.property(anyBasis, fc.constantFrom(0, 0.01, 0.1), (basis, growthPerDay) => {
        const grown = { ...policy, capacity: { ...policy.capacity, growthPerDay } };
        const full = fullInDays(basis, grown);
        const isFull = (day: number): boolean =>
          usersInDays(basis.users, day, grown) > usersThatFit(basis, day, grown);
        if (full === null) expect(isFull(365)).toBe(false);
        else expect(isFull(full)).toBe(true);
        for (const day of [0, 1, 5, 20, 100]) {
          if (day < (full ?? 366)) expect(isFull(day)).toBe(false);
        }
      }),
      RUNS,
    );
  });

  it('leaves room now and later when lines are given back, and the emptiest go first', () => {
    fc.assert(
      fc.property(anyBasis, (basis) => {
        const back = returnableLines(basis, policy);
        if (back.length === 0) return;
        const lines = basis.lines.filter(({ id }) => !back.includes(id));
        const later = daysToWholeBudget(policy);
        expect(usersThatFit({ ...basis, lines }, 0, policy)).toBeGreaterThanOrEqual(basis.users);
        expect(usersThatFit({ ...basis, lines }, later, policy)).toBeGreaterThanOrEqual(
          usersInDays(basis.users, later, policy),
        );
        const given = basis.lines.filter(({ id }) => back.includes(id));
        const most = Math.max(...given.map(({ users }) => users));
        for (const { users } of lines) expect(users).toBeGreaterThanOrEqual(most);
      }),
      RUNS,
    );
  });

  it('knows no number of lines for a user whom no line can hold', () => {
    const user = { mean: 5_000, variance: 5_000 };
    const need = needInDays({ lines: [], users: 3, user, outlook }, 0, policy);
    expect(need).toMatchObject({ usersThatFit: 0, linesToOrder: null });
  });
});

describe('first contacts', () => {
  it('leave one target in the hours that the failover would give them', () => {
    const anyPace = fc.record({
      outboundPerLinePerHour: fc.integer({ min: 1, max: 12 }),
      perHours: fc.integer({ min: 1, max: 30 }),
      keptForAnswersPer24h: fc.nat(20),
    });
    fc.assert(
      fc.property(anyPace, fc.integer({ min: 1, max: 80 }), ({ perHours, ...pace }, nth) => {
        const newConversations = {
          ...pace,
          outboundPerLinePer24h: pace.keptForAnswersPer24h + pace.outboundPerLinePerHour * perHours,
        };
        const paced = { ...policy, newConversations };
        const schedule = new ContactSchedule({ now: 0, contacts: new Map() }, paced);
        let last = 0;
        const awake = { userId: 'somebody', zone: null };
        for (let i = 0; i < nth; i += 1) last = schedule.next(aLine({ id: 'line' }), awake);
        expect(hoursUntilContact(nth, paced)).toBe(Math.floor(last / HOUR_MS));
      }),
      RUNS,
    );
  });

  it('reach half, 95 % and all of the people no earlier than so many are reached', () => {
    const counts = fc.array(fc.integer({ min: 0, max: 160 }), { maxLength: 6 });
    fc.assert(
      fc.property(counts, (each) => {
        const hours = each
          .flatMap((count) =>
            Array.from({ length: count }, (_, i) => hoursUntilContact(i + 1, policy)),
          )
          .map(Number)
          .sort((a, b) => a - b);
        const at = (share: number): number => hours[Math.ceil(share * hours.length) - 1] ?? 0;
        expect(reachHours(each, policy)).toEqual({ p50: at(0.5), p95: at(0.95), all: at(1) });
      }),
      RUNS,
    );
  });

  it('never come when the policy begins no threads', () => {
    const newConversations = { ...policy.newConversations, outboundPerLinePerHour: 0 };
    const still = { ...policy, newConversations };
    expect(reachHours([3], still)).toEqual({ p50: null, p95: null, all: null });
    expect(reachHours([], still)).toEqual({ p50: 0, p95: 0, all: 0 });
  });
});

describe('the worst loss', () => {
  const LINES = ['a', 'b', 'c', 'd', 'e', 'f'];
  const anyCard: fc.Arbitrary<CardUsers> = fc.record({
    primaryLineId: fc.constantFrom(...LINES),
    lineIds: fc.subarray(LINES, { maxLength: 4 }),
    users: fc.integer({ min: 0, max: 9 }),
  });
  const leftWithout = (cards: readonly CardUsers[], lost: readonly string[]): number =>
    cards
      .filter(({ lineIds }) => lineIds.length > 0 && lineIds.every((id) => lost.includes(id)))
      .reduce((sum, { users }) => sum + users, 0);
  const choose = (from: readonly string[], count: number): string[][] =>
    count === 0
      ? [[]]
      : from.flatMap((first, i) =>
          choose(from.slice(i + 1), count - 1).map((rest) => [first, ...rest]),
        );

  it('is that of the lines found by trying all of them', () => {
    fc.assert(
      fc.property(fc.array(anyCard, { maxLength: 14 }), (cards) => {
        for (const losses of [1, 2, 3] as const) {
          const tried = choose(LINES, losses).map((lost) => leftWithout(cards, lost));
          const { users, lineIds } = worstCover(cards, losses);
          expect(users).toBe(Math.max(...tried));
          expect(lineIds.length).toBeLessThanOrEqual(losses);
          expect(leftWithout(cards, lineIds)).toBe(users);
        }
      }),
      RUNS,
    );
  });
});
