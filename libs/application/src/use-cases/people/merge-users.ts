import { Injectable } from '@nestjs/common';
import type { Actor } from '../../actor';
import {
  Digest,
  HandleParser,
  type ParsedHandle,
  type Stores,
  UnitOfWork,
  type UserRecord,
} from '../../ports';
import { Refusal } from '../../refusal';
import {
  audit,
  type Decision,
  Decisions,
  EVERY_POOL,
  type PoolScope,
  sees,
  userOr404,
} from '../shared';
import { mergePeople } from './merge-people';
import { type MergePlan, planMerge, type PlaceMerge } from './merge-plan';
import { isSuppressed, recallOptOut } from './suppression';

export interface MergeRequest {
  /** Whose id stays. */
  readonly userId: string;
  /** The other one: by id, or by a handle. A handle that nobody has is simply added. */
  readonly other: { readonly userId: string } | { readonly handle: string };
  readonly poolIds: PoolScope;
  readonly reason: string;
  readonly dryRun: boolean;
}

export interface MergeReport {
  readonly user: UserRecord;
  /** `unchanged`: they are one person already. */
  readonly outcome: 'merged' | 'handle-added' | 'unchanged';
  readonly mergedUserId: string | null;
  readonly places: readonly PlaceMerge[];
  readonly optedOut: boolean;
  readonly dryRun: boolean;
}

/**
 * Several handles of one person become one user, in one transaction that has the people to itself. Idempotent: the
 * other id is an alias afterwards, and merging an alias into its person changes nothing; of two merges that cross
 * the first one decides whose id stays. Refuses `user.merge_self`, `user.not_found`, `user.erased`,
 * `user.merge_foreign_pool`, `handle.invalid` and `handle.own_line`.
 */
@Injectable()
export class MergeUsers {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly decisions: Decisions,
    private readonly handles: HandleParser,
    private readonly digest: Digest,
  ) {}

  async execute(request: MergeRequest, actor: Actor): Promise<MergeReport> {
    const { userId, other } = request;
    if ('userId' in other && other.userId === userId) {
      throw new Refusal('user.merge_self', `${userId} was named twice`);
    }
    const handle = 'handle' in other ? this.parsed(other.handle) : null;
    const decision = await this.decisions.begin(actor);
    return this.unitOfWork.run(async (stores) => {
      await stores.merges.takePeople();
      const target = await userOr404(stores, userId, request.poolIds);
      await refuseForeignPools(stores, target, userId, request.poolIds);
      const source = handle
        ? await stores.users.byHandle(handle.value)
        : await userOr404(stores, 'userId' in other ? other.userId : '', request.poolIds);
      if (source === null) {
        return handle
          ? this.addHandle(stores, target, handle, request, decision)
          : unchanged(target, request);
      }
      if (source.id === target.id) return unchanged(target, request);
      const asked = 'userId' in other ? other.userId : 'with this handle';
      await refuseForeignPools(stores, source, asked, request.poolIds);
      const plan = request.dryRun
        ? await planMerge(stores, target, source, decision)
        : await mergePeople(stores, target, source, request.reason, decision);
      return report(plan, request, await userOr404(stores, target.id, EVERY_POOL));
    });
  }

  private parsed(text: string): ParsedHandle {
    const handle = this.handles.parse(text);
    if (handle) return handle;
    throw new Refusal('handle.invalid', 'handle: neither a phone number nor an email address');
  }

  private async addHandle(
    stores: Stores,
    target: UserRecord,
    handle: ParsedHandle,
    { reason, dryRun }: MergeRequest,
    decision: Decision,
  ): Promise<MergeReport> {
    if (await stores.lines.byPhoneNumber(handle.value)) {
      throw new Refusal('handle.own_line', 'That number is one of our own lines');
    }
    const handles = [...target.handles, handle];
    let user: UserRecord = { ...target, handles };
    if (!dryRun) {
      if (!(await stores.users.addHandle(target.id, handle, decision.now))) {
        throw new Refusal('assignment.busy', 'Somebody came with this handle at the same moment', {
          retryAfterSeconds: 1,
        });
      }
      user = await recallOptOut(stores, user, handle, this.digest, decision);
      await audit(stores, decision, {
        action: 'user.add-handle',
        subjectType: 'user',
        subjectId: target.id,
        reason,
        change: { kind: handle.kind, handles: handles.length },
      });
    }
    return { ...unchanged(user, { dryRun }), outcome: 'handle-added' };
  }
}

function unchanged(user: UserRecord, { dryRun }: Pick<MergeRequest, 'dryRun'>): MergeReport {
  const optedOut = isSuppressed(user);
  return { user, outcome: 'unchanged', mergedUserId: null, places: [], optedOut, dryRun };
}

function report(plan: MergePlan, { dryRun }: MergeRequest, user: UserRecord): MergeReport {
  return {
    user: dryRun ? { ...user, handles: [...plan.target.handles, ...plan.source.handles] } : user,
    outcome: 'merged',
    mergedUserId: plan.source.id,
    places: plan.places,
    optedOut: plan.suppression !== null && plan.suppression.suppressedAt !== null,
    dryRun,
  };
}

/** A key of some pools sees the people of those pools, and merges nobody who also has a place elsewhere. */
async function refuseForeignPools(
  stores: Stores,
  user: UserRecord,
  askedFor: string,
  scope: PoolScope,
): Promise<void> {
  if (scope.length === 0) return;
  const places = await stores.assignments.ofUsers([user.id]);
  const seen = places.filter(({ poolId }) => sees(scope, poolId));
  if (seen.length === 0) throw new Refusal('user.not_found', `There is no user ${askedFor}`);
  if (seen.length < places.length) {
    throw new Refusal(
      'user.merge_foreign_pool',
      `The user ${user.id} also has a place in a pool that this key does not see`,
    );
  }
}
