import { type ProviderEvent, ProviderEventReader, type ReadEvent } from '@linekeeper/application';
import type { EpochMs } from '@linekeeper/domain';
import type { z } from 'zod';
import { chatCreated, envelope, failed, message2025, message2026, statusUpdated } from './event-shapes';
import { parseInstant } from './instants';
import { chatHealthOf, reputationOf, statusOf } from './words';

type Envelope = z.infer<typeof envelope>;
interface Base {
  readonly eventId: string;
  readonly eventType: string;
}

const MESSAGE_KINDS = {
  'message.received': 'message-received',
  'message.sent': 'message-sent',
  'message.delivered': 'message-delivered',
  'message.read': 'message-read',
} as const;
type MessageKind = (typeof MESSAGE_KINDS)[keyof typeof MESSAGE_KINDS];

/** Reads Linq's V3 webhook bodies, of both payload versions: the body's own version decides. */
export class LinqEventReader extends ProviderEventReader {
  read(rawBody: string): ReadEvent {
    let json: unknown;
    try {
      json = JSON.parse(rawBody);
    } catch {
      return unreadable(null, 'not JSON');
    }
    const parsed = envelope.safeParse(json);
    if (!parsed.success) return unreadable(json, 'not an event envelope');
    const event = parsed.data;
    const createdAt = parseInstant(event.created_at);
    if (createdAt === null) return unreadable(json, 'created_at is no instant');
    try {
      return this.byType(event, createdAt) ?? unreadable(json, `a ${event.event_type} of another shape`);
    } catch (error) {
      return unreadable(json, error instanceof Error ? error.message : 'not understood');
    }
  }

  private byType(event: Envelope, createdAt: EpochMs): ReadEvent | null {
    const base: Base = { eventId: event.event_id, eventType: event.event_type };
    const kind = Object.hasOwn(MESSAGE_KINDS, event.event_type)
      ? MESSAGE_KINDS[event.event_type as keyof typeof MESSAGE_KINDS]
      : null;
    if (kind !== null) {
      const old = event.webhook_version === '2025-01-01';
      return old ? oldMessage(base, kind, event, createdAt) : message(base, kind, event, createdAt);
    }
    switch (event.event_type) {
      case 'message.failed':
        return failedMessage(base, event, createdAt);
      case 'phone_number.status_updated':
        return lineStatus(base, event, createdAt);
      case 'chat.created':
        return newChat(base, event, createdAt);
      default:
        return { kind: 'event', orderKey: `event:${base.eventId}`, event: { ...base, kind: 'ignored' } };
    }
  }
}

function message(base: Base, kind: MessageKind, event: Envelope, createdAt: EpochMs): ReadEvent | null {
  const parsed = message2026.safeParse(event.data);
  if (!parsed.success) return null;
  const { data } = parsed;
  const inbound = data.direction === 'inbound';
  // For an outbound message the sender is the line; for an inbound one only the chat names it.
  const line = data.chat.owner_handle?.handle ?? (inbound ? null : data.sender_handle.handle);
  if (line === null || inbound !== (kind === 'message-received')) return null;
  return messageEvent(base, kind, {
    messageId: data.id,
    chatId: data.chat.id,
    linePhoneNumber: line,
    at: parseInstant(data.sent_at) ?? createdAt,
    isGroup: data.chat.is_group === true,
    chatHealth: chatHealthOf(data.chat.health_status),
    service: data.service ?? null,
    from: data.sender_handle.handle,
    text: textOf(data.parts),
    idempotencyKey: data.idempotency_key ?? null,
  });
}

