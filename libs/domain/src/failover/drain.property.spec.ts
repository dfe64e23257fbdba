import fc from 'fast-check';
import { dayAtRisk } from '../../../../test/support/decide-again/numbers';
import { aLine, NOW } from '../../../../test/support/lines';
import { DEFAULT_FLEET_POLICY as policy } from '../fleet-policy';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../kernel/time';
import type { LineView } from '../placement/types';
import { planFailover } from './plan';
import type { ContactUse, FailoverInput, FailoverUser, PlannedMove } from './types';

const RUNS = { numRuns: 1_000 };
const IDS = ['lost', 'b', 'c', 'd', 'e'];

const anyLines = fc
  .tuple(
    ...IDS.map((id) =>
      fc
        .record({
          adminState: fc.constantFrom('enabled', 'enabled', 'enabled', 'cordoned'),
          meanMilli: fc.integer({ min: 0, max: 3_100_000 }),
          todayCap: fc.constantFrom(300, 3_000, 3_000),
          activatedAt: fc.constantFrom(null, NOW - 30 * DAY_MS, NOW - 6 * DAY_MS),
        } as const)
        .map((state) => aLine({ ...state, id, varianceMilli: 30 * state.meanMilli })),
    ),
  )
  .map((lines) => [...lines]);

const ago = (days: number): fc.Arbitrary<number | null> =>
  fc.option(fc.integer({ min: 0, max: days * DAY_MS }).map((ms) => NOW - ms));

const anyUsers: fc.Arbitrary<FailoverUser[]> = fc
  .array(
    fc
      .record({
        meanMilli: fc.integer({ min: 0, max: 200_000 }),
        numbers: fc.subarray(IDS.slice(1)),
        lastInboundAt: ago(20),
        lastOutboundAt: ago(20),
        unansweredTurns: fc.constantFrom(0, 0, 0, 2),
        zone: fc.constantFrom(null, null, 'Asia/Tokyo', 'America/New_York'),
      })
      .map(({ numbers, ...user }) => ({
        ...user,
        knownLineIds: ['lost', ...numbers],
        varianceMilli: 30 * user.meanMilli,
        chatHealth: null,
      })),
    { maxLength: 30, size: 'max' },
  )
  .map((users) => users.map((user, i) => ({ ...user, userId: `user-${i}` })));

const anyInput: fc.Arbitrary<FailoverInput> = fc
  .record({ lines: anyLines, users: anyUsers })
  .map((parts) => ({ ...parts, now: NOW, lineId: 'lost', zone: 'UTC', contacts: new Map() }));

/** The lines with the load that these moves have put on them. */
function loadedBy(
  lines: readonly LineView[],
  users: readonly FailoverUser[],
  moves: readonly PlannedMove[],
): LineView[] {
  const byId = new Map(users.map((user) => [user.userId, user]));
  return lines.map((line) => {
    const own = moves.flatMap(({ userId, toLineId }) =>
      toLineId === line.id ? [byId.get(userId)!] : [],
    );
    const sum = (key: 'meanMilli' | 'varianceMilli'): number =>
      own.reduce((total, user) => total + user[key], line[key]);
    return { ...line, meanMilli: sum('meanMilli'), varianceMilli: sum('varianceMilli') };
  });
}

/** What came to each line by these moves. */
function movedInBy(
  users: readonly FailoverUser[],
  moves: readonly PlannedMove[],
): Map<string, number> {
  const came = new Map<string, number>();
  for (const { userId, toLineId } of moves) {
    const { meanMilli } = users.find((user) => user.userId === userId)!;
    came.set(toLineId, (came.get(toLineId) ?? 0) + meanMilli);
  }
  return came;
}

/** What the books say of first contacts after these moves: those that were due are taken to have been made. */
function contactsAfter(moves: readonly PlannedMove[], now: number): Map<string, ContactUse> {
  return new Map(
    IDS.map((id) => {
      const slots = moves.flatMap(({ toLineId, contactSlotAt }) =>
        toLineId === id && contactSlotAt !== null ? [contactSlotAt] : [],
      );
      const since = (ms: number): number => slots.filter((at) => at <= now && at > now - ms).length;
      const scheduled = slots.filter((at) => at > now);
      return [id, { lastHour: since(HOUR_MS), last24h: since(DAY_MS), scheduled }];
    }),
  );
}

