import { invariant, mergeCounters } from '@linekeeper/domain';
import type {
  AssignmentChange,
  AssignmentRecord,
  ConversationRecord,
  Stores,
  UserRecord,
} from '../../ports';
import { announce, audit, changeContext, type Decision, note, runningDay } from '../shared';
import { type MergePlan, planMerge, type PlaceMerge } from './merge-plan';
import { isSuppressed } from './suppression';

/**
 * Makes one person of two users, in the transaction of the caller, who has taken the people: the target's id stays,
 * the source's becomes an alias of it. Locks every pool, because both may have places anywhere. Repeating it is for
 * the caller to notice: target and source must be two different people who are there.
 */
export async function mergePeople(
  stores: Stores,
  target: UserRecord,
  source: UserRecord,
  reason: string,
  decision: Decision,
): Promise<MergePlan> {
  invariant(target.id !== source.id, 'nobody is merged into themself');
  for (const pool of await stores.pools.list()) await stores.pools.lock(pool.id);
  await stores.merges.lockUsers([target.id, source.id]);
  const plan = await planMerge(stores, target, source, decision);
  for (const place of plan.places) await applyPlace(stores, place, plan, decision);
  await mergeConversations(stores, plan);
  await stores.merges.moveRows(source.id, target.id);
  await stores.merges.dropMootSlots(target.id);
  if (plan.suppression) await stores.users.suppress(target.id, plan.suppression);
  if (plan.rate) await stores.merges.keepRate(plan.rate);
  await stores.merges.redirect(source.id, target.id, decision.now);
  await tell(stores, plan, reason, decision);
  return plan;
}

async function applyPlace(
  stores: Stores,
  { pool, target, source, keeps, result, deltas }: PlaceMerge,
  plan: MergePlan,
  decision: Decision,
): Promise<void> {
  const change = async (row: AssignmentRecord, to: AssignmentChange, why: string) => {
    const changed = await stores.assignments.change(
      row.id,
      row.epoch,
      to,
      changeContext(decision, why),
    );
    invariant(changed, 'an assignment changes only under the lock of its pool');
  };
  const withSource = `merged with ${plan.source.id}`;
  if (source && target && source.state !== 'released') {
    const given = { state: 'released', expiresAt: null, needsIntroductionSince: null } as const;
    await change(source, given, `merged into ${plan.target.id}`);
  }
  if (target && result) {
    const place = keeps === 'source' ? placeOnly(result) : {};
    const { meanMilli, varianceMilli } = result;
    await change(target, { ...place, meanMilli, varianceMilli }, withSource);
    if (keeps === 'source') {
      await stores.assignments.replaceFallbacks(target.id, result.fallbackLineIds);
    }
  }
  if (source && !target) {
    const load = result && { meanMilli: result.meanMilli, varianceMilli: result.varianceMilli };
    await change(source, { ...load, userId: plan.target.id }, `merged into ${plan.target.id}`);
  }
  await stores.lines.addLoad(deltas, runningDay(pool, decision), decision.now);
  if (target && target.state !== 'released' && result && result.lineId !== target.lineId) {
    await announce(stores, decision, 'assignment.moved', {
      userId: plan.target.id,
      assignmentId: result.id,
      fromLineId: target.lineId,
      toLineId: result.lineId,
      epoch: result.epoch,
      reason: withSource,
    });
  }
}

/** What a place is, without whose row it stands on. */
function placeOnly(place: AssignmentRecord): AssignmentChange {
  return {
    lineId: place.lineId,
    state: place.state,
    startedBy: place.startedBy,
    expiresAt: place.expiresAt,
    firstSendAt: place.firstSendAt,
    confirmedAt: place.confirmedAt,
    pinned: place.pinned,
    needsIntroductionSince: place.needsIntroductionSince,
    escalatedHours: place.escalatedHours,
    lastMovedAt: place.lastMovedAt,
    explanation: place.explanation,
  };
}

/** Where both talked in a pool, the target's conversation takes in what was said to the source. */
async function mergeConversations(stores: Stores, { target, source }: MergePlan): Promise<void> {
  const all = await stores.conversations.lock({ userIds: [target.id, source.id], ids: [] });
  const merged: ConversationRecord[] = [];
  for (const own of all.filter(({ userId }) => userId === target.id)) {
    const other = all.find(({ userId, poolId }) => userId === source.id && poolId === own.poolId);
    if (!other) continue;
    const wroteLast = (other.lastInboundAt ?? 0) > (own.lastInboundAt ?? 0) ? other : own;
    merged.push({
      ...own,
      ...mergeCounters(own, other),
      activeLineId: wroteLast.activeLineId,
      // Turns on a line that was not theirs: which line is theirs has just been decided anew.
      pullTurns: [],
      updatedAt: Math.max(own.updatedAt, other.updatedAt),
    });
  }
  await stores.conversations.save(merged);
}

async function tell(
  stores: Stores,
  { target, source, places, suppression }: MergePlan,
  reason: string,
  decision: Decision,
): Promise<void> {
  // No places: whoever sees one pool reads this too. Each place tells its own history.
  const change = {
    mergedUserId: source.id,
    handles: target.handles.length + source.handles.length,
    optedOut: suppression !== null && suppression.suppressedAt !== null,
  };
  await announce(stores, decision, 'user.merged', { userId: target.id, ...change, reason });
  if (!isSuppressed(target) && suppression !== null && suppression.suppressedAt !== null) {
    await announce(stores, decision, 'user.opted-out', {
      userId: target.id,
      source: suppression.source,
      reason: suppression.reason,
    });
  }
  note(stores, decision, {
    kind: 'merge',
    outcome: 'merged',
    userId: target.id,
    reasons: [reason],
    inputs: {
      ...change,
      places: places.map((place) => ({ poolId: place.pool.id, ...keptAndGivenBack(place) })),
    },
  });
  await audit(stores, decision, {
    action: 'user.merge',
    subjectType: 'user',
    subjectId: target.id,
    reason,
    change,
  });
}

/** Of the two lines of a person in a pool, the one they keep and the one that gets its room back. */
export function keptAndGivenBack({ target, source, keeps, result }: PlaceMerge): {
  readonly keptLineId: string | null;
  readonly givenBackLineId: string | null;
} {
  const other = keeps === 'source' ? target : source;
  return {
    keptLineId: result?.lineId ?? null,
    givenBackLineId: keeps !== null && other && other.state !== 'released' ? other.lineId : null,
  };
}