function oldMessage(base: Base, kind: MessageKind, event: Envelope, createdAt: EpochMs): ReadEvent | null {
  const parsed = message2025.safeParse(event.data);
  if (!parsed.success) return null;
  const { data } = parsed;
  const inbound = kind === 'message-received';
  const sender = data.from_handle?.handle ?? data.from ?? null;
  const line = inbound ? (data.recipient_handle?.handle ?? data.recipient_phone ?? null) : sender;
  const id = data.message_id ?? data.message?.id;
  if (line === null || sender === null || !id || data.is_from_me === inbound) return null;
  return messageEvent(base, kind, {
    messageId: id,
    chatId: data.chat_id,
    linePhoneNumber: line,
    at: parseInstant(data.message?.sent_at) ?? parseInstant(data.received_at) ?? createdAt,
    isGroup: data.is_group === true,
    chatHealth: null,
    service: data.service ?? null,
    from: sender,
    text: textOf(data.message?.parts ?? []),
    idempotencyKey: data.idempotency_key ?? null,
  });
}

function messageEvent(
  base: Base,
  kind: MessageKind,
  { from, text, idempotencyKey, ...common }: {
    readonly messageId: string;
    readonly chatId: string;
    readonly linePhoneNumber: string;
    readonly at: EpochMs;
    readonly isGroup: boolean;
    readonly chatHealth: ReturnType<typeof chatHealthOf>;
    readonly service: string | null;
    readonly from: string;
    readonly text: string;
    readonly idempotencyKey: string | null;
  },
): ReadEvent {
  const event: ProviderEvent =
    kind === 'message-received'
      ? { ...base, ...common, kind, from, text }
      : { ...base, ...common, kind, idempotencyKey };
  return { kind: 'event', orderKey: `chat:${common.chatId}`, event };
}

/** Ordered by itself: it may name a thread of which nothing was heard yet, and must not hold that thread up. */
function failedMessage(base: Base, event: Envelope, createdAt: EpochMs): ReadEvent | null {
  const parsed = failed.safeParse(event.data);
  if (!parsed.success) return null;
  const { data } = parsed;
  return {
    kind: 'event',
    orderKey: `message:${data.message_id ?? base.eventId}`,
    event: {
      ...base,
      kind: 'message-failed',
      messageId: data.message_id ?? null,
      chatId: data.chat_id ?? null,
      code: data.code,
      at: parseInstant(data.failed_at) ?? createdAt,
    },
  };
}

function lineStatus(base: Base, event: Envelope, createdAt: EpochMs): ReadEvent | null {
  const parsed = statusUpdated.safeParse(event.data);
  if (!parsed.success) return null;
  const { data } = parsed;
  return {
    kind: 'event',
    orderKey: `line:${data.phone_number}`,
    event: {
      ...base,
      kind: 'line-status',
      phoneNumber: data.phone_number,
      status: statusOf(data.new_status),
      reputation: reputationOf(data.new_reputation ?? data.new_health_status),
      changedAt: parseInstant(data.changed_at) ?? createdAt,
    },
  };
}

function newChat(base: Base, event: Envelope, createdAt: EpochMs): ReadEvent | null {
  const parsed = chatCreated.safeParse(event.data);
  if (!parsed.success) return null;
  const { data } = parsed;
  const line = data.handles.find(({ is_me }) => is_me === true)?.handle;
  if (line === undefined) return null;
  return {
    kind: 'event',
    orderKey: `chat:${data.id}`,
    event: {
      ...base,
      kind: 'chat-created',
      chatId: data.id,
      linePhoneNumber: line,
      participants: data.handles.filter(({ is_me }) => is_me !== true).map((each) => each.handle),
      isGroup: data.is_group === true,
      at: parseInstant(data.created_at) ?? createdAt,
      service: data.service ?? null,
    },
  };
}

function textOf(parts: readonly { readonly type: string; readonly value?: string | null | undefined }[]): string {
  return parts
    .filter(({ type }) => type === 'text')
    .map(({ value }) => value ?? '')
    .join('\n');
}

function unreadable(json: unknown, why: string): ReadEvent {
  const told = (typeof json === 'object' && json !== null ? json : {}) as Record<string, unknown>;
  const text = (value: unknown): string | null =>
    typeof value === 'string' && value.length > 0 && value.length <= 200 ? value : null;
  return { kind: 'unreadable', eventId: text(told['event_id']), eventType: text(told['event_type']), why };
}