describe('a failover that is carried out in parts', () => {
  it('comes to the same when it is planned anew after any number of moves: no one twice, no one else', () => {
    let left = 0;
    fc.assert(
      fc.property(anyInput, fc.nat(), (input, pick) => {
        const whole = planFailover(input, policy);
        const done = whole.moves.slice(0, pick % (whole.moves.length + 1));
        const gone = new Set(done.map(({ userId }) => userId));
        const rest = planFailover(
          {
            ...input,
            users: input.users.filter(({ userId }) => !gone.has(userId)),
            lines: loadedBy(input.lines, input.users, done),
            contacts: contactsAfter(done, NOW - 1),
            movedIn: movedInBy(input.users, done),
          },
          policy,
        );
        expect(rest.moves).toEqual(whole.moves.slice(done.length));
        expect(rest.stranded).toEqual(whole.stranded);
        left += rest.moves.length;
      }),
      RUNS,
    );
    expect(left).toBeGreaterThan(1_000);
  });

  it('ends with everybody once on a live number of theirs or told of, within pace and cap, when a target dies midway', () => {
    let twice = 0;
    const later = fc.integer({ min: 0, max: 40 * HOUR_MS });
    fc.assert(
      fc.property(anyInput, fc.constantFrom('b', 'c', 'd', 'e'), later, (input, second, ms) => {
        const now = NOW + ms;
        const first = planFailover(input, policy);
        const stay = first.moves.filter(({ toLineId }) => toLineId !== second);
        const hit = new Set(first.moves.flatMap((m) => (m.toLineId === second ? [m.userId] : [])));
        const lines = loadedBy(input.lines, input.users, first.moves).map((line) =>
          line.id === second ? { ...line, health: 'ejected' as const } : line,
        );
        const again = planFailover(
          {
            ...input,
            now,
            lineId: second,
            lines: lines.map((line) =>
              line.id === 'lost' ? { ...line, health: 'ejected' as const } : line,
            ),
            users: input.users.filter(({ userId }) => hit.has(userId)),
            contacts: contactsAfter(first.moves, now),
            movedIn: movedInBy(input.users, first.moves),
          },
          policy,
        );
        twice += again.moves.length;
        const ends = [...stay, ...again.moves];
        const told = [...ends, ...first.stranded, ...again.stranded].map(({ userId }) => userId);
        expect(told.sort()).toEqual(input.users.map(({ userId }) => userId).sort());
        const byId = new Map(input.users.map((user) => [user.userId, user]));
        for (const { userId, toLineId } of ends) {
          expect([second, 'lost']).not.toContain(toLineId);
          expect(byId.get(userId)!.knownLineIds).toContain(toLineId);
        }
        for (const line of loadedBy(input.lines, input.users, ends)) {
          if (!ends.some(({ toLineId }) => toLineId === line.id)) continue;
          expect(line.meanMilli).toBeLessThanOrEqual(1_000 * line.todayCap);
        }
        for (const id of IDS) expectPaced(ends.filter(({ toLineId }) => toLineId === id));
      }),
      RUNS,
    );
    expect(twice).toBeGreaterThan(300);
  });
});

describe('the target of a failover', () => {
  it('is no line younger than a week while another number of the person has room', () => {
    let young = 0;
    const alone = anyUsers.map((users) => users.slice(0, 1));
    fc.assert(
      fc.property(anyLines, alone, (lines, users) => {
        const [user] = users;
        const plan = planFailover(
          { now: NOW, lineId: 'lost', lines, users, contacts: new Map() },
          policy,
        );
        const isYoung = ({ activatedAt }: LineView): boolean =>
          activatedAt === null || NOW - activatedAt < 7 * DAY_MS;
        const hasRoom = (line: LineView): boolean => {
          const { meanMilli, varianceMilli } = user!;
          const day = dayAtRisk(
            line.meanMilli + meanMilli,
            line.varianceMilli + varianceMilli,
            { sigma: policy.admission.sigmaFleetDay, peak: 1 },
            policy.admission.epsilon,
          );
          return day <= policy.failover.targetMaxShare * line.todayCap;
        };
        const target = lines.find(({ id }) => id === plan.moves[0]?.toLineId);
        if (!target || !isYoung(target)) return;
        young += 1;
        const others = lines.filter(
          (line) =>
            line.id !== 'lost' &&
            line.adminState === 'enabled' &&
            user!.knownLineIds.includes(line.id) &&
            !isYoung(line),
        );
        expect(others.filter(hasRoom)).toEqual([]);
      }),
      RUNS,
    );
    expect(young).toBeGreaterThan(30);
  });
});

/** No more than two together, ten in an hour, and fifty in 24 hours from one line. */
function expectPaced(moves: readonly PlannedMove[]): void {
  const slots = moves.flatMap(({ contactSlotAt: at }) => (at === null ? [] : [at]));
  for (const begin of slots) {
    const within = (ms: number): number =>
      slots.filter((at) => at >= begin && at < begin + ms).length;
    expect(within(12 * MINUTE_MS)).toBeLessThanOrEqual(2);
    expect(within(HOUR_MS)).toBeLessThanOrEqual(10);
    expect(within(DAY_MS)).toBeLessThanOrEqual(50);
  }
}
