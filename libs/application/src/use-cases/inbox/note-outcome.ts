import { DAY_MS, type EpochMs, outcomeOf } from '@linekeeper/domain';
import type { ChatRecord } from '../../ports';
import type { IntakeEvent } from './intake-event';
import type { Workspace } from './workspace';

type Service = Parameters<typeof outcomeOf>[0]['service'];

const SERVICES: Readonly<Record<string, Service>> = {
  iMessage: 'imessage',
  SMS: 'sms',
  RCS: 'rcs',
};

/** Being on iMessage is noted once a day: what rests on it looks back a week. */
const NOTED_EVERY_MS = DAY_MS;

/**
 * What the end of a message of ours says of its line, for the detectors. Call it once the event is applied: the
 * message, its person and its thread are known then.
 */
export function noteOutcome(space: Workspace, event: IntakeEvent): void {
  if (!isEnd(event) || event.messageId === null) return;
  const message = space.messages.get(event.messageId);
  if (message?.direction !== 'out' || message.userId === null) return;
  const chat = message.chatId === null ? undefined : space.chats.get(message.chatId);
  if (!chat || chat.isGroup) return;
  const failed = event.kind === 'message-failed';
  const told = 'service' in event ? event.service : null;
  const service = SERVICES[told ?? chat.service ?? ''];
  if (!failed && service === undefined) return;
  const outcome = outcomeOf(
    {
      kind: failed ? 'failed' : 'delivered',
      service: service ?? 'imessage',
      at: event.at,
      seenOnIMessageAt: chat.imessageSeenAt,
    },
    space.decision.policy,
  );
  if (outcome === null) return;
  const { lineId, userId } = message;
  space.noteOutcome({ lineId, userId, at: event.at, outcome });
}

type End = Extract<IntakeEvent, { messageId: string | null; at: EpochMs }>;

const ENDS: readonly IntakeEvent['kind'][] = [
  'message-delivered',
  'message-read',
  'message-failed',
];

function isEnd(event: IntakeEvent): event is End {
  return ENDS.includes(event.kind);
}

/** When a message last went by iMessage in a thread, after this one. */
export function imessageSeenAt(
  service: string | null,
  at: EpochMs,
  known: Pick<ChatRecord, 'imessageSeenAt'> | undefined,
): EpochMs | null {
  const before = known?.imessageSeenAt ?? null;
  if (service !== 'iMessage') return before;
  return before !== null && at - before < NOTED_EVERY_MS ? before : at;
}
