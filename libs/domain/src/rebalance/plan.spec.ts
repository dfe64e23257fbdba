import fc from 'fast-check';
import { aLine, NOW } from '../../../../test/support/lines';
import { DEFAULT_FLEET_POLICY as policy } from '../fleet-policy';
import { projectedUse } from '../forecast/quantile';
import { DAY_MS, HOUR_MS } from '../kernel/time';
import type { LineView } from '../placement/types';
import { planRebalance, type RebalancePlan, type RebalanceUser } from './plan';

const aUser = (overrides: Partial<RebalanceUser> = {}): RebalanceUser => ({
  userId: 'user-1',
  lineId: 'hot',
  meanMilli: 20_000,
  varianceMilli: 620_000,
  knownLineIds: ['hot', 'cool'],
  lastMessageAt: NOW - 5 * DAY_MS,
  lastMovedAt: null,
  pinned: false,
  ...overrides,
});

/** A line that carries `users` people of twenty messages a day. */
const loaded = (id: string, users: number, overrides: Partial<LineView> = {}): LineView =>
  aLine({ id, users, meanMilli: users * 20_000, varianceMilli: users * 620_000, ...overrides });

const propose = (
  lines: readonly LineView[],
  users: readonly RebalanceUser[],
  fleetUsers = 10_000,
): RebalancePlan => planRebalance({ now: NOW, lines, users, fleetUsers }, policy);

const crowd = (count: number, overrides: Partial<RebalanceUser> = {}): RebalanceUser[] =>
  Array.from({ length: count }, (_each, i) => aUser({ userId: `user-${i}`, ...overrides }));

const projectedShare = (count: number): number =>
  projectedUse({ mean: count * 20, variance: count * 620 }, policy) / 3_000;

const HOT = loaded('hot', 110);
const COOL = loaded('cool', 10);

describe('planRebalance', () => {
  it('proposes nothing while every line is within its cap by forecast', () => {
    expect(propose([loaded('hot', 80), COOL], crowd(80))).toEqual({ remedies: [], moves: [] });
  });

  it('proposes the gentle remedies even when nobody may move', () => {
    const { remedies, moves } = propose([HOT, COOL], []);
    expect(moves).toEqual([]);
    expect(remedies).toMatchObject([
      { lineId: 'hot', stopAdmission: true, lowerProactiveCeiling: true, usersThatMayMove: 0 },
    ]);
    expect(remedies[0]!.share).toBeGreaterThan(1);
    expect(remedies[0]!.remaining).toBeGreaterThan(0);
  });

  it('moves the silent ones who weigh most, and stops at the low mark', () => {
    const users = [...crowd(40), aUser({ userId: 'heavy', meanMilli: 60_000 })];
    const { moves, remedies } = propose([HOT, COOL], users);
    expect(moves[0]).toMatchObject({ userId: 'heavy', fromLineId: 'hot', toLineId: 'cool' });
    expect(moves.length).toBeLessThan(users.length);
    expect(remedies).toMatchObject([{ usersThatMayMove: 41, remaining: 0 }]);
  });

  it.each<[string, Partial<RebalanceUser>]>([
    ['is pinned', { pinned: true }],
    ['was heard within three days', { lastMessageAt: NOW - 72 * HOUR_MS + 1 }],
    ['was moved within fourteen days', { lastMovedAt: NOW - 14 * DAY_MS + 1 }],
    ['does not hold the other number', { knownLineIds: ['hot'] }],
    ['sits on another line', { lineId: 'cool' }],
  ])('leaves alone whoever %s', (_what, user) => {
    expect(propose([HOT, COOL], crowd(5, user)).moves).toEqual([]);
  });

  it.each<[string, Partial<RebalanceUser>]>([
    ['has been silent for three days', { lastMessageAt: NOW - 72 * HOUR_MS }],
    ['never said a word', { lastMessageAt: null }],
    ['was moved fourteen days ago', { lastMovedAt: NOW - 14 * DAY_MS }],
  ])('may move whoever %s', (_what, user) => {
    expect(propose([HOT, COOL], crowd(1, user)).moves).toHaveLength(1);
  });

  it('moves at most one in a hundred of the fleet', () => {
    const hot = loaded('hot', 140);
    expect(propose([hot, loaded('cool', 0)], crowd(140), 500).moves).toHaveLength(5);
    expect(propose([hot, loaded('cool', 0)], crowd(140), 99).moves).toEqual([]);
  });

  it('helps the worst line first', () => {
    const worse = loaded('worse', 150);
    const order = (lines: readonly LineView[]): string[] =>
      propose(lines, []).remedies.map(({ lineId }) => lineId);
    expect(order([HOT, worse, COOL])).toEqual(['worse', 'hot']);
    expect(order([loaded('b', 110), loaded('a', 110), loaded('c', 110)])).toEqual(['a', 'b', 'c']);
  });

  it('says nothing of lines that are not ours to manage', () => {
    expect(propose([{ ...HOT, managed: false }, COOL], crowd(5))).toEqual({
      remedies: [],
      moves: [],
    });
  });

  it.each<[string, Partial<LineView>]>([
    ['is cordoned', { adminState: 'cordoned' }],
    ['is ejected', { health: 'ejected' }],
    ['is at risk', { reputation: 'AT_RISK' }],
    ['is filled to its share', { meanMilli: 1_560_000 }],
  ])('moves nobody to a line that %s', (_what, state) => {
    expect(propose([HOT, { ...COOL, ...state }], crowd(5)).moves).toEqual([]);
  });
});

