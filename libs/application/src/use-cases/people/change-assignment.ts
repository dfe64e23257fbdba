import { Injectable } from '@nestjs/common';
import { whyNoNewUsers } from '@linekeeper/domain';
import type { Actor } from '../../actor';
import { type AssignmentRecord, CardLinks, Digest, type Stores, UnitOfWork } from '../../ports';
import { Refusal } from '../../refusal';
import {
  anyUserOr404,
  audit,
  changeContext,
  type Decision,
  Decisions,
  lineOr404,
  type PoolScope,
  sees,
  snapshotOf,
} from '../shared';
import { type Placed, placeOf } from './find-user';
import { moveAssignment } from './move';
import { keepOptOut } from './suppression';
import { confirmAssignment, planPlace, releaseAssignment } from './tie';
import { type UserView, viewUser } from './user-view';

export interface AssignmentRequest {
  readonly userId: string;
  readonly pool?: string | undefined;
  readonly poolIds: PoolScope;
  readonly reason: string;
}

/** What an app or an operator may do to one assignment. Each is one transaction under the pool's lock. */
@Injectable()
export class ChangeAssignment {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly decisions: Decisions,
    private readonly links: CardLinks,
  ) {}

  /** The app knows that the person and the line have met. Idempotent. */
  confirm(request: AssignmentRequest, actor: Actor): Promise<UserView> {
    return this.change(request, actor, 'confirm', async (stores, { assignment }, decision) => {
      if (assignment.state === 'released' || assignment.state === 'needs-introduction') {
        throw illegal(assignment, 'confirm');
      }
      await confirmAssignment(stores, assignment, request.reason, decision);
    });
  }

  pin(request: AssignmentRequest, pinned: boolean, actor: Actor): Promise<UserView> {
    return this.change(
      request,
      actor,
      pinned ? 'pin' : 'unpin',
      async (stores, { assignment }, decision) => {
        if (assignment.state === 'released') throw illegal(assignment, pinned ? 'pin' : 'unpin');
        if (assignment.pinned === pinned) return;
        await mustChange(stores, assignment, { pinned }, request.reason, decision);
      },
    );
  }

  /**
   * Moves the user to the named line, or to the best one. The person will see another number, so the choice is
   * held to numbers they hold unless a line is named.
   */
  reassign(
    request: AssignmentRequest & { readonly lineId?: string | undefined },
    actor: Actor,
  ): Promise<UserView> {
    return this.change(request, actor, 'reassign', async (stores, placed, decision) => {
      const { assignment, pool, user } = placed;
      if (assignment.state === 'released') throw illegal(assignment, 'reassign');
      const snapshot = await snapshotOf(stores, pool, decision);
      const known = (await stores.cards.known([user.id])).map(({ lineId }) => lineId);
      const only = request.lineId === undefined ? known : [request.lineId];
      if (request.lineId !== undefined)
        await this.checkTarget(stores, request.lineId, placed, decision);
      const plan = planPlace(
        user,
        snapshot,
        decision,
        only.filter((id) => id !== assignment.lineId),
      );
      const target = plan.kind === 'placed' ? plan.candidates[0] : undefined;
      if (!target) {
        throw new Refusal(
          'fleet.no_capacity',
          'No other line that this person holds can take them',
          {
            reasons: plan.kind === 'no-capacity' ? plan.reasons : {},
          },
        );
      }
      const move = { toLineId: target.lineId, state: assignment.state, reason: request.reason };
      if (!(await moveAssignment(stores, pool, assignment, move, decision))) throw busy();
    });
  }

  private async checkTarget(
    stores: Stores,
    lineId: string,
    { pool }: Placed,
    decision: Decision,
  ): Promise<void> {
    const line = await lineOr404(stores, lineId);
    if (line.poolId !== pool.id)
      throw new Refusal('line.not_found', 'That line is in another pool');
    const why = whyNoNewUsers(line, decision.now);
    if (why !== null) throw new Refusal('line.illegal_step', `That line takes nobody: ${why}`);
  }

  private async change(
    request: AssignmentRequest,
    actor: Actor,
    action: string,
    work: (stores: Stores, placed: Placed, decision: Decision) => Promise<void>,
  ): Promise<UserView> {
    const decision = await this.decisions.begin(actor);
    return this.unitOfWork.run(async (stores) => {
      const { pool } = await placeOf(stores, request.userId, request.pool, request.poolIds);
      await stores.pools.lock(pool.id);
      const placed = await placeOf(stores, request.userId, pool.slug);
      await work(stores, placed, decision);
      const after = await placeOf(stores, request.userId, pool.slug);
      if (after.assignment.epoch !== placed.assignment.epoch) {
        await audit(stores, decision, {
          action: `assignment.${action}`,
          subjectType: 'assignment',
          subjectId: placed.assignment.id,
          reason: request.reason,
          change: { fromLineId: placed.assignment.lineId, toLineId: after.assignment.lineId },
        });
      }
      return viewUser(stores, this.links, decision, after);
    });
  }
}

/** Erases a person: handles, labels and consent go, capacity comes back, the bare row and the opt-out stay. */
@Injectable()
export class EraseUser {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly decisions: Decisions,
    private readonly digest: Digest,
  ) {}

  /**
   * Idempotent. A caller who is held to pools may not erase somebody who has a place elsewhere too: refuses
   * `auth.forbidden`.
   */
  async execute(userId: string, reason: string, actor: Actor, scope: PoolScope): Promise<void> {
    const decision = await this.decisions.begin(actor);
    await this.unitOfWork.run(async (stores) => {
      await stores.merges.keepOut();
      const user = await anyUserOr404(stores, userId, scope);
      if (user.erasedAt !== null) return;
      const places = await stores.assignments.ofUsers([user.id]);
      if (!places.every(({ poolId }) => sees(scope, poolId))) {
        throw new Refusal(
          'auth.forbidden',
          'The user has a place in a pool that this key is not for',
        );
      }
      for (const pool of await stores.pools.list()) {
        await stores.pools.lock(pool.id);
        const assignment = await stores.assignments.of(user.id, pool.id);
        if (assignment && assignment.state !== 'released') {
          await releaseAssignment(stores, pool, assignment, 'the user was erased', decision);
        }
      }
      const suppressedAt = user.suppression?.suppressedAt ?? null;
      await keepOptOut(stores, { handles: user.handles, suppressedAt }, this.digest, decision);
      await stores.waitList.leaveAll(user.id);
      await stores.users.erase(user.id, decision.now);
      await audit(stores, decision, {
        action: 'user.erase',
        subjectType: 'user',
        subjectId: user.id,
        reason,
        change: {},
      });
    });
  }
}

async function mustChange(
  stores: Stores,
  assignment: AssignmentRecord,
  change: { pinned: boolean },
  reason: string,
  decision: Decision,
): Promise<void> {
  const context = changeContext(decision, reason);
  if (!(await stores.assignments.change(assignment.id, assignment.epoch, change, context)))
    throw busy();
}

const busy = (): Refusal =>
  new Refusal('assignment.busy', 'Someone changed it at the same moment', { retryAfterSeconds: 1 });

const illegal = (assignment: AssignmentRecord, verb: string): Refusal =>
  new Refusal('assignment.illegal_state', `${verb} is not allowed while ${assignment.state}`, {
    state: assignment.state,
  });
