import {
  type GateRequest,
  type GateSnapshot,
  isReplyTime,
  lossesAreContagious,
  NOTHING_SAID,
  todayCap,
  whyCannotSend,
} from '@linekeeper/domain';
import type { GateLine, GateRow } from '../../ports';
import type { Decision } from '../shared';

/** A reply goes into the thread the person wrote in last, while that line may send; all else to their own line. */
export function lineToSendFrom(row: GateRow, request: GateRequest, decision: Decision): GateLine {
  const { active, conversation } = row;
  if (active === null || conversation === null) return row.assigned;
  const answers =
    (request.askedClass === null || request.askedClass === 'reply') &&
    isReplyTime(conversation, decision.now, decision.policy);
  return answers && whyCannotSend(active.line, 'reply') === null ? active : row.assigned;
}

/** What the gate may look at, out of the one row that was read for it. */
export function snapshotFrom(
  row: GateRow,
  from: GateLine,
  { now, policy }: Decision,
): GateSnapshot {
  return {
    now,
    zone: row.timeZone ?? row.poolZone,
    line: {
      ...from.line,
      usedLast24h: 0,
      todayCap: todayCap(from.line, from.maxDailyUse7d, policy),
    },
    // A thread that works needs no introduction, wherever the assignment stands.
    assignmentState:
      from === row.active && row.assignmentState === 'needs-introduction'
        ? 'confirmed'
        : row.assignmentState,
    needsIntroductionSince: row.needsIntroductionSince,
    chat: from.chat,
    threads: row.threads,
    wroteHere: row.conversation?.activeLineId === from.line.id,
    talkedBefore: row.threads.length > 0,
    knowsLine: from.known,
    suppressedAt: row.suppressedAt,
    liftedAt: row.liftedAt,
    replyAllowedUntil: row.replyAllowedUntil,
    counters: row.conversation ?? NOTHING_SAID,
    openUnsolicitedAt: row.openUnsolicitedAt,
    transactionalToday: row.transactionalToday,
    unsettledUntil: row.unsettledUntil,
    sameTextAt: row.sameTextAt,
    fleetFrozen: row.environment.frozenAt !== null,
    shedClasses: row.shedClasses,
    contagion: lossesAreContagious({ lost: row.recentlyEjected, inUse: row.linesInUse }, policy),
  };
}
