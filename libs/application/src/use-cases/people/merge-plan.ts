import {
  assumedPrior,
  loadMilliOf,
  mergeRates,
  mergeWishes,
  startRate,
  survivingPlace,
  type UserPrior,
} from '@linekeeper/domain';
import type {
  AssignmentRecord,
  LoadDelta,
  PoolRecord,
  StoredRate,
  Stores,
  SuppressionRecord,
  UserRecord,
} from '../../ports';
import { basisOf, type Decision } from '../shared';
import { loadOf } from './assignment-load';

/** What becomes of two places in one pool. */
export interface PlaceMerge {
  readonly pool: PoolRecord;
  readonly target: AssignmentRecord | null;
  readonly source: AssignmentRecord | null;
  /** Whose place stays; null when neither has one any more. */
  readonly keeps: 'target' | 'source' | null;
  /** The place as it will be, on the row that will hold it; null when neither has one any more. */
  readonly result: AssignmentRecord | null;
  /** What that adds to and takes from the sums of lines: sums stay exactly those of the remaining places. */
  readonly deltas: readonly LoadDelta[];
}

/** Everything that merging `source` into `target` will do, found out before a row is touched. */
export interface MergePlan {
  readonly target: UserRecord;
  readonly source: UserRecord;
  readonly places: readonly PlaceMerge[];
  readonly suppression: SuppressionRecord | null;
  /** Null when nobody has learned a rate of either yet. */
  readonly rate: StoredRate | null;
}

/** Reads both users' places and plans. Call it under the locks of the pools; without them it is a forecast. */
export async function planMerge(
  stores: Stores,
  target: UserRecord,
  source: UserRecord,
  decision: Decision,
): Promise<MergePlan> {
  const assignments = await stores.assignments.ofUsers([target.id, source.id]);
  const rates = await stores.merges.rates([target.id, source.id]);
  const pools = await stores.pools.list();
  const expectedPerDay = target.expectedPerDay ?? source.expectedPerDay;
  const of = (user: UserRecord, pool: PoolRecord): AssignmentRecord | null =>
    assignments.find((each) => each.userId === user.id && each.poolId === pool.id) ?? null;
  const { policy } = decision;
  // A rate is the person's, whatever the pool; it is taken to have begun where they stand first.
  const home = pools.find((pool) => of(target, pool) ?? of(source, pool));
  const start = home ? basisOf(home, policy).prior : assumedPrior(policy);
  const rate = mergedRate(target, source, rates, start, decision);
  const loadIn = (pool: PoolRecord) => {
    const { prior } = basisOf(pool, policy);
    return loadMilliOf(rate?.rate ?? startRate(policy, expectedPerDay, prior), policy, prior);
  };
  return {
    target,
    source,
    rate,
    suppression: mergeWishes(target.suppression, source.suppression),
    places: pools
      .map((pool) => mergePlaces(pool, of(target, pool), of(source, pool), target.id, loadIn(pool)))
      .filter((place) => place.target !== null || place.source !== null),
  };
}

function mergedRate(
  target: UserRecord,
  source: UserRecord,
  rates: readonly StoredRate[],
  prior: UserPrior,
  { policy }: Decision,
): StoredRate | null {
  const [own, other] = [target, source].map(({ id }) => rates.find((each) => each.userId === id));
  if (!own && !other) return null;
  const rate = mergeRates(
    own?.rate ?? startRate(policy, target.expectedPerDay, prior),
    other?.rate ?? startRate(policy, source.expectedPerDay, prior),
  );
  const days = [own?.closedDay ?? '', other?.closedDay ?? ''].sort();
  return { userId: target.id, rate, closedDay: days[1] ?? '' };
}

/** One place out of two, and what it does to the sums. */
export function mergePlaces(
  pool: PoolRecord,
  target: AssignmentRecord | null,
  source: AssignmentRecord | null,
  userId: string,
  load: { readonly meanMilli: number; readonly varianceMilli: number },
): PlaceMerge {
  const keeps = survivingPlace(target, source);
  const kept = keeps === 'source' ? source : target;
  const row = target ?? source;
  const result =
    keeps === null || kept === null || row === null
      ? null
      : { ...kept, ...load, id: row.id, userId, createdAt: row.createdAt, epoch: row.epoch + 1 };
  const placed = [target, source].flatMap((each) =>
    each !== null && each.state !== 'released' ? loadOf(each, -1) : [],
  );
  return {
    pool,
    target,
    source,
    keeps,
    result,
    deltas: [...placed, ...(result ? loadOf(result, 1) : [])],
  };
}
