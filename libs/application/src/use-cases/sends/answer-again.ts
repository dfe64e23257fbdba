import { DAY_MS, type GateDecision, type GateSnapshot } from '@linekeeper/domain';
import type { GateLine, SendRecord } from '../../ports';
import type { Decision } from '../shared';
import type { SendAnswer } from './send-answer';

/** What the gate shall see when the same request is asked again: its own hold is no turn before it. */
export function withoutOwnHold(snapshot: GateSnapshot, made: SendRecord | null): GateSnapshot {
  if (made?.admittedAt !== snapshot.openUnsolicitedAt) return snapshot;
  return { ...snapshot, openUnsolicitedAt: null };
}

/** What a message brings about by itself once it has left. */
const OF_ITSELF: ReadonlySet<string> = new Set(['unanswered', 'unsolicited-pace', 'same-text']);

/**
 * The answer that was given, or was to be given, with a hold that the same request made before. Null when that hold
 * serves nobody any more: it is over, older than the caller's key, or on a line from which the person was moved since; and
 * when the gate says otherwise now, unless only because the very message has left.
 */
export function answerAgain(
  made: SendRecord,
  from: GateLine,
  gate: GateDecision,
  decision: Decision,
): SendAnswer | null {
  const isOwnDoing =
    made.state === 'settled' && gate.reasons.some(({ code }) => OF_ITSELF.has(code));
  if (gate.kind !== 'send' && !isOwnDoing) return null;
  const isOver = made.state === 'released' || made.state === 'expired';
  if (isOver || made.lineId !== from.line.id || made.admittedAt <= decision.now - DAY_MS) {
    return null;
  }
  return {
    decision: 'send',
    class: made.class,
    line: from.line,
    chatId: from.chat?.id ?? null,
    reservationId: made.id,
    expiresAt: made.expiresAt,
    retryAt: null,
    newConversation: made.newConversation,
    firstText: gate.kind === 'send' ? gate.firstText : null,
    service: gate.kind === 'send' ? gate.service : null,
    reasons: gate.reasons,
    wouldBe: null,
  };
}
