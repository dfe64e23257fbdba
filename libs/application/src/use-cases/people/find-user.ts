import type { AssignmentRecord, PoolRecord, Stores, UserRecord } from '../../ports';
import { Refusal } from '../../refusal';
import { EVERY_POOL, poolFor, poolOf, type PoolScope, sees, userOr404 } from '../shared';

export interface Placed {
  readonly user: UserRecord;
  readonly pool: PoolRecord;
  readonly assignment: AssignmentRecord;
}

/** A user's place in the named pool, or their only one. Refuses `pool.ambiguous` and `assignment.not_found`. */
export async function placeOf(
  stores: Stores,
  userId: string,
  poolSlug: string | undefined,
  scope: PoolScope = EVERY_POOL,
): Promise<Placed> {
  const user = await userOr404(stores, userId, scope);
  const wanted = poolSlug === undefined ? null : await poolFor(stores, poolSlug, scope);
  const assignments = (await stores.assignments.ofUsers([user.id])).filter(
    ({ poolId }) => (wanted === null || poolId === wanted.id) && sees(scope, poolId),
  );
  const [only] = assignments;
  if (!only) throw new Refusal('assignment.not_found', `The user ${userId} has no assignment`);
  if (assignments.length > 1) {
    throw new Refusal(
      'pool.ambiguous',
      'The user has places in several pools: name one with ?pool=',
    );
  }
  return { user, pool: wanted ?? (await poolOf(stores, only.poolId)), assignment: only };
}
