import { aLine, NOW } from '../../../../test/support/lines';
import { DEFAULT_FLEET_POLICY as policy } from '../fleet-policy';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../kernel/time';
import { planFailover, priorityOf } from './plan';
import { pullMoves } from './pull';
import type { FailoverInput, FailoverPlan, FailoverUser } from './types';

const aUser = (overrides: Partial<FailoverUser> = {}): FailoverUser => ({
  userId: 'user-1',
  meanMilli: 20_000,
  varianceMilli: 620_000,
  knownLineIds: ['lost', 'b'],
  lastInboundAt: NOW - 2 * HOUR_MS,
  lastOutboundAt: NOW - 2 * HOUR_MS,
  unansweredTurns: 0,
  chatHealth: 'HEALTHY',
  ...overrides,
});

const plan = (input: Partial<FailoverInput>): FailoverPlan =>
  planFailover(
    {
      now: NOW,
      lineId: 'lost',
      users: [aUser()],
      lines: [aLine({ id: 'lost' }), aLine({ id: 'b' })],
      contacts: new Map(),
      ...input,
    },
    policy,
  );

describe('planFailover', () => {
  it('moves people on SMS after all others, however urgent they are', () => {
    const waiting = { lastInboundAt: NOW, lastOutboundAt: null };
    const { moves } = plan({
      users: [
        aUser({ userId: 'sms-1', overSms: true, ...waiting }),
        aUser({ userId: 'quiet', lastInboundAt: NOW - 80 * HOUR_MS, lastOutboundAt: null }),
        aUser({ userId: 'sms-2', overSms: true }),
        aUser({ userId: 'waits', overSms: false, ...waiting }),
      ],
    });
    expect(moves.map(({ userId }) => userId)).toEqual(['waits', 'quiet', 'sms-1', 'sms-2']);
  });

  it('places, of people who need an answer alike, who says most first, so that the others even it out', () => {
    const users = [3_000, 50_000, 20_000].map((meanMilli, i) =>
      aUser({ userId: `user-${i}`, meanMilli, knownLineIds: ['b', 'c'] }),
    );
    const lines = ['b', 'c'].map((id) => aLine({ id, meanMilli: 600_000 }));
    const { moves } = plan({ lines, users });
    expect(moves.map(({ userId }) => userId)).toEqual(['user-1', 'user-2', 'user-0']);
    const [most, second, least] = moves.map(({ toLineId }) => toLineId);
    expect([second, least]).not.toContain(most);
  });

  it('moves a person to the number on their own card whose line grows least by it', () => {
    const lines = [
      aLine({ id: 'b', meanMilli: 500_000 }),
      aLine({ id: 'c', meanMilli: 900_000 }),
      // It would grow less still, but this person does not hold it.
      aLine({ id: 'd', meanMilli: 1_000_000 }),
    ];
    const users = [aUser({ knownLineIds: ['lost', 'b', 'c'] })];
    expect(plan({ lines, users }).moves).toMatchObject([{ userId: 'user-1', toLineId: 'c' }]);
  });

  it('counts what it has moved so far: a crowd does not follow the first', () => {
    const lines = ['b', 'c', 'd'].map((id) => aLine({ id }));
    const users = Array.from({ length: 90 }, (_each, i) =>
      aUser({ userId: `user-${i}`, knownLineIds: ['lost', 'b', 'c', 'd'] }),
    );
    const { moves } = plan({ lines, users });
    for (const id of ['b', 'c', 'd']) {
      expect(moves.filter(({ toLineId }) => toLineId === id)).toHaveLength(30);
    }
  });

  it('spares lines that are younger than a week while an older one has room', () => {
    const lines = [
      aLine({ id: 'b', activatedAt: NOW - 6 * DAY_MS }),
      aLine({ id: 'c', meanMilli: 900_000 }),
    ];
    const users = [aUser({ knownLineIds: ['lost', 'b', 'c'] })];
    expect(plan({ lines, users }).moves).toMatchObject([{ toLineId: 'c' }]);
    const full = [lines[0]!, aLine({ id: 'c', meanMilli: 2_500_000 })];
    expect(plan({ lines: full, users }).moves).toMatchObject([{ toLineId: 'b' }]);
  });

  it('takes a line beyond its share, but never beyond its cap by mean', () => {
    const into = (meanMilli: number): FailoverPlan =>
      plan({ lines: [aLine({ id: 'b', meanMilli })] });
    expect(into(2_980_000).moves).toHaveLength(1);
    expect(into(2_980_001)).toMatchObject({ moves: [], stranded: [{ reason: 'no-capacity' }] });
  });

  it.each<[string, Partial<FailoverInput>, string]>([
    ['holds no other number', { users: [aUser({ knownLineIds: ['lost'] })] }, 'no-known-number'],
    [
      'holds none that serves',
      { lines: [aLine({ id: 'b', health: 'ejected' })] },
      'no-usable-number',
    ],
    [
      'holds a cordoned one',
      { lines: [aLine({ id: 'b', adminState: 'cordoned' })] },
      'no-usable-number',
    ],
    ['holds one that has gone', { lines: [] }, 'no-usable-number'],
    ['holds full ones', { lines: [aLine({ id: 'b', meanMilli: 3_000_000 })] }, 'no-capacity'],
  ])('strands, in sight, whoever %s', (_what, input, reason) => {
    expect(plan(input)).toMatchObject({ moves: [], stranded: [{ userId: 'user-1', reason }] });
  });

  describe('pushes, or leaves the first word to the person', () => {
    const modeOf = (overrides: Partial<FailoverUser>): unknown =>
      plan({ users: [aUser(overrides)] }).moves[0]?.mode;

    it.each<[string, Partial<FailoverUser>, string]>([
      ['somebody who wrote today', {}, 'push'],
      ['somebody silent for fourteen days', { lastInboundAt: NOW - 14 * DAY_MS }, 'push'],
      ['somebody silent for longer', { lastInboundAt: NOW - 14 * DAY_MS - 1 }, 'pull-only'],
      ['somebody who never wrote', { lastInboundAt: null }, 'pull-only'],
      ['somebody who left one turn unanswered', { unansweredTurns: 1 }, 'push'],
      ['somebody who left two', { unansweredTurns: 2 }, 'pull-only'],
      ['a thread at risk', { chatHealth: 'AT_RISK' }, 'pull-only'],
      ['a critical thread', { chatHealth: 'CRITICAL' }, 'pull-only'],
      ['a thread opted out of', { chatHealth: 'OPTED_OUT' }, 'pull-only'],
      ['a thread of which nothing is known', { chatHealth: null }, 'push'],
    ])('%s', (_what, user, mode) => {
      expect(modeOf(user)).toBe(mode);
    });
  });

  describe('paces first contacts', () => {
    const crowd = (count: number): FailoverUser[] =>
      Array.from({ length: count }, (_each, i) => aUser({ userId: `user-${100 + i}` }));
    const slotsOf = (input: Partial<FailoverInput>): number[] =>
      plan(input).moves.map(({ contactSlotAt }) => contactSlotAt! - NOW);
    const within = (slots: readonly number[], ms: number): number =>
      slots.filter((slot) => slot < ms).length;

    it('two together, ten an hour and forty a day to a target, those before included', () => {
      const contacts = new Map([['b', { last24h: 5, lastHour: 4 }]]);
      const slots = slotsOf({ users: crowd(60), contacts });
      // The four before are taken to have left just now; the one older than an hour leaves its day an hour sooner.
      expect(slots[0]).toBeGreaterThanOrEqual(12 * MINUTE_MS);
      expect(within(slots, HOUR_MS)).toBe(6);
      expect(within(slots, 23 * HOUR_MS)).toBe(35);
      expect(plan({ users: crowd(60), contacts }).etaAt).toBe(NOW + slots.at(-1)!);
    });

    it('the first two within the jitter, the others every six minutes on the whole', () => {
      const slots = slotsOf({ users: crowd(10) });
      expect(within(slots, 2 * MINUTE_MS)).toBe(2);
      expect(within(slots, 12 * MINUTE_MS)).toBe(2);
      expect(within(slots, HOUR_MS)).toBe(10);
    });

    it('no two targets on the stroke', () => {
      const [first, second] = ['user-1', 'user-2'].map((userId) =>
        slotsOf({ users: [aUser({ userId })] }),
      );
      expect(first).not.toEqual(second);
    });

    it('none from a line at risk, which takes nobody over', () => {
      const lines = [aLine({ id: 'b', reputation: 'AT_RISK' })];
      expect(plan({ users: crowd(1), lines }).moves).toEqual([]);
    });

    it('around the slots that earlier plans gave away', () => {
      const used = (hour: number): NonNullable<FailoverInput['contacts']> => {
        const scheduled = Array.from({ length: 10 }, () => NOW + hour * HOUR_MS);
        return new Map([['b', { last24h: 0, lastHour: 0, scheduled }]]);
      };
      expect(slotsOf({ contacts: used(5) })[0]).toBeLessThan(2 * MINUTE_MS);
      expect(slotsOf({ contacts: used(0) })[0]).toBe(HOUR_MS);
    });

    it('in the waking hours of the person, which are the pool’s where nothing is known', () => {
      // NOW is noon in UTC, so 21:00 in Tokyo, whose morning begins at 23:00 UTC.
      const users = [
        aUser({ userId: 'awake', lastInboundAt: NOW - 3 * HOUR_MS }),
        aUser({ userId: 'asleep', zone: 'Asia/Tokyo' }),
        aUser({ userId: 'awake-too', zone: 'UTC' }),
      ];
      const { moves, etaAt } = plan({ users, zone: 'UTC' });
      const slot = new Map(moves.map((move) => [move.userId, move.contactSlotAt! - NOW]));
      expect(slot.get('awake')).toBeLessThan(2 * MINUTE_MS);
      expect(slot.get('awake-too')).toBeLessThan(2 * MINUTE_MS);
      expect(slot.get('asleep')).toBeGreaterThanOrEqual(11 * HOUR_MS);
      expect(slot.get('asleep')).toBeLessThan(11 * HOUR_MS + 2 * MINUTE_MS);
      expect(etaAt).toBe(NOW + slot.get('asleep')!);
    });

    it('on the next morning when the evening is full', () => {
      const now = NOW + 8.5 * HOUR_MS;
      const { moves } = plan({ now, users: crowd(12), zone: 'UTC' });
      const slots = moves.map(({ contactSlotAt }) => contactSlotAt! - now);
      const morning = 11.5 * HOUR_MS;
      expect(slots.every((slot) => slot < 0.5 * HOUR_MS || slot >= morning)).toBe(true);
      expect(within(slots, HOUR_MS)).toBe(6);
      expect(within(slots, morning + 2 * MINUTE_MS)).toBe(8);
    });
  });

  it.each([{ outboundPerLinePerHour: 0 }, { outboundPerLinePer24h: 10 }])(
    'writes to nobody first under a policy with %o',
    (none) => {
      const newConversations = { ...policy.newConversations, ...none };
      const input = { now: NOW, lineId: 'lost', lines: [aLine({ id: 'b' })], contacts: new Map() };
      const strict = planFailover({ ...input, users: [aUser()] }, { ...policy, newConversations });
      expect(strict.moves).toMatchObject([{ mode: 'pull-only', contactSlotAt: null }]);
    },
  );

  it('takes no slot for whom it does not write to', () => {
    const { moves, etaAt } = plan({ users: [aUser({ lastInboundAt: null })] });
    expect(moves[0]?.contactSlotAt).toBeNull();
    expect(etaAt).toBe(NOW);
  });
});

