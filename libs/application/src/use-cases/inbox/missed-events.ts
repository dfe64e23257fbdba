import {
  type ListedChat,
  type ListedMessage,
  MESSAGE_STATUSES,
  type MessageRecord,
  type MissedEvent,
} from '../../ports';

type Outbound = Exclude<ListedMessage['status'], 'waiting' | 'received'>;

const EVENT_TYPES = {
  received: 'message.received',
  sent: 'message.sent',
  delivered: 'message.delivered',
  read: 'message.read',
  failed: 'message.failed',
} as const;

/**
 * What the webhooks of a message should have told and did not, given what is known of it. Each event has an id of its
 * own that follows from the message, so that reading it back twice, or from two places, is one event.
 */
export function missedEventsOf(
  chat: ListedChat,
  message: ListedMessage,
  known: Pick<MessageRecord, 'status'> | undefined,
): MissedEvent[] {
  const { status } = message;
  if (status === 'waiting' || (known && rank(known.status) >= rank(status))) return [];
  if (status === 'received') return received(chat, message);
  const accepted = known === undefined || known.status === 'accepted';
  // A failure names no line: what is not counted yet is counted as sent first.
  if (status === 'failed') {
    return [...(accepted ? [outbound(chat, message, 'sent')] : []), failed(chat, message)];
  }
  return [outbound(chat, message, status)];
}

/** The thread that the messages are in, for one that we have not heard of, so that its person is known. */
export function missedChat(chat: ListedChat, firstAt: number): MissedEvent {
  return {
    kind: 'chat-created',
    eventId: `recovered:${chat.chatId}:created`,
    eventType: 'chat.created',
    chatId: chat.chatId,
    linePhoneNumber: chat.linePhoneNumber,
    participants: chat.participants,
    isGroup: chat.isGroup,
    at: chat.createdAt ?? firstAt,
    service: chat.service,
  };
}

const rank = (status: MessageRecord['status']): number => MESSAGE_STATUSES.indexOf(status);

/** Nothing can be made of a message whose sender nobody tells. */
function received(chat: ListedChat, message: ListedMessage): MissedEvent[] {
  if (message.from === null) return [];
  const base = baseOf(chat, message, 'received');
  return [{ ...base, kind: 'message-received', from: message.from, text: message.text }];
}

function outbound(
  chat: ListedChat,
  message: ListedMessage,
  status: Exclude<Outbound, 'failed'>,
): MissedEvent {
  const kind = (
    { sent: 'message-sent', delivered: 'message-delivered', read: 'message-read' } as const
  )[status];
  // Lists do not tell the key: the hold of its send ends by its time.
  return { ...baseOf(chat, message, status), kind, idempotencyKey: null };
}

function failed(chat: ListedChat, message: ListedMessage): MissedEvent {
  const { eventId, eventType, messageId, chatId, at } = baseOf(chat, message, 'failed');
  return { kind: 'message-failed', eventId, eventType, messageId, chatId, at, code: null };
}

function baseOf(chat: ListedChat, message: ListedMessage, status: keyof typeof EVENT_TYPES) {
  return {
    eventId: `recovered:${message.messageId}:${status}`,
    eventType: EVENT_TYPES[status],
    messageId: message.messageId,
    chatId: chat.chatId,
    linePhoneNumber: chat.linePhoneNumber,
    at: message.at,
    isGroup: chat.isGroup,
    chatHealth: chat.health,
    service: message.service ?? chat.service,
    recovered: true,
  };
}
