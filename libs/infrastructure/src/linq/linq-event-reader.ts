import {
  type ChatHealthNews,
  type ProviderEvent,
  ProviderEventReader,
  type ReadEvent,
} from '@linekeeper/application';
import type { EpochMs } from '@linekeeper/domain';
import type { z } from 'zod';
import {
  chatCreated,
  envelope,
  failed,
  message2025,
  message2026,
  statusUpdated,
} from './event-shapes';
import {
  type Framed,
  idsOf,
  ignored,
  instantIn,
  readFramed,
  required,
  shaped,
  WrongShape,
} from './event-frame';
import { parseInstant } from './instants';
import { textOf } from './parts';
import { chatHealthNewsOf, reputationOf, statusOf } from './words';

type Envelope = z.infer<typeof envelope> & Framed;
type MessageKind = 'message-received' | 'message-sent' | 'message-delivered' | 'message-read';

const OLD_VERSION = '2025-01-01';

/**
 * Reads Linq's V3 webhook bodies, of both payload versions: the body's own version decides, and one that we do not
 * know is read like the newest.
 */
export class LinqEventReader extends ProviderEventReader {
  read(rawBody: string, receivedAt: EpochMs): ReadEvent {
    return readFramed(rawBody, receivedAt, envelope, byType);
  }
}

function byType(event: Envelope): ReadEvent {
  switch (event.event_type) {
    case 'message.received':
      return message(event, 'message-received');
    case 'message.sent':
      return message(event, 'message-sent');
    case 'message.delivered':
      return message(event, 'message-delivered');
    case 'message.read':
      return message(event, 'message-read');
    case 'message.failed':
      return failedMessage(event);
    case 'phone_number.status_updated':
      return lineStatus(event);
    case 'chat.created':
      return newChat(event);
    default:
      return ignored(event);
  }
}

/** What the two versions tell of a message, in one form. */
interface Told {
  readonly messageId: string;
  readonly chatId: string;
  readonly line: string | null;
  readonly sender: string | null;
  /** Null when the body does not say. */
  readonly inbound: boolean | null;
  readonly at: EpochMs;
  readonly isGroup: boolean;
  readonly chatHealth: ChatHealthNews | null;
  readonly service: string | null;
  readonly text: string;
  readonly idempotencyKey: string | null;
  readonly recovered: boolean;
}

function message(event: Envelope, kind: MessageKind): ReadEvent {
  const received = kind === 'message-received';
  const told = event.webhook_version === OLD_VERSION ? told2025(event, received) : told2026(event);
  if (told.inbound !== null && told.inbound !== received) {
    throw new WrongShape('the direction contradicts the event type');
  }
  // The sender of an outbound message is the line; of an inbound one, the person.
  const line = told.line ?? (received ? null : told.sender);
  const common = {
    ...idsOf(event),
    messageId: told.messageId,
    chatId: told.chatId,
    linePhoneNumber: required(line, 'the line'),
    at: told.at,
    isGroup: told.isGroup,
    chatHealth: told.chatHealth,
    service: told.service,
    recovered: told.recovered,
  };
  const read: ProviderEvent = received
    ? { ...common, kind, from: required(told.sender, 'the sender'), text: told.text }
    : { ...common, kind, idempotencyKey: told.idempotencyKey };
  return { kind: 'event', orderKey: `chat:${told.chatId}`, event: read };
}

function told2026(event: Envelope): Told {
  const data = shaped(message2026, event.data, 'a message');
  const at = instant(event, data.sent_at);
  return {
    messageId: data.id,
    chatId: data.chat.id,
    line: data.chat.owner_handle?.handle ?? null,
    sender: data.sender_handle?.handle ?? null,
    inbound: INBOUND.get(data.direction ?? '') ?? null,
    at,
    isGroup: data.chat.is_group === true,
    chatHealth: chatHealthNewsOf(data.chat.health_status, at),
    service: data.service ?? null,
    text: textOf(data.parts),
    idempotencyKey: data.idempotency_key ?? null,
    recovered: parseInstant(data.reconciled_at) !== null,
  };
}

const INBOUND: ReadonlyMap<string, boolean> = new Map([
  ['inbound', true],
  ['outbound', false],
]);

function told2025(event: Envelope, received: boolean): Told {
  const data = shaped(message2025, event.data, 'a message');
  return {
    messageId: required(data.message_id ?? data.message?.id, 'the message'),
    chatId: data.chat_id,
    line: received ? (data.recipient_handle?.handle ?? data.recipient_phone ?? null) : null,
    sender: data.from_handle?.handle ?? data.from ?? null,
    inbound: typeof data.is_from_me === 'boolean' ? !data.is_from_me : null,
    at: instant(event, data.message?.sent_at, data.received_at),
    isGroup: data.is_group === true,
    chatHealth: null,
    service: data.service ?? null,
    text: textOf(data.message?.parts),
    idempotencyKey: data.idempotency_key ?? null,
    recovered: false,
  };
}

/** Ordered by itself: it may name a thread of which nothing was heard yet, and must not hold that thread up. */
function failedMessage(event: Envelope): ReadEvent {
  const data = shaped(failed, event.data, 'a failed message');
  const messageId = data.message_id ?? null;
  return {
    kind: 'event',
    orderKey: messageId === null ? `event:${event.event_id}` : `message:${messageId}`,
    event: {
      ...idsOf(event),
      kind: 'message-failed',
      messageId,
      chatId: data.chat_id ?? null,
      code: data.code,
      at: instant(event, data.failed_at),
    },
  };
}

function lineStatus(event: Envelope): ReadEvent {
  const data = shaped(statusUpdated, event.data, 'a line status');
  return {
    kind: 'event',
    orderKey: `line:${data.phone_number}`,
    event: {
      ...idsOf(event),
      kind: 'line-status',
      phoneNumber: data.phone_number,
      status: statusOf(data.new_status),
      // The second is the name that the reputation had before; older bodies have only this one.
      reputation: reputationOf(data.new_reputation ?? data.new_health_status),
      changedAt: instant(event, data.changed_at),
    },
  };
}

function newChat(event: Envelope): ReadEvent {
  const data = shaped(chatCreated, event.data, 'a chat');
  const line = data.handles.find(({ is_me: isMe }) => isMe === true)?.handle;
  const participants = data.handles
    .filter(({ is_me: isMe }) => isMe !== true)
    .map((each) => each.handle);
  return {
    kind: 'event',
    orderKey: `chat:${data.id}`,
    event: {
      ...idsOf(event),
      kind: 'chat-created',
      chatId: data.id,
      linePhoneNumber: required(line, 'the line'),
      participants,
      isGroup: data.is_group ?? participants.length > 1,
      at: instant(event, data.created_at),
      service: data.service ?? null,
    },
  };
}

function instant(event: Framed, ...told: readonly (string | null | undefined)[]): EpochMs {
  return instantIn(event, parseInstant, ...told);
}
