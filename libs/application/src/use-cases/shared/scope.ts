import type { Stores, UserRecord } from '../../ports';
import { Refusal } from '../../refusal';

/** The pools a caller may see; none named means every pool. */
export type PoolScope = readonly string[];

/** For what the service does by itself, and for callers that are not held to pools. */
export const EVERY_POOL: PoolScope = [];

export function sees(scope: PoolScope, poolId: string): boolean {
  return scope.length === 0 || scope.includes(poolId);
}

/**
 * The person of this id or alias, erased or not, whom the caller may see: one with a place, be it a released one, in a pool of theirs. Anybody
 * else is not found, so that nothing is told about the people of other pools.
 */
export async function anyUserOr404(
  stores: Stores,
  id: string,
  scope: PoolScope,
): Promise<UserRecord> {
  const user = await stores.users.byId(id);
  if (!user || !(await hasPlaceWithin(stores, user.id, scope))) {
    throw new Refusal('user.not_found', `There is no user ${id}`);
  }
  return user;
}

/** The same for what can be done with the living only. Refuses `user.not_found` and `user.erased`. */
export async function userOr404(stores: Stores, id: string, scope: PoolScope): Promise<UserRecord> {
  const user = await anyUserOr404(stores, id, scope);
  if (user.erasedAt !== null) throw new Refusal('user.erased', `The user ${id} was erased`);
  return user;
}

async function hasPlaceWithin(stores: Stores, userId: string, scope: PoolScope): Promise<boolean> {
  if (scope.length === 0) return true;
  const places = await stores.assignments.ofUsers([userId]);
  return places.some(({ poolId }) => sees(scope, poolId));
}
