import type { GateRow, Stores } from '../../ports';
import { type Decision, lastFour, note } from '../shared';
import type { SendAnswer, SendRequest } from './send-answer';

/** What the ledger said to a send. */
interface LedgerWord {
  /** `held`, `overrun`, or the limit that stood in the way. */
  readonly outcome: string;
  readonly usedLast24h?: number;
  readonly todayCap: number;
}

/**
 * Tells an answer of the gate to the log and the metrics, and hands it on. Nothing of it is written to the database:
 * this is the path of every message.
 */
export function tellAnswer(
  stores: Stores,
  answer: SendAnswer,
  request: SendRequest,
  row: GateRow,
  decision: Decision,
  ledger?: LedgerWord,
): SendAnswer {
  note(stores, decision, {
    kind: 'gate',
    outcome: answer.decision,
    userId: row.userId,
    ...(answer.line ? { lineId: answer.line.id, line: lastFour(answer.line.phoneNumber) } : {}),
    reasons: answer.reasons.map(({ code }) => code),
    inputs: {
      class: answer.class,
      asked: request.askedClass,
      messages: request.messages,
      epoch: row.assignmentEpoch,
      state: row.assignmentState,
      newConversation: answer.newConversation,
      unansweredTurns: row.conversation?.unansweredTurns ?? 0,
      suppressed: row.suppressedAt !== null,
      sendId: answer.reservationId,
      wouldBe: answer.wouldBe,
      ledger: ledger?.outcome,
      usedLast24h: ledger?.usedLast24h,
      todayCap: ledger?.todayCap,
    },
  });
  return answer;
}
