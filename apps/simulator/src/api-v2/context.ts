import type { FastifyRequest } from 'fastify';
import type { Chat, Line, Message } from '../types';
import type { World } from '../world';
import { missing, unprocessable, V2Error } from './errors';

export interface ByNumber {
  Params: { id: string };
}
export type Query = Record<string, unknown>;
type Fields = Record<string, unknown>;

const WHOLE = /^\d{1,15}$/;
const E164 = /^\+[1-9]\d{1,14}$/;
const BARE = /^\d{10}$/;

export function bodyOf(request: FastifyRequest): Fields {
  const fields = fieldsOf(request.body);
  if (!fields) throw new V2Error(400, 'A JSON object or a form is expected as the body');
  return fields;
}

/** Null for what is no object. */
export function fieldsOf(value: unknown): Fields | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Fields)
    : null;
}

/** The uuid behind the number of a path; undefined when it is none. */
export function keyOf(
  world: World,
  kind: keyof World['v2']['numbers'],
  text: string,
): string | undefined {
  return WHOLE.test(text) ? world.v2.numbers[kind].keyOf(Number(text)) : undefined;
}

export function chatOr404(world: World, id: string): Chat {
  const chat = world.chats.get(keyOf(world, 'chat', id) ?? '');
  if (!chat) throw missing('Chat');
  return chat;
}

/** A message that the API still knows, in that chat or in any. */
export function messageOr404(world: World, id: string, chat: Chat | null = null): Message {
  const message = world.messages.get(keyOf(world, 'message', id) ?? '');
  if (!message || message.deleted || (chat && message.chatId !== chat.id)) {
    throw missing('Chat message');
  }
  return message;
}

/** A number as `+12223334444`, or as its last ten digits, which get a `+1`. */
export function phoneNumberOf(value: unknown, name: string): string {
  if (typeof value !== 'string' || value === '') throw unprocessable(`${name} is required`);
  if (E164.test(value)) return value;
  if (BARE.test(value)) return `+1${value}`;
  throw unprocessable(`${name} must look like +12223334444 or have 10 digits`);
}

export function ownLine(world: World, value: unknown, name: string): Line {
  const line = world.lines.get(phoneNumberOf(value, name));
  if (!line) throw unprocessable(`${name} is not one of your phone numbers`);
  return line;
}

/** The line that a request is about, as far as it says: faults may be of one line. */
export function lineAskedFor(world: World, request: FastifyRequest): string | null {
  const { id = '' } = (request.params ?? {}) as { id?: string };
  const path = request.url.replace(/^\/api\/partner\/v2\//, '');
  const chat = path.startsWith('chats/') ? world.chats.get(keyOf(world, 'chat', id) ?? '') : null;
  if (chat) return chat.line;
  if (path.startsWith('chat_messages/')) {
    const message = world.messages.get(keyOf(world, 'message', id) ?? '');
    if (message) return message.line;
  }
  const given = fieldsOf(request.body)?.['send_from'] ?? fieldsOf(request.query)?.['phone_number'];
  return typeof given !== 'string' ? null : BARE.test(given) ? `+1${given}` : given;
}