describe('a rebalance plan, for any fleet', () => {
  const IDS = ['a', 'b', 'c', 'd'];
  const fleet = fc.record({
    counts: fc.tuple(...IDS.map(() => fc.integer({ min: 0, max: 150 }))),
    known: fc.infiniteStream(fc.subarray(IDS)),
    silent: fc.infiniteStream(fc.integer({ min: 0, max: 10 * DAY_MS })),
    moved: fc.infiniteStream(fc.option(fc.integer({ min: 0, max: 30 * DAY_MS }))),
    fleetUsers: fc.integer({ min: 0, max: 5_000 }),
  });

  it('moves each person once, to a number they hold, and never makes the worst line worse', () => {
    fc.assert(
      fc.property(fleet, ({ counts, known, silent, moved, fleetUsers }) => {
        const lines = IDS.map((id, i) => loaded(id, counts[i]!));
        const users = lines.flatMap((line) =>
          Array.from({ length: line.users }, (_each, i): RebalanceUser => {
            const movedAgo = moved.next().value;
            return aUser({
              userId: `${line.id}-${i}`,
              lineId: line.id,
              knownLineIds: known.next().value,
              lastMessageAt: NOW - silent.next().value,
              lastMovedAt: movedAgo === null ? null : NOW - movedAgo,
            });
          }),
        );
        const { moves } = propose(lines, users, fleetUsers);
        const byId = new Map(users.map((user) => [user.userId, user]));
        expect(new Set(moves.map(({ userId }) => userId)).size).toBe(moves.length);
        expect(moves.length).toBeLessThanOrEqual(fleetUsers / 100);
        const after = new Map(IDS.map((id, i) => [id, counts[i]!]));
        for (const { userId, fromLineId, toLineId } of moves) {
          const user = byId.get(userId)!;
          expect(user.lineId).toBe(fromLineId);
          expect(user.knownLineIds).toContain(toLineId);
          expect(NOW - user.lastMessageAt!).toBeGreaterThanOrEqual(72 * HOUR_MS);
          if (user.lastMovedAt !== null) {
            expect(NOW - user.lastMovedAt).toBeGreaterThanOrEqual(14 * DAY_MS);
          }
          after.set(fromLineId, after.get(fromLineId)! - 1);
          after.set(toLineId, after.get(toLineId)! + 1);
        }
        for (const id of new Set(moves.map(({ toLineId }) => toLineId))) {
          expect(projectedShare(after.get(id)!)).toBeLessThanOrEqual(0.85);
        }
        expect(Math.max(...after.values())).toBeLessThanOrEqual(Math.max(...counts));
      }),
      { numRuns: 1_000 },
    );
  });

  it('is empty exactly when no line is beyond its cap by forecast, and tells what stays above the low mark', () => {
    fc.assert(
      fc.property(fleet, ({ counts, fleetUsers }) => {
        const lines = IDS.map((id, i) => loaded(id, counts[i]!));
        const users = lines.flatMap(({ id, users: count }) =>
          crowd(count, { lineId: id, knownLineIds: IDS }).map((user) => ({
            ...user,
            userId: `${id}-${user.userId}`,
          })),
        );
        const { remedies, moves } = propose(lines, users, fleetUsers);
        const hot = lines.filter((line) => projectedShare(line.users) > 1);
        expect(remedies.map(({ lineId }) => lineId).sort()).toEqual(hot.map(({ id }) => id));
        if (hot.length === 0) expect(moves).toEqual([]);
        for (const { lineId, remaining } of remedies) {
          const gone = moves.filter(({ fromLineId }) => fromLineId === lineId).length;
          const share = projectedShare(lines.find(({ id }) => id === lineId)!.users - gone);
          expect(remaining).toBe(Math.max(0, Math.round((share - 0.92) * 3_000)));
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it('moves nobody again who has just been moved, when it is carried out and made once more', () => {
    fc.assert(
      fc.property(fleet, ({ counts, fleetUsers }) => {
        const lines = IDS.map((id, i) => loaded(id, counts[i]!));
        const users = lines.flatMap(({ id, users: count }) =>
          crowd(count, { lineId: id, knownLineIds: IDS }).map((user) => ({
            ...user,
            userId: `${id}-${user.userId}`,
          })),
        );
        const first = propose(lines, users, fleetUsers).moves;
        const targets = new Map(first.map(({ userId, toLineId }) => [userId, toLineId]));
        const moved = users.map((user) => {
          const lineId = targets.get(user.userId);
          return lineId === undefined ? user : { ...user, lineId, lastMovedAt: NOW };
        });
        const after = IDS.map((id) =>
          loaded(id, moved.filter(({ lineId }) => lineId === id).length),
        );
        const again = propose(after, moved, fleetUsers).moves;
        expect(again.filter(({ userId }) => targets.has(userId))).toEqual([]);
        // Within the budget of a day the first plan left nothing to do.
        if (first.length < Math.floor(fleetUsers / 100)) expect(again).toEqual([]);
      }),
      { numRuns: 1_000 },
    );
  });
});
