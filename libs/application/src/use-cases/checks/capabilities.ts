import { Injectable } from '@nestjs/common';
import { type EpochMs, knownImessage } from '@linekeeper/domain';
import { PROVIDER_ACTOR } from '../../actor';
import { type CheckProblem, type Stores, UnitOfWork, type UserRecord } from '../../ports';
import { Decisions, type PoolScope, sees, userOr404 } from '../shared';

/** Whether one handle of a person is on iMessage, as far as it is known now. */
export interface HandleCapability {
  readonly handle: string;
  /** Null: not known, or not any more. */
  readonly imessage: boolean | null;
  readonly checkedAt: EpochMs | null;
  /** Until then the answer holds; null without one. */
  readonly expiresAt: EpochMs | null;
  /** A check is asked for. */
  readonly isPending: boolean;
  readonly problem: CheckProblem | null;
}

/** What apps see of capability checks, and how they ask for one. */
@Injectable()
export class Capabilities {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly decisions: Decisions,
  ) {}

  /** One for each handle, in their order. One query. */
  async of(user: Pick<UserRecord, 'handles'>): Promise<HandleCapability[]> {
    const { now } = await this.decisions.begin(PROVIDER_ACTOR);
    return viewOf(this.unitOfWork.read, user, now);
  }

  /**
   * Asks for a check of every handle that nothing is known of now, and waits for none. Idempotent. Of a person who said
   * stop nothing is asked. Refuses `user.not_found` and `user.erased`.
   */
  async ask(userId: string, scope: PoolScope): Promise<HandleCapability[]> {
    const { now } = await this.decisions.begin(PROVIDER_ACTOR);
    return this.unitOfWork.run(async (stores) => {
      await stores.merges.keepOut();
      const user = await userOr404(stores, userId, scope);
      const poolId = await poolOf(stores, user, scope);
      const isStopped = typeof user.suppression?.suppressedAt === 'number';
      const handles = user.handles.map(({ value }) => value);
      if (poolId !== null && !isStopped) await stores.capabilities.ask(handles, poolId, now);
      const seen = await viewOf(stores, user, now);
      return isStopped
        ? seen.map((each) => ({ ...each, isPending: false, problem: 'opted-out' as const }))
        : seen;
    });
  }
}

/** Whose lines ask: those of a pool in which the person has a place, of which the caller may know, else of any pool. */
async function poolOf(stores: Stores, user: UserRecord, scope: PoolScope): Promise<string | null> {
  const places = await stores.assignments.ofUsers([user.id]);
  const standing = places.filter(({ state }) => state !== 'released');
  const seen = [...standing, ...places].find(({ poolId }) => sees(scope, poolId));
  if (seen) return seen.poolId;
  const pools = await stores.pools.list();
  return pools.find(({ id }) => sees(scope, id))?.id ?? null;
}

async function viewOf(
  stores: Stores,
  { handles }: Pick<UserRecord, 'handles'>,
  now: EpochMs,
): Promise<HandleCapability[]> {
  const values = handles.map(({ value }) => value);
  const records = await stores.capabilities.of(values);
  return values.map((handle) => {
    const found = records.find((each) => each.handle === handle);
    const imessage = found ? knownImessage(found, now) : null;
    return {
      handle,
      imessage,
      checkedAt: found?.checkedAt ?? null,
      expiresAt: imessage === null ? null : (found?.expiresAt ?? null),
      isPending: found ? found.nextAt !== null : false,
      problem: found?.problem ?? null,
    };
  });
}
