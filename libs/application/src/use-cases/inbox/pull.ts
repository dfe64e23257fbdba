import {
  admits,
  type EpochMs,
  HOUR_MS,
  loadWith,
  pullMoves,
  whyCannotSend,
  whyNotUsableAsFallback,
} from '@linekeeper/domain';
import type { LineRecord } from '../../ports';
import { moveAssignment } from '../people/move';
import type { Bound } from '../people/strangers';
import { isFrozen, mayAct, poolOf, snapshotOf } from '../shared';
import type { Workspace } from './workspace';

/**
 * A person who writes on another line of ours than theirs is answered there; their place follows only when their
 * own line cannot serve, or after enough turns. Never for a pinned user, never onto a line that takes nobody, and
 * only while failovers act by themselves.
 */
export async function followPull(
  space: Workspace,
  { user, assignment }: Bound,
  line: LineRecord,
  at: EpochMs,
  newTurn: boolean,
): Promise<void> {
  const conversation = space.conversation(user.id, line.poolId);
  if (assignment.lineId === line.id) {
    if (assignment.state === 'needs-introduction') await move(space, { user, assignment }, line);
    else if (conversation.pullTurns.length > 0)
      space.saveConversation({ ...conversation, pullTurns: [] });
    return;
  }
  const { policy, now } = space.decision;
  const oldest = at - policy.failover.pullOverHours * HOUR_MS;
  const turns = [
    ...conversation.pullTurns.filter((each) => each >= oldest),
    ...(newTurn ? [at] : []),
  ];
  const kept = turns.slice(-policy.failover.pullTurns);
  space.saveConversation({ ...conversation, pullTurns: kept });
  const own = space.linesById.get(assignment.lineId);
  const ownUsable =
    own !== undefined &&
    whyCannotSend(own, 'reply') === null &&
    assignment.state !== 'needs-introduction';
  // The turn that just came counts even when its bubbles began a moment ago.
  const counted = ownUsable || kept.length > 0 ? kept : [at];
  if (assignment.pinned || !pullMoves(counted, ownUsable, policy)) return;
  if (whyNotUsableAsFallback(line, now) !== null) return;
  const wouldBe = {
    event: 'assignment.moved',
    data: {
      userId: user.id,
      assignmentId: assignment.id,
      fromLineId: assignment.lineId,
      toLineId: line.id,
      reason: WRITES_HERE,
    },
  } as const;
  if (!(await mayAct(space.stores, space.decision, 'failover', newTurn ? wouldBe : null))) return;
  await move(space, { user, assignment }, line);
}

const WRITES_HERE = 'the person writes on this line now';

async function move(space: Workspace, { assignment }: Bound, line: LineRecord): Promise<void> {
  const { stores, decision } = space;
  if (whyCannotSend(line, 'reply') !== null) return;
  // Frozen: they are answered where they write, and their place stays.
  if (await isFrozen(stores)) return;
  space.needsPools([line.poolId]);
  await space.flush();
  const pool = await poolOf(stores, line.poolId);
  await stores.pools.lock(pool.id);
  const current = await stores.assignments.byId(assignment.id);
  if (!current || current.state === 'released' || current.pinned) return;
  const { lines, outlook } = await snapshotOf(stores, pool, decision);
  const view = lines.find(({ id }) => id === line.id);
  const fits =
    view !== undefined && admits(view, loadWith(view, current), decision.policy, outlook);
  const moved = await moveAssignment(
    stores,
    pool,
    current,
    {
      toLineId: line.id,
      state: fits ? 'confirmed' : 'overflow',
      reason: WRITES_HERE,
    },
    decision,
  );
  if (moved) space.keepAssignment(moved);
}
