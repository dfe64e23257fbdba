import fc from 'fast-check';
import { aLine, NOW } from '../../../../test/support/lines';
import { DEFAULT_FLEET_POLICY as policy } from '../fleet-policy';
import { DAY_MS, HOUR_MS } from '../kernel/time';
import { planFailover } from './plan';
import type { ContactUse, FailoverInput, FailoverUser } from './types';

const RUNS = { numRuns: 1_000 };
const IDS = ['lost', 'b', 'c', 'd', 'e'];

const anyLines = fc
  .tuple(
    ...IDS.map((id) =>
      fc
        .record({
          adminState: fc.constantFrom('enabled', 'enabled', 'enabled', 'cordoned', 'draining'),
          health: fc.constantFrom('healthy', 'healthy', 'healthy', 'ejected'),
          meanMilli: fc.integer({ min: 0, max: 3_100_000 }),
          goodDays: fc.constantFrom(0, 5, 20),
        } as const)
        .map((state) =>
          aLine({
            ...state,
            id,
            todayCap: Math.min(3_000, Math.round(150 * 1.25 ** state.goodDays)),
          }),
        ),
    ),
  )
  .map((lines) => [...lines]);

const ago = (days: number): fc.Arbitrary<number | null> =>
  fc.option(fc.integer({ min: 0, max: days * DAY_MS }).map((ms) => NOW - ms));

const anyUsers: fc.Arbitrary<FailoverUser[]> = fc
  .array(
    fc.record({
      meanMilli: fc.integer({ min: 0, max: 200_000 }),
      varianceMilli: fc.integer({ min: 0, max: 5_000_000 }),
      knownLineIds: fc.subarray(IDS),
      lastInboundAt: ago(30),
      lastOutboundAt: ago(30),
      unansweredTurns: fc.integer({ min: 0, max: 4 }),
      chatHealth: fc.constantFrom(null, 'HEALTHY', 'HEALTHY', 'AT_RISK', 'CRITICAL', 'OPTED_OUT'),
    } as const),
    { maxLength: 80 },
  )
  .map((users) => users.map((user, i) => ({ ...user, userId: `user-${i}` })));

const anyContacts: fc.Arbitrary<Map<string, ContactUse>> = fc
  .array(
    fc.tuple(
      fc.constantFrom(...IDS),
      fc
        .tuple(fc.nat(10), fc.nat(40), fc.array(fc.integer({ min: -1, max: 30 }), { maxLength: 8 }))
        .map(([lastHour, older, hours]) => ({
          lastHour,
          last24h: lastHour + older,
          scheduled: hours.map((hour) => NOW + hour * HOUR_MS),
        })),
    ),
  )
  .map((entries) => new Map(entries));

const anyInput: fc.Arbitrary<FailoverInput> = fc
  .record({ lines: anyLines, users: anyUsers, contacts: anyContacts })
  .map((parts) => ({ ...parts, now: NOW, lineId: 'lost' }));

const serves = (input: FailoverInput, id: string): boolean =>
  input.lines.some(
    (line) =>
      line.id === id && id !== 'lost' && line.adminState === 'enabled' && line.health === 'healthy',
  );

