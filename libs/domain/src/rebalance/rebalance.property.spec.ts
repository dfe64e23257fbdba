import fc from 'fast-check';
import { aLine, NOW } from '../../../../test/support/lines';
import { DEFAULT_FLEET_POLICY as policy } from '../fleet-policy';
import { DAY_MS, HOUR_MS } from '../kernel/time';
import type { LineView } from '../placement/types';
import { planRebalance, type RebalanceInput, type RebalanceMove, type RebalanceUser } from './plan';
import { type CheckedMoves, stillGood } from './still-good';
import { Tally } from './tally';

const { highShare, targetMaxShare, maxUsersShare, cooldownDays, idleHours } = policy.rebalance;

const RUNS = { numRuns: 1_000 };

/** Some lines, and people on them who talk more or less, are silent for longer or shorter, and hold some of the numbers. */
const world = fc
  .record({
    lines: fc.integer({ min: 2, max: 5 }),
    ejected: fc.nat(9),
    people: fc.array(
      fc.record({
        line: fc.nat(4),
        mean: fc.integer({ min: 1_000, max: 300_000 }),
        silentHours: fc.integer({ min: 24, max: 400 }),
        movedDays: fc.option(fc.nat(40), { nil: null, freq: 2 }),
        numbers: fc.array(fc.nat(4), { minLength: 1, maxLength: 4 }),
        pinned: fc.nat(7).map((n) => n === 0),
      }),
      { maxLength: 80 },
    ),
    others: fc.array(fc.oneof(fc.nat(900_000), fc.integer({ min: 1_500_000, max: 2_600_000 })), {
      minLength: 5,
      maxLength: 5,
    }),
    fleetUsers: fc.integer({ min: 0, max: 3_000 }),
  })
  .map(({ lines: count, ejected, people, others, fleetUsers }): RebalanceInput => {
    const users = people.map(
      ({ line, mean, silentHours, movedDays, numbers, pinned }, i): RebalanceUser => ({
        userId: `user-${i}`,
        lineId: `line-${line % count}`,
        meanMilli: mean,
        varianceMilli: mean * 20,
        knownLineIds: numbers.map((each) => `line-${each % count}`),
        lastMessageAt: NOW - silentHours * HOUR_MS,
        lastMovedAt: movedDays === null ? null : NOW - movedDays * DAY_MS,
        pinned,
      }),
    );
    const lines = Array.from({ length: count }, (_, i): LineView => {
      const own = users.filter(({ lineId }) => lineId === `line-${i}`);
      const rest = others[i] ?? 0;
      return aLine({
        id: `line-${i}`,
        users: own.length + 1,
        meanMilli: rest + own.reduce((sum, each) => sum + each.meanMilli, 0),
        varianceMilli: 20 * (rest + own.reduce((sum, each) => sum + each.meanMilli, 0)),
        ...(i === ejected ? { health: 'ejected' as const } : {}),
      });
    });
    return { now: NOW, lines, users, fleetUsers };
  });

const shareOf = (line: LineView): number => new Tally(line, policy, undefined).share();
const most = (lines: readonly LineView[]): number => Math.max(...lines.map(shareOf));

/** The lines and people after these moves. */
function after(input: RebalanceInput, moves: readonly RebalanceMove[]): RebalanceInput {
  const target = new Map(moves.map(({ userId, toLineId }) => [userId, toLineId]));
  const users = input.users.map((user) => {
    const lineId = target.get(user.userId);
    return lineId === undefined ? user : { ...user, lineId, lastMovedAt: NOW };
  });
  const lines = input.lines.map((line) => {
    const gone = input.users.filter((u) => u.lineId === line.id && target.has(u.userId));
    const come = input.users.filter((u) => target.get(u.userId) === line.id);
    const sum = (of: readonly RebalanceUser[], key: 'meanMilli' | 'varianceMilli'): number =>
      of.reduce((total, each) => total + each[key], 0);
    return {
      ...line,
      meanMilli: line.meanMilli + sum(come, 'meanMilli') - sum(gone, 'meanMilli'),
      varianceMilli: line.varianceMilli + sum(come, 'varianceMilli') - sum(gone, 'varianceMilli'),
    };
  });
  return { ...input, users, lines };
}

