import { Injectable } from '@nestjs/common';
import {
  type AssignmentHistoryEntry,
  type AssignmentRecord,
  CardLinks,
  HandleParser,
  UnitOfWork,
  type UserFilter,
  type UserRecord,
} from '../../ports';
import type { FleetPolicy } from '@linekeeper/domain';
import { PROVIDER_ACTOR } from '../../actor';
import { Refusal } from '../../refusal';
import { Decisions, type PoolScope, sees, userOr404 } from '../shared';
import type { ExplainedPlan } from './explain-placement';
import { placeOf } from './find-user';
import { type UserView, viewUser } from './user-view';

/** The parts of a policy that placement and the choice of a card rest on. */
export type PlacementPolicy = Pick<FleetPolicy, 'admission' | 'forecast' | 'ramp' | 'cards'>;

function placementPolicy({ admission, forecast, ramp, cards }: FleetPolicy): PlacementPolicy {
  return { admission, forecast, ramp, cards };
}

export interface Explanation {
  readonly assignment: AssignmentRecord;
  readonly policyVersion: number;
  /** Null when that version is gone. */
  readonly policy: PlacementPolicy | null;
  readonly history: readonly AssignmentHistoryEntry[];
}

/** Looks users up and explains their places. Changes nothing but the cache of cards. */
@Injectable()
export class GetUsers {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly decisions: Decisions,
    private readonly links: CardLinks,
    private readonly handles: HandleParser,
  ) {}

  /** The user with those of their places that the caller may see. An id that was merged away finds the person it became part of. */
  async byId(
    id: string,
    scope: PoolScope,
  ): Promise<{ user: UserRecord; aliases: string[]; assignments: AssignmentRecord[] }> {
    const { read } = this.unitOfWork;
    const user = await userOr404(read, id, scope);
    const assignments = await read.assignments.ofUsers([user.id]);
    return {
      user,
      aliases: await read.users.aliases(user.id),
      assignments: assignments.filter(({ poolId }) => sees(scope, poolId)),
    };
  }

  /** A handle in the filter may be written in any form that can be parsed. */
  list(filter: UserFilter): Promise<UserRecord[]> {
    if (filter.handle === undefined) return this.unitOfWork.read.users.list(filter);
    const handle = this.handles.parse(filter.handle);
    if (!handle) throw new Refusal('handle.invalid', 'handle: neither a phone number nor an email');
    return this.unitOfWork.read.users.list({ ...filter, handle: handle.value });
  }

  async assignment(userId: string, pool: string | undefined, scope: PoolScope): Promise<UserView> {
    const { read } = this.unitOfWork;
    const decision = await this.decisions.begin(PROVIDER_ACTOR);
    return viewUser(read, this.links, decision, await placeOf(read, userId, pool, scope));
  }

  /**
   * Why the user is where they are: the plan as it was made, what of the policy it was made by, and every change since.
   * Plan and policy are all that the decision rested on.
   */
  async explain(userId: string, pool: string | undefined, scope: PoolScope): Promise<Explanation> {
    const { read } = this.unitOfWork;
    const { assignment } = await placeOf(read, userId, pool, scope);
    const plan = assignment.explanation as Partial<ExplainedPlan> | null;
    const version = plan?.inputs?.policyVersion ?? assignment.policyVersion;
    const policy = await read.policies.byVersion(version);
    return {
      assignment,
      policyVersion: version,
      policy: policy && placementPolicy(policy),
      history: await read.assignments.history(assignment.id),
    };
  }
}
