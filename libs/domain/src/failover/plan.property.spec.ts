import fc from 'fast-check';
import { aLine, NOW } from '../../../../test/support/lines';
import { DEFAULT_FLEET_POLICY as policy } from '../fleet-policy';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../kernel/time';
import { localHour } from '../kernel/budget-day';
import { planFailover } from './plan';
import type { ContactUse, FailoverInput, FailoverUser, PlannedMove } from './types';

const IDS = ['lost', 'b', 'c', 'd', 'e'];

const ZONES = ['UTC', 'Asia/Tokyo', 'America/New_York', 'Asia/Kolkata'];

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
      zone: fc.constantFrom(null, null, ...ZONES),
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
  .record(
    {
      lines: anyLines,
      users: anyUsers,
      contacts: anyContacts,
      zone: fc.constantFrom(...ZONES),
    },
    { requiredKeys: ['lines', 'users', 'contacts'] },
  )
  .map((parts) => ({ ...parts, now: NOW, lineId: 'lost' }));

const RUNS = { numRuns: 1_000 };

const slotsOn = (moves: readonly PlannedMove[], lineId: string): number[] =>
  moves.flatMap(({ toLineId, contactSlotAt }) =>
    toLineId === lineId && contactSlotAt !== null ? [contactSlotAt] : [],
  );

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

  it('starts no more than two threads together, ten in an hour and fifty in a day from one target', () => {
    fc.assert(
      fc.property(anyInput, (input) => {
        const { moves } = planFailover(input, policy);
        for (const lineId of IDS) {
          const planned = slotsOn(moves, lineId);
          const { lastHour = 0, last24h = 0, scheduled = [] } = input.contacts.get(lineId) ?? {};
          const taken = [
            ...planned,
            ...scheduled.map((at) => Math.max(at, NOW)),
            ...Array.from({ length: lastHour }, () => NOW),
            ...Array.from({ length: last24h - lastHour }, () => NOW - HOUR_MS),
          ];
          for (const at of planned) {
            expect(at).toBeGreaterThanOrEqual(NOW);
            // Of every window that holds this slot; what stood in it before may have been too much already.
            for (const begin of taken.filter((each) => each <= at)) {
              const within = (ms: number): number =>
                at < begin + ms ? taken.filter((o) => o >= begin && o < begin + ms).length : 0;
              expect(within(12 * MINUTE_MS)).toBeLessThanOrEqual(2);
              expect(within(HOUR_MS)).toBeLessThanOrEqual(10);
              expect(within(DAY_MS)).toBeLessThanOrEqual(50);
            }
          }
        }
      }),
      RUNS,
    );
  });

  it('writes to nobody at night, and says when the last one will have been written to', () => {
    fc.assert(
      fc.property(anyInput, (input) => {
        const { moves, etaAt } = planFailover(input, policy);
        const zones = new Map(input.users.map(({ userId, zone }) => [userId, zone]));
        let last = NOW;
        for (const { userId, contactSlotAt } of moves) {
          if (contactSlotAt === null) continue;
          last = Math.max(last, contactSlotAt);
          const zone = zones.get(userId) ?? input.zone;
          if (zone === undefined) continue;
          const hour = localHour(contactSlotAt, zone);
          expect(hour).toBeGreaterThanOrEqual(8);
          expect(hour).toBeLessThan(21);
        }
        expect(etaAt).toBe(last);
      }),
      RUNS,
    );
  });

  it('leaves no slot unused that a person could have had', () => {
    fc.assert(
      fc.property(anyUsers, (users) => {
        const lines = [aLine({ id: 'b', todayCap: 1_000_000 })];
        const known = users.map((user) => ({ ...user, zone: null, knownLineIds: ['b'] }));
        const contacts = new Map();
        const { moves } = planFailover(
          { now: NOW, lineId: 'lost', lines, users: known, contacts },
          policy,
        );
        const slots = slotsOn(moves, 'b').sort((a, b) => a - b);
        // Ten an hour and fifty a day, from the jitter of the first on.
        const due = (i: number): number =>
          Math.floor(i / 50) * DAY_MS + Math.floor(((i % 50) + 9) / 10) * HOUR_MS;
        slots.forEach((at, i) => {
          expect(at).toBeLessThanOrEqual(NOW + due(i) + 2 * MINUTE_MS + HOUR_MS);
        });
      }),
      RUNS,
    );
  });

  it('serves on each target first who needs an answer first', () => {
    fc.assert(
      fc.property(anyInput, (input) => {
        const { moves } = planFailover(input, policy);
        const sameZone = input.users.every(({ zone }) => zone === null);
        for (const lineId of IDS) {
          const pushed = moves.filter((each) => each.toLineId === lineId && each.mode === 'push');
          for (const first of pushed) {
            const overtaken = pushed.filter(
              ({ priority, contactSlotAt }) =>
                priority > first.priority && contactSlotAt! + 2 * MINUTE_MS < first.contactSlotAt!,
            );
            // Whoever sleeps is overtaken by those who are awake.
            if (sameZone) expect(overtaken).toEqual([]);
          }
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