describe('priorityOf', () => {
  it.each<[string, number | null, number | null, number]>([
    ['wrote within fifteen minutes', 15 * MINUTE_MS, 1 * MINUTE_MS, 0],
    ['waits for an answer since yesterday', DAY_MS, 2 * DAY_MS, 0],
    ['waits for a first answer', DAY_MS, null, 0],
    ['waits for longer than a day', DAY_MS + 1, 2 * DAY_MS, 2],
    ['was answered an hour ago', 16 * MINUTE_MS, 15 * MINUTE_MS, 1],
    ['was written to an hour ago', null, HOUR_MS, 1],
    ['was active within three days', 72 * HOUR_MS, 71 * HOUR_MS, 2],
    ['was active before that', 73 * HOUR_MS, 72 * HOUR_MS + 1, 3],
    ['never spoke with us', null, null, 3],
  ])('somebody who %s', (_what, inboundAgo, outboundAgo, priority) => {
    const ago = (ms: number | null): number | null => (ms === null ? null : NOW - ms);
    const user = aUser({ lastInboundAt: ago(inboundAgo), lastOutboundAt: ago(outboundAgo) });
    expect(priorityOf(user, NOW)).toBe(priority);
  });
});

describe('pullMoves', () => {
  const turns = (...hoursAgo: number[]): number[] => hoursAgo.map((ago) => NOW - ago * HOUR_MS);

  it('follows at once when the own line cannot serve', () => {
    expect(pullMoves(turns(0), false, policy)).toBe(true);
    expect(pullMoves([], false, policy)).toBe(false);
  });

  it('follows a healthy line away only after three turns within a day', () => {
    expect(pullMoves(turns(2, 0), true, policy)).toBe(false);
    expect(pullMoves(turns(24, 2, 0), true, policy)).toBe(true);
    expect(pullMoves(turns(25, 2, 0), true, policy)).toBe(false);
    expect(pullMoves(turns(90, 24, 2, 0), true, policy)).toBe(true);
  });
});
