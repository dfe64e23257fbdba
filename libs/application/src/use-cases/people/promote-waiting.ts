import { Injectable } from '@nestjs/common';
import { automation } from '../../actor';
import {
  type PoolRecord,
  type Stores,
  UnitOfWork,
  type UserRecord,
  type WaitingRecord,
} from '../../ports';
import {
  announce,
  type Decision,
  Decisions,
  isFrozen,
  type PoolScope,
  snapshotOf,
  startingSlowly,
} from '../shared';
import { planPlace, tieUser } from './tie';

const ACTOR = automation('promote-waiting');
/** People of one pool in one run: the next run comes within minutes. */
const MAX_PROMOTED = 200;

/** Gives places to those who wait for one, first in, first out, as capacity comes back. */
@Injectable()
export class PromoteWaiting {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly decisions: Decisions,
  ) {}

  /** In the order of arrival, with each one's place on the list of their pool. */
  list(page: {
    readonly limit: number;
    readonly after?: string;
    readonly poolIds: PoolScope;
  }): Promise<(WaitingRecord & { readonly position: number })[]> {
    return this.unitOfWork.read.waitList.list(page);
  }

  /** Each in a transaction of its own under the pool's lock. Whoever is first and finds no room holds up the others. */
  async execute(): Promise<{ promoted: number }> {
    let promoted = 0;
    for (const pool of await this.unitOfWork.read.pools.list()) {
      for (let i = 0; i < MAX_PROMOTED; i += 1) {
        const decision = await this.decisions.begin(ACTOR);
        const done = await this.unitOfWork.run((stores) => promoteFirst(stores, pool, decision));
        if (done === 'nobody') break;
        if (done === 'promoted') promoted += 1;
      }
    }
    return { promoted };
  }
}

/** `left`: the first one needed no place any more. `nobody`: none waits, or there is no room. */
async function promoteFirst(
  stores: Stores,
  { id: poolId }: PoolRecord,
  decision: Decision,
): Promise<'promoted' | 'left' | 'nobody'> {
  if (!(await stores.waitList.isAny(poolId)) || (await isFrozen(stores))) return 'nobody';
  await stores.merges.keepOut();
  await stores.pools.lock(poolId);
  const pool = await stores.pools.byId(poolId);
  const first = pool && (await stores.waitList.first(poolId));
  if (!first) return 'nobody';
  const user = await personWaiting(stores, first);
  if (!user) {
    await stores.waitList.leave(first.userId, poolId);
    return 'left';
  }
  const snapshot = startingSlowly(await snapshotOf(stores, pool, decision), decision);
  const plan = planPlace(user, snapshot, decision);
  const best = plan.kind === 'placed' ? plan.candidates[0] : undefined;
  if (!best) return 'nobody';
  const { startedBy, since } = first;
  const assignment = await tieUser(
    stores,
    pool,
    user,
    { lineId: best.lineId, state: 'reserved', startedBy, explanation: plan },
    snapshot,
    decision,
  );
  await announce(stores, decision, 'user.promoted', {
    userId: user.id,
    assignmentId: assignment.id,
    lineId: assignment.lineId,
    fallbackLineIds: assignment.fallbackLineIds,
    waitedSeconds: Math.round((decision.now - since) / 1_000),
  });
  return 'promoted';
}

/** Null for whoever was erased, became part of somebody else, or has a place by now. */
async function personWaiting(
  stores: Stores,
  { userId, poolId }: WaitingRecord,
): Promise<UserRecord | null> {
  const user = await stores.users.byId(userId);
  if (user?.id !== userId || user.erasedAt !== null) return null;
  const place = await stores.assignments.of(userId, poolId);
  return place && place.state !== 'released' ? null : user;
}
