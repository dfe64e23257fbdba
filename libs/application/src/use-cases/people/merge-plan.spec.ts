import fc from 'fast-check';
import type { AssignmentRecord, LoadDelta, PoolRecord } from '../../ports';
import { loadOf } from './assignment-load';
import { mergePlaces } from './merge-plan';

const pool: PoolRecord = {
  id: 'pool',
  slug: 'pool',
  name: 'Pool',
  timeZone: 'UTC',
  cardProfile: {},
  cardRevisedAt: 0,
  createdAt: 0,
  learned: null,
};

const LINES = ['l1', 'l2', 'l3', 'l4', 'l5'];
const anyAssignment = (userId: string): fc.Arbitrary<AssignmentRecord> =>
  fc
    .record({
      lines: fc.shuffledSubarray(LINES, { minLength: 1, maxLength: 4 }),
      state: fc.constantFrom('reserved', 'confirmed', 'overflow', 'needs-introduction', 'released'),
      pinned: fc.boolean(),
      epoch: fc.integer({ min: 1, max: 9 }),
      meanMilli: fc.integer({ min: 0, max: 500_000 }),
      varianceMilli: fc.integer({ min: 0, max: 9_000_000 }),
    } as const)
    .map(({ lines: [lineId = 'l1', ...fallbackLineIds], ...rest }) => ({
      ...rest,
      id: `assignment-${userId}`,
      poolId: pool.id,
      userId,
      lineId,
      fallbackLineIds,
      startedBy: 'inbound',
      expiresAt: null,
      firstSendAt: null,
      confirmedAt: null,
      policyVersion: 1,
      explanation: null,
      needsIntroductionSince: null,
      escalatedHours: 0,
      lastMovedAt: null,
      createdAt: 0,
      updatedAt: 0,
    }));

type Sums = Record<string, Omit<LoadDelta, 'lineId' | 'newUsers'>>;

/** Counted anew from the places themselves. */
function recount(places: readonly (AssignmentRecord | null)[]): Sums {
  return added(
    {},
    places.flatMap((each) => (each && each.state !== 'released' ? loadOf(each, 1) : [])),
  );
}

function added(sums: Sums, deltas: readonly LoadDelta[]): Sums {
  const result: Sums = Object.fromEntries(
    LINES.map((id) => [
      id,
      sums[id] ?? { users: 0, meanMilli: 0, varianceMilli: 0, fallbackUsers: 0 },
    ]),
  );
  for (const { lineId, newUsers: _, ...delta } of deltas) {
    const had = result[lineId];
    if (!had) throw new Error(`A delta for ${lineId}, which nobody has`);
    result[lineId] = {
      users: had.users + delta.users,
      meanMilli: had.meanMilli + delta.meanMilli,
      varianceMilli: had.varianceMilli + delta.varianceMilli,
      fallbackUsers: had.fallbackUsers + delta.fallbackUsers,
    };
  }
  return result;
}

const anyLoad = fc.record({ meanMilli: fc.nat(900_000), varianceMilli: fc.nat(9_000_000) });

describe('two places of one person become one', () => {
  it('leaves the sums of every line as a recount of what remains', () => {
    fc.assert(
      fc.property(
        fc.option(anyAssignment('target')),
        fc.option(anyAssignment('source')),
        anyLoad,
        (target, source, load) => {
          const { deltas, result } = mergePlaces(pool, target, source, 'target', load);
          expect(added(recount([target, source]), deltas)).toEqual(recount([result]));
        },
      ),
    );
  });

  it('keeps one place with its own fallbacks, on the row of the target where there is one, at a higher epoch', () => {
    fc.assert(
      fc.property(
        fc.option(anyAssignment('target')),
        fc.option(anyAssignment('source')),
        anyLoad,
        (target, source, load) => {
          const { keeps, result } = mergePlaces(pool, target, source, 'target', load);
          expect(result === null).toBe(keeps === null);
          if (result === null) return;
          const kept = keeps === 'source' ? source : target;
          const row = target ?? source;
          expect(result).toMatchObject({
            ...load,
            id: row?.id,
            userId: 'target',
            epoch: (row?.epoch ?? 0) + 1,
            lineId: kept?.lineId,
            state: kept?.state,
            fallbackLineIds: kept?.fallbackLineIds,
          });
        },
      ),
    );
  });
});
