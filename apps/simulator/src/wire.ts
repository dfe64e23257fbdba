import type { World } from './world';
import type { Chat, Line, Message } from './types';

/** How things look on the wire of V3. */
const DOCS = 'https://docs.linqapp.com';

export function instant(at: number): string {
  return new Date(at).toISOString();
}

/** Webhooks sometimes carry nanoseconds: a reader that cannot take them is caught. */
export function instantInWebhook(at: number, odd: boolean): string {
  return odd ? new Date(at).toISOString().replace('Z', '123456Z') : new Date(at).toISOString();
}

export function lineReputation(line: Line): { status: string; doc_url: string } {
  return {
    status: line.reputation,
    doc_url: `${DOCS}/guides/phone-numbers/phone-reputation#${line.reputation.toLowerCase()}`,
  };
}

export function chatHealth(chat: Chat): { status: string; doc_url: string; updated_at: string } {
  return {
    status: chat.health,
    doc_url: `${DOCS}/guides/chats/chat-health#${chat.health.toLowerCase()}`,
    updated_at: instant(chat.healthAt),
  };
}

export function handlesOf(chat: Chat): object[] {
  return [chat.line, ...chat.people].map((handle, i) => handleOf(chat, handle, i));
}

function handleOf(chat: Chat, handle: string, index: number): object {
  return {
    id: chat.handleIds[index] ?? chat.id,
    handle,
    is_me: index === 0,
    service: chat.service,
    status: 'active',
    joined_at: instant(chat.createdAt),
    left_at: null,
  };
}

export function ownHandle(chat: Chat): object {
  return handleOf(chat, chat.line, 0);
}

export function otherHandle(chat: Chat, handle: string): object {
  return handleOf(chat, handle, Math.max(1, chat.people.indexOf(handle) + 1));
}

export function chatOnWire(chat: Chat): object {
  return {
    id: chat.id,
    created_at: instant(chat.createdAt),
    updated_at: instant(chat.updatedAt),
    display_name: chat.displayName ?? chat.people.join(', '),
    handles: handlesOf(chat),
    health_status: chatHealth(chat),
    is_archived: false,
    is_group: chat.isGroup,
    service: chat.service,
  };
}

export function sentMessageOnWire(chat: Chat, message: Message): object {
  return {
    id: message.id,
    created_at: instant(message.at),
    sent_at: message.status === 'pending' ? null : instant(message.at),
    delivered_at: message.deliveredAt === null ? null : instant(message.deliveredAt),
    delivery_status: message.status,
    is_read: message.readAt !== null,
    service: message.service,
    preferred_service: null,
    effect: null,
    reply_to: null,
    from_handle: ownHandle(chat),
    parts: [{ type: 'text', value: message.text, text_decorations: null, reactions: null }],
  };
}

export function messageOnWire(chat: Chat, message: Message): object {
  const out = message.direction === 'out';
  return {
    ...sentMessageOnWire(chat, message),
    chat_id: chat.id,
    updated_at: instant(message.readAt ?? message.deliveredAt ?? message.at),
    sent_at: message.status === 'pending' ? null : instant(message.at),
    is_delivered: message.deliveredAt !== null,
    is_from_me: out,
    read_at: message.readAt === null ? null : instant(message.readAt),
    from: out ? chat.line : message.handle,
    from_handle: out ? ownHandle(chat) : otherHandle(chat, message.handle),
  };
}

/** `data` of the four message events, in the version a subscription asked for. */
export function messageEventData(
  world: World,
  message: Message,
  version: string,
  odd: boolean,
): object {
  const chat = world.chats.get(message.chatId);
  if (!chat) throw new Error('A message without its chat');
  const out = message.direction === 'out';
  const sentAt = instantInWebhook(message.at, odd);
  const deliveredAt = message.deliveredAt === null ? null : instant(message.deliveredAt);
  const readAt = message.readAt === null ? null : instant(message.readAt);
  const parts = [{ type: 'text', value: message.text }];
  if (version === '2025-01-01') {
    return {
      chat_id: chat.id,
      is_group: chat.isGroup,
      is_from_me: out,
      from: out ? chat.line : message.handle,
      from_handle: out ? ownHandle(chat) : otherHandle(chat, message.handle),
      recipient_handle: out ? null : ownHandle(chat),
      recipient_phone: null,
      received_at: out ? null : sentAt,
      service: message.service,
      preferred_service: null,
      idempotency_key: message.idempotencyKey,
      message: {
        id: message.id,
        parts,
        is_delivered: deliveredAt !== null,
        is_read: readAt !== null,
        sent_at: sentAt,
        delivered_at: deliveredAt,
        read_at: readAt,
        created_at: sentAt,
        updated_at: readAt ?? deliveredAt ?? sentAt,
      },
    };
  }
  return {
    id: message.id,
    chat: {
      id: chat.id,
      is_group: chat.isGroup,
      health_status: chatHealth(chat),
      owner_handle: ownHandle(chat),
    },
    direction: out ? 'outbound' : 'inbound',
    sender_handle: out ? ownHandle(chat) : otherHandle(chat, message.handle),
    parts,
    service: message.service,
    ...(out ? { preferred_service: null, idempotency_key: message.idempotencyKey } : {}),
    effect: null,
    reply_to: null,
    sent_at: sentAt,
    delivered_at: deliveredAt,
    read_at: readAt,
  };
}
