import type { EpochMs } from '@linekeeper/domain';
import type { FailoverRecord, Stores } from '../../ports';
import { announce, type Decision, lineOr404, withhold } from '../shared';

/**
 * Begins the failover of a line, once a line epoch. While the actuator does not act by itself it stands as planned
 * until an operator resumes it; while the fleet is frozen it waits. Answers its id, or null when there is one already.
 */
export async function startFailover(
  stores: Stores,
  lineId: string,
  what: {
    readonly cause: FailoverRecord['cause'];
    readonly reason: string;
    readonly deadline: EpochMs | null;
    readonly movesPerHour?: number | null;
  },
  decision: Decision,
): Promise<string | null> {
  const line = await lineOr404(stores, lineId);
  const environment = await stores.environment.get();
  const acts = environment?.actuators.failover === 'auto' || decision.by.kind === 'operator';
  const state = acts ? 'running' : 'planned';
  const id = decision.newId();
  const inserted = await stores.failovers.insert({
    id,
    lineId,
    lineEpoch: line.epoch,
    cause: what.cause,
    state,
    reason: what.reason,
    actor: decision.actor,
    policyVersion: decision.policyVersion,
    usersTotal: line.users,
    usersMoved: 0,
    usersStranded: 0,
    usersWaiting: 0,
    startedAt: decision.now,
    etaAt: null,
    deadline: what.deadline,
    movesPerHour: what.movesPerHour ?? null,
    finishedAt: null,
    updatedAt: decision.now,
    groupsEscalatedHours: 0,
    heldBecause: null,
    takenUpAt: null,
  });
  if (!inserted) return null;
  if (!acts) await withhold(stores, decision, 'failover', 'failover.started', lineId);
  await announce(stores, decision, 'failover.started', {
    failoverId: id,
    lineId,
    cause: what.cause,
    users: line.users,
    state,
  });
  return id;
}
