import { partInWebhook } from './parts';
import type { Chat, Message } from './types';
import {
  chatHealth,
  chatOnWire,
  handleIn,
  instant,
  instantInWebhook,
  instantOrNull,
  ownHandle,
} from './wire';
import type { World } from './world';

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
  const shown = {
    sender: out ? ownHandle(chat) : handleIn(chat, message.handle),
    sentAt: instantInWebhook(message.sentAt ?? message.at, odd),
    parts: message.parts.map((part) => partInWebhook(world, part)),
    effect: message.extras?.effect ?? null,
    replyTo: message.extras?.replyTo ?? null,
  };
  return version === '2025-01-01'
    ? dataOf2025(chat, message, shown)
    : dataOf2026(chat, message, shown);
}

interface Shown {
  readonly sender: object;
  readonly sentAt: string;
  readonly parts: readonly object[];
  readonly effect: object | null;
  readonly replyTo: object | null;
}

/** The newer one: the line is `chat.owner_handle`, and there is a direction. */
function dataOf2026(chat: Chat, message: Message, shown: Shown): object {
  const out = message.direction === 'out';
  return {
    id: message.id,
    chat: chatInEvent(chat),
    direction: out ? 'outbound' : 'inbound',
    sender_handle: shown.sender,
    parts: shown.parts,
    service: message.service,
    ...(out
      ? {
          preferred_service: message.extras?.preferredService ?? null,
          idempotency_key: message.idempotencyKey,
        }
      : {}),
    effect: shown.effect,
    reply_to: shown.replyTo,
    sent_at: shown.sentAt,
    delivered_at: instantOrNull(message.deliveredAt),
    read_at: instantOrNull(message.readAt),
  };
}

/** The older one: a nested message, who it is from and to, and no health. */
function dataOf2025(chat: Chat, message: Message, shown: Shown): object {
  const out = message.direction === 'out';
  const deliveredAt = instantOrNull(message.deliveredAt);
  const readAt = instantOrNull(message.readAt);
  return {
    chat_id: chat.id,
    is_group: chat.isGroup,
    is_from_me: out,
    from: out ? chat.line : message.handle,
    from_handle: shown.sender,
    recipient_handle: out ? null : ownHandle(chat),
    recipient_phone: null,
    received_at: out ? null : shown.sentAt,
    service: message.service,
    preferred_service: message.extras?.preferredService ?? null,
    idempotency_key: message.idempotencyKey,
    message: {
      id: message.id,
      parts: shown.parts,
      ...(shown.effect ? { effect: shown.effect } : {}),
      ...(shown.replyTo ? { reply_to: shown.replyTo } : {}),
      is_delivered: deliveredAt !== null,
      is_read: readAt !== null,
      sent_at: shown.sentAt,
      delivered_at: deliveredAt,
      read_at: readAt,
      created_at: shown.sentAt,
      updated_at: readAt ?? deliveredAt ?? shown.sentAt,
    },
  };
}

function chatInEvent(chat: Chat): object {
  return {
    id: chat.id,
    is_group: chat.isGroup,
    health_status: chatHealth(chat),
    owner_handle: ownHandle(chat),
  };
}

export function chatCreatedData(chat: Chat): object {
  const {
    is_archived: _archived,
    group_chat_icon: _icon,
    ...data
  } = chatOnWire(chat) as Record<string, unknown>;
  return data;
}

export function messageEditedData(
  chat: Chat,
  message: Message,
  part: { index: number; text: string },
  at: number,
): object {
  return {
    id: message.id,
    chat: chatInEvent(chat),
    direction: message.direction === 'out' ? 'outbound' : 'inbound',
    edited_at: instant(at),
    part,
    sender_handle: message.direction === 'out' ? ownHandle(chat) : handleIn(chat, message.handle),
  };
}

export function reactionData(
  chat: Chat,
  message: Message,
  reaction: { handle: string; type: string; customEmoji: string | null; partIndex: number },
  at: number,
): object {
  return {
    reaction_type: reaction.type,
    is_from_me: reaction.handle === chat.line,
    chat_id: chat.id,
    message_id: message.id,
    part_index: reaction.partIndex,
    from: reaction.handle,
    from_handle: handleIn(chat, reaction.handle),
    custom_emoji: reaction.customEmoji,
    sticker: null,
    reacted_at: instant(at),
    service: chat.service,
  };
}
