import type { Subject } from '../delivery';
import { textOf } from '../parts';
import type { Chat, Message } from '../types';
import { displayName } from '../wire';
import type { World } from '../world';
import type { V2EventType } from './event-types';
import { spaced } from './instants';
import { attachmentsOnV2, chatOnV2, reactionKey } from './wire';

/** An event in the words of V2. */
export interface ToldOnV2 {
  readonly type: V2EventType;
  readonly data: object;
}

/** The same happenings under other names; what is not here (delivered, failed, edited, lines) V2 tells nothing of. */
const NAMES: Readonly<Record<string, V2EventType>> = {
  'message.sent': 'message.sent',
  'message.received': 'message.received',
  'message.read': 'message.read',
  'chat.created': 'chat.created',
  'participant.added': 'participant.added',
  'participant.removed': 'participant.removed',
  'chat.typing_indicator.started': 'typing_indicator.received',
  'chat.typing_indicator.stopped': 'typing_indicator.removed',
};

/** Null for what V2 does not tell. Ids are texts here, though the API gives them as numbers. */
export function eventOnV2(world: World, type: string, about: Subject): ToldOnV2 | null {
  const name = about.kind === 'reaction' ? reactionName(type, about) : NAMES[type];
  return name === undefined ? null : { type: name, data: dataOf(world, name, about) };
}

/** There is no event for a reaction that was taken back. */
function reactionName(
  type: string,
  { chat, reaction }: Subject & { kind: 'reaction' },
): V2EventType | undefined {
  if (type !== 'reaction.added') return undefined;
  return reaction.handle === chat.line ? 'reaction.sent' : 'reaction.received';
}

function dataOf(world: World, type: V2EventType, about: Subject): object {
  switch (about.kind) {
    case 'message':
      return type === 'message.read'
        ? readData(world, about)
        : messageData(world, about.chat, about.message);
    case 'reaction':
      return reactionData(world, about);
    case 'typing':
      return {
        chat_id: chatId(world, about.chat),
        display: about.started,
        timestamp: spaced(about.at),
        chat_handles: handles(about.chat),
      };
    case 'member':
      // Its payload is published nowhere: as much as the other events tell (choice).
      return {
        chat_id: chatId(world, about.chat),
        participant: {
          id: String(world.v2.numbers.handle.of(about.member.id)),
          identifier: about.member.handle,
        },
        chat_handles: handles(about.chat),
      };
    case 'chat':
      // As the API shows it, with the id as text and the handles as in the other events (choice).
      return {
        ...chatOnV2(world, about.chat),
        id: chatId(world, about.chat),
        display_name: displayName(about.chat),
        chat_handles: handles(about.chat),
      };
  }
}

function messageData(world: World, chat: Chat, message: Message): object {
  const inbound = message.direction === 'in';
  const repliedTo = inbound ? message.extras?.replyTo?.message_id : undefined;
  return {
    id: messageId(world, message),
    chat_id: chatId(world, chat),
    text: textOf(message.parts),
    sent_at: spaced(message.sentAt ?? message.at),
    is_read: message.readAt !== null,
    from_phone: inbound ? message.handle : chat.line,
    service: message.service,
    reaction_id: null,
    chat_handles: handles(chat),
    attachments: attachmentsOnV2(world, message.parts).map(withoutSize),
    ...(repliedTo === undefined
      ? {}
      : { replied_to_chat_message_id: String(world.v2.numbers.message.of(repliedTo)) }),
  };
}

function readData(world: World, { chat, message, at }: Subject & { kind: 'message' }): object {
  return {
    id: messageId(world, message),
    chat_id: chatId(world, chat),
    read_at: spaced(message.readAt ?? at),
  };
}

function reactionData(world: World, about: Subject & { kind: 'reaction' }): object {
  const { chat, message, reaction, at } = about;
  const who = chat.members.findLast(({ handle }) => handle === reaction.handle);
  return {
    id: String(world.v2.numbers.reaction.of(reactionKey(message, reaction))),
    chat_message_id: messageId(world, message),
    chat_id: chatId(world, chat),
    reaction: reaction.type,
    is_from_me: reaction.handle === chat.line,
    sent_at: spaced(at),
    created_at: spaced(at),
    chat_handle: {
      id: who ? String(world.v2.numbers.handle.of(who.id)) : null,
      identifier: reaction.handle,
    },
    chat_handles: handles(chat),
    associated_message: {
      id: messageId(world, message),
      text: textOf(message.parts),
      sent_at: spaced(message.sentAt ?? message.at),
    },
  };
}

/** Everybody who is in the chat, our line too: this is how a subscriber learns which line it is. */
function handles(chat: Chat): object[] {
  return chat.members
    .filter(({ status }) => status === 'active')
    .map(({ handle }) => ({
      identifier: handle,
      display_name: handle,
      is_me: handle === chat.line,
    }));
}

function withoutSize(attachment: object): object {
  const { file_size: _size, ...rest } = attachment as Record<string, unknown>;
  return rest;
}

const chatId = (world: World, chat: Chat): string => String(world.v2.numbers.chat.of(chat.id));
const messageId = (world: World, message: Message): string =>
  String(world.v2.numbers.message.of(message.id));
