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
  it('moves a person to the least loaded number on their own card', () => {
    const lines = [
      aLine({ id: 'b', meanMilli: 900_000 }),
      aLine({ id: 'c', meanMilli: 300_000 }),
      // Emptier still, but this person does not hold it.
      aLine({ id: 'd' }),
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

  it('paces first contacts: ten an hour and fifty a day to a target, those before included', () => {
    const users = Array.from({ length: 60 }, (_each, i) => aUser({ userId: `user-${100 + i}` }));
    const contacts = new Map([['b', { last24h: 5, lastHour: 4 }]]);
    const { moves, etaAt } = plan({ users, contacts });
    const slots = moves.map(({ contactSlotAt }) => (contactSlotAt! - NOW) / HOUR_MS);
    expect(slots.slice(0, 6)).toEqual([0, 0, 0, 0, 0, 0]);
    expect(slots.slice(6, 16)).toEqual(Array.from({ length: 10 }, () => 1));
    // Forty-five fit into the day beside the five before; the one of these that is an hour old leaves first.
    expect(slots.slice(45, 47)).toEqual([23, 24]);
    expect(etaAt).toBe(NOW + slots.at(-1)! * HOUR_MS);
  });

  it('queues behind the slots that earlier plans gave away', () => {
    const scheduled = Array.from({ length: 10 }, () => NOW + 5 * HOUR_MS);
    const { moves } = plan({ contacts: new Map([['b', { last24h: 0, lastHour: 0, scheduled }]]) });
    expect(moves[0]?.contactSlotAt).toBe(NOW + 6 * HOUR_MS);
  });

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
