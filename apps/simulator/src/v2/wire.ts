import { fileUrl, textOf } from '../parts';
import type { Chat, Line, Member, Message, Part } from '../types';
import { displayName } from '../wire';
import type { World } from '../world';
import { toSecond, toSecondOrNull } from './instants';

/** How things look on the wire of V2: numbers for ids, a text and its attachments instead of parts. */
export function lineOnV2(world: World, line: Line): object {
  return {
    id: world.v2.numbers.line.of(line.id),
    phone_number: line.phoneNumber,
    forwarding_number: line.forwardingNumber,
    response_rate: world.config.v2ResponseRate,
  };
}

export function handlesOnV2(world: World, chat: Chat): object[] {
  return peopleIn(chat).map((member) => ({
    id: world.v2.numbers.handle.of(member.id),
    phone_number: member.handle,
    service: chat.service,
    joined_at: toSecond(member.joinedAt),
  }));
}

export function chatOnV2(world: World, chat: Chat): object {
  return {
    id: world.v2.numbers.chat.of(chat.id),
    display_name: displayName(chat),
    service: chat.service,
    group: chat.isGroup,
    message_count: messagesOf(world, chat).length,
    chat_handles: handlesOnV2(world, chat),
  };
}

/** What the API still knows of a chat, oldest first. */
export function messagesOf(world: World, chat: Chat): Message[] {
  return (world.messageIdsByChat.get(chat.id) ?? [])
    .flatMap((id) => world.messages.get(id) ?? [])
    .filter(({ deleted }) => !deleted);
}

/** The answer to `POST /chats`: fewer fields, and another list of statuses. */
export function firstMessageOnV2(world: World, message: Message): object {
  return {
    id: world.v2.numbers.message.of(message.id),
    text: textOf(message.parts),
    sent_at: toSecond(message.sentAt ?? message.at),
    delivered_at: toSecondOrNull(message.deliveredAt),
    delivery_status: statusAtFirst(message),
    is_read: message.readAt !== null,
    attachments: attachmentsOnV2(world, message.parts),
  };
}

export function messageOnV2(world: World, chat: Chat, message: Message): object {
  const inbound = message.direction === 'in';
  const sender = chat.members.findLast(({ handle }) => handle === message.handle);
  return {
    id: world.v2.numbers.message.of(message.id),
    text: textOf(message.parts),
    sent_at: toSecond(message.sentAt ?? message.at),
    delivered_at: toSecondOrNull(message.deliveredAt),
    delivery_status: deliveryStatus(world, message),
    edited_at: toSecondOrNull(message.editedAt),
    is_read: message.readAt !== null,
    sent_from: inbound ? message.handle : chat.line,
    // Whose it is among `chat_handles`, where our line does not stand (choice).
    chat_handle_id: inbound && sender ? world.v2.numbers.handle.of(sender.id) : null,
    attachments: attachmentsOnV2(world, message.parts),
    reactions: reactionsOf(message).map((each) => reactionOnV2(world, message, each)),
  };
}

/** A reaction and where it stands; one of a kind per handle and part. */
export interface Standing {
  readonly handle: string;
  readonly type: string;
  readonly partIndex: number;
  readonly at: number;
}

export function reactionsOf(message: Message): Standing[] {
  return message.parts.flatMap((part, partIndex) =>
    (part.reactions ?? []).map(({ handle, type, at = message.at }) => ({
      ...{ handle, type, partIndex, at },
    })),
  );
}

/** What its number stands for. */
export function reactionKey(
  message: Message,
  { handle, type, partIndex }: Omit<Standing, 'at'>,
): string {
  return `${message.id} ${partIndex} ${type} ${handle}`;
}

export function reactionOnV2(world: World, message: Message, standing: Standing): object {
  const at = toSecond(standing.at);
  return {
    id: world.v2.numbers.reaction.of(reactionKey(message, standing)),
    chat_message_id: world.v2.numbers.message.of(message.id),
    reaction: standing.type,
    is_from_me: standing.handle === message.line,
    from_phone: standing.handle,
    ...{ sent_at: at, created_at: at, updated_at: at },
  };
}

export function attachmentsOnV2(world: World, parts: readonly Part[]): object[] {
  return parts.flatMap((part) =>
    part.type === 'media'
      ? {
          id: part.id,
          url: part.url ?? fileUrl(world, part.id, part.filename),
          filename: part.filename,
          mime_type: part.mimeType,
          file_size: part.sizeBytes,
        }
      : [],
  );
}

export function peopleIn(chat: Chat): Member[] {
  return chat.members.filter(({ handle, status }) => handle !== chat.line && status === 'active');
}

/** `queued` is how a message on a throttled line may wait: on V2 that is the likeliest meaning of `paused` (choice). */
function deliveryStatus(world: World, message: Message): string {
  if (message.direction === 'in') return 'delivered';
  switch (message.status) {
    case 'failed':
      return world.config.v2Failed;
    case 'queued':
      return 'paused';
    case 'sent':
      return receivesReceipts(world, message) ? 'pending' : world.config.v2WithoutReceipt;
    case 'delivered':
    case 'read':
      return 'delivered';
    default:
      return 'pending';
  }
}

function receivesReceipts(world: World, message: Message): boolean {
  const isGroup = world.chats.get(message.chatId)?.isGroup ?? false;
  return world.config.receipts && !isGroup && message.service !== 'SMS';
}

/** A failure that will be of the rate limit (code 1007) is known at once; others show when they are asked for. */
function statusAtFirst(message: Message): string {
  if (message.failure === RATE_LIMIT) return 'rate_limit_exceeded';
  if (message.status === 'queued') return 'paused';
  return message.deliveredAt === null ? 'pending' : 'delivered';
}
const RATE_LIMIT = 1007;
