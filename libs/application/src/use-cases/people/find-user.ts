import type { AssignmentRecord, PoolRecord, Stores, UserRecord } from '../../ports';
import { Refusal } from '../../refusal';
import { poolFor, poolOf } from '../shared';

/** The person of this id or alias. Refuses `user.not_found` and `user.erased`. */
export async function userOr404(stores: Stores, id: string): Promise<UserRecord> {
  const user = await stores.users.byId(id);
  if (!user) throw new Refusal('user.not_found', `There is no user ${id}`);
  if (user.erasedAt !== null) throw new Refusal('user.erased', `The user ${id} was erased`);
  return user;
}

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
  poolIds: readonly string[] = [],
): Promise<Placed> {
  const user = await userOr404(stores, userId);
  const wanted = poolSlug === undefined ? null : await poolFor(stores, poolSlug, poolIds);
  const assignments = (await stores.assignments.ofUsers([user.id])).filter(
    ({ poolId }) =>
      (wanted === null || poolId === wanted.id) &&
      (poolIds.length === 0 || poolIds.includes(poolId)),
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