describe('a failover plan', () => {
  it('names each person exactly once, and never loses one', () => {
    fc.assert(
      fc.property(anyInput, (input) => {
        const { moves, stranded } = planFailover(input, policy);
        const told = [...moves, ...stranded].map(({ userId }) => userId).sort();
        expect(told).toEqual(input.users.map(({ userId }) => userId).sort());
      }),
      RUNS,
    );
  });

  it('moves only to a serving line that this very person knows', () => {
    fc.assert(
      fc.property(anyInput, (input) => {
        const byId = new Map(input.users.map((user) => [user.userId, user]));
        for (const { userId, toLineId } of planFailover(input, policy).moves) {
          expect(byId.get(userId)!.knownLineIds).toContain(toLineId);
          expect(serves(input, toLineId)).toBe(true);
        }
      }),
      RUNS,
    );
  });

  it('strands for want of a number only whom none serves, and for want of room only the others', () => {
    fc.assert(
      fc.property(anyInput, (input) => {
        const byId = new Map(input.users.map((user) => [user.userId, user]));
        for (const { userId, reason } of planFailover(input, policy).stranded) {
          const known = byId.get(userId)!.knownLineIds;
          const served = known.some((id) => serves(input, id));
          const others = known.some((id) => id !== 'lost');
          expect(reason).toBe(
            served ? 'no-capacity' : others ? 'no-usable-number' : 'no-known-number',
          );
        }
      }),
      RUNS,
    );
  });

  it('loads no target beyond its cap by mean', () => {
    fc.assert(
      fc.property(anyInput, (input) => {
        const { moves } = planFailover(input, policy);
        const byId = new Map(input.users.map((user) => [user.userId, user]));
        for (const line of input.lines) {
          const arrived = moves.filter(({ toLineId }) => toLineId === line.id);
          if (arrived.length === 0) continue;
          const added = arrived.reduce((sum, { userId }) => sum + byId.get(userId)!.meanMilli, 0);
          expect(line.meanMilli + added).toBeLessThanOrEqual(line.todayCap * 1_000);
        }
      }),
      RUNS,
    );
  });

  it('starts no more than ten threads in any hour and fifty in any day from one target', () => {
    fc.assert(
      fc.property(anyInput, (input) => {
        const { moves } = planFailover(input, policy);
        for (const lineId of IDS) {
          const planned = moves.flatMap(({ toLineId, contactSlotAt }) =>
            toLineId === lineId && contactSlotAt !== null ? [contactSlotAt] : [],
          );
          if (planned.length === 0) continue;
          for (const at of planned) {
            expect(at).toBeGreaterThanOrEqual(NOW);
            const within = (ms: number): number =>
              planned.filter((other) => other > at - ms && other <= at).length;
            expect(within(HOUR_MS)).toBeLessThanOrEqual(10);
            expect(within(DAY_MS)).toBeLessThanOrEqual(50);
          }
          const { lastHour = 0, last24h = 0 } = input.contacts.get(lineId) ?? {};
          const now = planned.filter((at) => at < NOW + HOUR_MS).length;
          expect(now).toBeLessThanOrEqual(Math.max(0, 10 - lastHour));
          const today = planned.filter((at) => at < NOW + 23 * HOUR_MS).length;
          expect(today).toBeLessThanOrEqual(Math.max(0, 50 - last24h));
        }
      }),
      RUNS,
    );
  });

  it('serves on each target first who needs an answer first', () => {
    fc.assert(
      fc.property(anyInput, (input) => {
        const { moves } = planFailover(input, policy);
        for (const lineId of IDS) {
          const order = moves
            .filter(({ toLineId, mode }) => toLineId === lineId && mode === 'push')
            .sort((a, b) => a.contactSlotAt! - b.contactSlotAt! || a.priority - b.priority)
            .map(({ priority }) => priority);
          expect(order).toEqual([...order].sort());
        }
      }),
      RUNS,
    );
  });

  it('is the same whatever order people and lines are listed in', () => {
    fc.assert(
      fc.property(anyInput, (input) => {
        const turned = {
          ...input,
          users: [...input.users].reverse(),
          lines: [...input.lines].reverse(),
        };
        expect(planFailover(turned, policy)).toEqual(planFailover(input, policy));
      }),
      RUNS,
    );
  });

  it('strands nobody who holds four numbers when any three of them are lost', () => {
    const lines = IDS.map((id) => aLine({ id }));
    const users = Array.from({ length: 40 }, (_each, i) => ({
      userId: `user-${i}`,
      meanMilli: 20_000,
      varianceMilli: 620_000,
      knownLineIds: ['lost', ...IDS.slice(1).filter((_id, k) => k !== i % 4)],
      lastInboundAt: NOW,
      lastOutboundAt: null,
      unansweredTurns: 0,
      chatHealth: null,
    }));
    for (const second of IDS.slice(1)) {
      for (const third of IDS.slice(1).filter((id) => id !== second)) {
        const left = lines.map((line) =>
          [second, third].includes(line.id) ? { ...line, health: 'ejected' as const } : line,
        );
        const input = { now: NOW, lineId: 'lost', users, lines: left, contacts: new Map() };
        expect(planFailover(input, policy).stranded).toEqual([]);
      }
    }
  });
});
