import type { PlacementPlan } from '@linekeeper/domain';
import type { PoolRecord, Stores, UserRecord } from '../../ports';
import { announce, type Decision } from '../shared';
import type { WaitListed } from './wait-listed';

/** Whether somebody waits for a place in the pool: `others`, or this very person, with their place on the list. */
export async function queueFor(
  stores: Stores,
  user: UserRecord | null,
  pool: PoolRecord,
): Promise<'none' | 'others' | WaitListed> {
  if (!(await stores.waitList.isAny(pool.id))) return 'none';
  const own = user && (await stores.waitList.of(user.id, pool.id));
  if (!user || !own) return 'others';
  const position = (await stores.waitList.position(user.id, pool.id)) ?? 1;
  return {
    user,
    waiting: { pool: pool.slug, position, since: own.since, nextCapacityAt: null },
  };
}

/** Puts somebody at the end of the list. Call it under the pool's lock. */
export async function waitFor(
  stores: Stores,
  {
    user,
    pool,
    startedBy,
  }: {
    readonly user: UserRecord;
    readonly pool: PoolRecord;
    readonly startedBy: 'inbound' | 'outbound';
  },
  plan: PlacementPlan,
  decision: Decision,
): Promise<WaitListed> {
  const { now: since, actor } = decision;
  await stores.waitList.join({ userId: user.id, poolId: pool.id, startedBy, actor, since });
  const position = (await stores.waitList.position(user.id, pool.id)) ?? 1;
  await announce(stores, decision, 'user.wait-listed', {
    userId: user.id,
    poolId: pool.id,
    position,
  });
  const nextCapacityAt = plan.kind === 'no-capacity' ? plan.nextCapacityAt : null;
  return { user, waiting: { pool: pool.slug, position, since, nextCapacityAt } };
}
