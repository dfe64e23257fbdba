import { ProviderEventReader, type ReadEvent } from '@linekeeper/application';
import type { EpochMs } from '@linekeeper/domain';
import type { z } from 'zod';
import {
  type Framed,
  idsOf,
  ignored,
  instantIn,
  readFramed,
  required,
  shaped,
  WrongShape,
} from '../linq/event-frame';
import { storableText } from '../linq/parts';
import { chatCreated, envelope, message } from './event-shapes';
import { messageIdOf } from './ids';
import { parseV2Instant } from './instants';

type Envelope = z.infer<typeof envelope> & Framed;
type Handles = z.infer<typeof message>['chat_handles'];

/**
 * Reads Linq's V2 webhook bodies. They tell no keys and no health. `message.read` names neither line nor person and is
 * ignored, since an event of ours never guesses a line; what was read can be asked for with the message.
 */
export class LinqV2EventReader extends ProviderEventReader {
  read(rawBody: string, receivedAt: EpochMs): ReadEvent {
    return readFramed(rawBody, receivedAt, envelope, byType);
  }
}

function byType(event: Envelope): ReadEvent {
  switch (event.event_type) {
    case 'message.received':
      return received(event);
    case 'message.sent':
      return sent(event);
    case 'chat.created':
      return newChat(event);
    default:
      return ignored(event);
  }
}

function received(event: Envelope): ReadEvent {
  const data = shaped(message, event.data, 'a message');
  const line = required(lineAmong(data.chat_handles), 'the line');
  const from = required(data.from_phone, 'the sender');
  if (from === line) throw new WrongShape('the sender contradicts the event type');
  return {
    kind: 'event',
    orderKey: `chat:${data.chat_id}`,
    event: {
      ...factsOf(event, data, line),
      kind: 'message-received',
      from,
      text: storableText(data.text ?? ''),
    },
  };
}

function sent(event: Envelope): ReadEvent {
  const data = shaped(message, event.data, 'a message');
  // The sender of our own message is the line.
  const told = lineAmong(data.chat_handles);
  const line = required(told ?? data.from_phone, 'the line');
  if (data.from_phone && data.from_phone !== line) {
    throw new WrongShape('the sender contradicts the event type');
  }
  const [only, ...rest] = othersAmong(data.chat_handles, line);
  return {
    kind: 'event',
    orderKey: `chat:${data.chat_id}`,
    event: {
      ...factsOf(event, data, line),
      kind: 'message-sent',
      idempotencyKey: null,
      ...(only === undefined || rest.length > 0 ? {} : { to: only }),
    },
  };
}

/** The messages of a new chat tell the same, so a body without a line is no loss. */
function newChat(event: Envelope): ReadEvent {
  const data = chatCreated.safeParse(event.data).data;
  const line = data && lineAmong(data.chat_handles);
  if (!line) return ignored(event);
  const participants = othersAmong(data.chat_handles, line);
  return {
    kind: 'event',
    orderKey: `chat:${data.id}`,
    event: {
      ...idsOf(event),
      kind: 'chat-created',
      chatId: data.id,
      linePhoneNumber: line,
      participants,
      isGroup: data.group ?? participants.length > 1,
      at: instant(event, data.created_at),
      service: data.service ?? null,
    },
  };
}

function factsOf(event: Envelope, data: z.infer<typeof message>, line: string) {
  return {
    ...idsOf(event),
    messageId: messageIdOf(data.chat_id, data.id),
    chatId: data.chat_id,
    linePhoneNumber: line,
    at: instant(event, data.sent_at),
    isGroup: othersAmong(data.chat_handles, line).length > 1,
    chatHealth: null,
    service: data.service ?? null,
    recovered: false,
  };
}

function lineAmong(handles: Handles): string | null {
  return handles.find(({ is_me: isMe }) => isMe === true)?.identifier ?? null;
}

/** Our line may stand there without its mark. */
function othersAmong(handles: Handles, line: string): string[] {
  return handles
    .filter(({ is_me: isMe, identifier }) => isMe !== true && identifier !== line)
    .map(({ identifier }) => identifier);
}

function instant(event: Framed, told: string | null | undefined): EpochMs {
  return instantIn(event, parseV2Instant, told);
}
