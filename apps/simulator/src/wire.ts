import { partsOnWire } from './parts';
import type { Chat, Line, Member, Message } from './types';
import type { World } from './world';

/** How things look on the wire of V3. */
const DOCS = 'https://docs.linqapp.com';

export function instant(at: number): string {
  return new Date(at).toISOString();
}

export const instantOrNull = (at: number | null): string | null =>
  at === null ? null : instant(at);

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

export function memberOnWire(chat: Chat, member: Member): object {
  return {
    id: member.id,
    handle: member.handle,
    is_me: member.handle === chat.line,
    service: chat.service,
    status: member.status,
    joined_at: instant(member.joinedAt),
    left_at: instantOrNull(member.leftAt),
  };
}

export function handlesOf(chat: Chat): object[] {
  return chat.members.map((member) => memberOnWire(chat, member));
}

export function ownHandle(chat: Chat): object {
  return handleIn(chat, chat.line);
}

/** Who has that handle in the chat, or had it last. */
export function handleIn(chat: Chat, handle: string): object {
  const member = chat.members.findLast((each) => each.handle === handle);
  if (!member) throw new Error('A handle that was never in its chat');
  return memberOnWire(chat, member);
}

const senderHandle = (chat: Chat, message: Message): object =>
  message.direction === 'out' ? ownHandle(chat) : handleIn(chat, message.handle);

export const displayName = (chat: Chat): string => chat.displayName ?? chat.people.join(', ');

export function chatOnWire(chat: Chat): object {
  return {
    id: chat.id,
    created_at: instant(chat.createdAt),
    updated_at: instant(chat.updatedAt),
    display_name: displayName(chat),
    handles: handlesOf(chat),
    health_status: chatHealth(chat),
    is_archived: false,
    is_group: chat.isGroup,
    group_chat_icon: chat.icon,
    service: chat.service,
  };
}

export function sentMessageOnWire(world: World, chat: Chat, message: Message): object {
  return {
    id: message.id,
    created_at: instant(message.at),
    sent_at: instantOrNull(message.sentAt),
    delivered_at: instantOrNull(message.deliveredAt),
    delivery_status: message.status,
    is_read: message.readAt !== null,
    service: message.service,
    preferred_service: message.extras?.preferredService ?? null,
    effect: message.extras?.effect ?? null,
    reply_to: message.extras?.replyTo ?? null,
    from_handle: senderHandle(chat, message),
    parts: partsOnWire(world, chat, message, handleIn),
  };
}

export function messageOnWire(world: World, chat: Chat, message: Message): object {
  return {
    ...sentMessageOnWire(world, chat, message),
    chat_id: chat.id,
    updated_at: instant(
      Math.max(message.at, message.deliveredAt ?? 0, message.readAt ?? 0, message.editedAt ?? 0),
    ),
    is_delivered: message.deliveredAt !== null,
    is_from_me: message.direction === 'out',
    read_at: instantOrNull(message.readAt),
    from: message.direction === 'out' ? chat.line : message.handle,
  };
}