/** I12, of moves that are about to be made. */
function expectHarmless(
  input: RebalanceInput,
  moves: readonly RebalanceMove[],
  movedToday = 0,
): void {
  const made = new Set(moves.map(({ userId }) => userId));
  expect(made.size).toBe(moves.length);
  if (moves.length > 0) {
    expect(moves.length + movedToday).toBeLessThanOrEqual(
      Math.floor(maxUsersShare * input.fleetUsers),
    );
  }
  for (const { userId, fromLineId, toLineId } of moves) {
    const user = input.users.find((each) => each.userId === userId);
    expect(user).toMatchObject({ lineId: fromLineId, pinned: false });
    expect(user?.knownLineIds).toContain(toLineId);
    expect(NOW - (user?.lastMovedAt ?? 0)).toBeGreaterThanOrEqual(cooldownDays * DAY_MS);
    expect(NOW - (user?.lastMessageAt ?? 0)).toBeGreaterThanOrEqual(idleHours * HOUR_MS);
    expect(input.lines.find(({ id }) => id === toLineId)?.health).toBe('healthy');
  }
  const then = after(input, moves);
  expect(most(then.lines)).toBeLessThanOrEqual(most(input.lines) + 1e-9);
  for (const line of then.lines) {
    if (!moves.some(({ toLineId }) => toLineId === line.id)) continue;
    expect(shareOf(line)).toBeLessThanOrEqual(targetMaxShare + 1e-9);
  }
}

const check = (
  moves: readonly RebalanceMove[],
  input: RebalanceInput,
  movedToday = 0,
): CheckedMoves => stillGood(moves, { ...input, movedToday }, policy);

describe('Rebalancing (I12)', () => {
  it('is looked at in worlds where something is to be moved, and in others', () => {
    const plans = fc
      .sample(world, { numRuns: 200, seed: 7 })
      .map((each) => planRebalance(each, policy));
    expect(plans.filter(({ moves }) => moves.length > 1).length).toBeGreaterThan(10);
    expect(plans.filter(({ remedies }) => remedies.length === 0).length).toBeGreaterThan(10);
  });

  it('proposes nothing when nothing is too high, and nothing harmful when something is', () => {
    fc.assert(
      fc.property(world, (input) => {
        const { moves, remedies } = planRebalance(input, policy);
        if (most(input.lines) <= highShare) expect({ moves, remedies }).toEqual(NOTHING);
        expectHarmless(input, moves);
      }),
      RUNS,
    );
  });

  it('carries a plan that nothing has changed out as a whole, and a second time not at all', () => {
    fc.assert(
      fc.property(world, (input) => {
        const { moves } = planRebalance(input, policy);
        const { moves: good, skipped } = check(moves, input);
        expect(good.map(({ user: _user, ...move }) => move)).toEqual(moves);
        expect(skipped).toEqual([]);
        expect(check(moves, after(input, moves), moves.length).moves).toEqual([]);
      }),
      RUNS,
    );
  });

  it('does no harm with a plan for another world, however often the day has moved somebody', () => {
    fc.assert(
      fc.property(world, world, fc.nat(60), (planned, input, movedToday) => {
        const { moves } = planRebalance(planned, policy);
        const checked = check(moves, input, movedToday);
        expectHarmless(input, checked.moves, movedToday);
        expect(checked.moves.length + checked.skipped.length).toBe(moves.length);
      }),
      RUNS,
    );
  });

  it('leaves everybody where they are whose line, or whose target, is no line of the pool any more', () => {
    fc.assert(
      fc.property(world, fc.boolean(), (input, ofTarget) => {
        const { moves } = planRebalance(input, policy);
        const gone = new Set(moves.map((move) => (ofTarget ? move.toLineId : move.fromLineId)));
        const lines = input.lines.filter(({ id }) => !gone.has(id));
        const { moves: made, skipped } = check(moves, { ...input, lines });
        expect(made).toEqual([]);
        const because = ofTarget ? 'target-unusable' : 'moved-meanwhile';
        expect(skipped).toEqual(moves.map(({ userId }) => ({ userId, because })));
      }),
      RUNS,
    );
  });

  it('does no harm with moves that nobody planned, nor with the same one twice', () => {
    const anyMove = fc.record({
      userId: fc.nat(80).map((i) => `user-${i}`),
      fromLineId: fc.nat(5).map((i) => `line-${i}`),
      toLineId: fc.nat(5).map((i) => `line-${i}`),
      reason: fc.constant('none'),
    });
    fc.assert(
      fc.property(world, fc.array(anyMove, { maxLength: 60 }), (input, moves) => {
        expectHarmless(input, check([...moves, ...moves], input).moves);
      }),
      RUNS,
    );
  });
});

const NOTHING = { moves: [], remedies: [] };
