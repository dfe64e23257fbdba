import type { FastifyRequest } from 'fastify';
import type { Play } from '../play';
import type { Stepper } from '../stepper';
import type { Chat, Message } from '../types';
import type { World } from '../world';
import { LinqError, notFound } from './errors';
import type { Sending } from './sending';

/** What the routes of the partner API work on. */
export interface Api {
  readonly world: World;
  readonly play: Play;
  readonly sending: Sending;
  readonly stepper: Stepper;
}

export interface ById {
  Params: { id: string };
}
export type Query = Record<string, unknown>;

const TRACE = Symbol('trace');
type Traced = FastifyRequest & { [TRACE]?: string };

/** The trace id that the answer to this request carries. */
export function traceOf(request: FastifyRequest): string {
  return (request as Traced)[TRACE] ?? '';
}

export function setTrace(request: FastifyRequest, trace: string): void {
  (request as Traced)[TRACE] = trace;
}

export function bodyOf(request: FastifyRequest): Record<string, unknown> {
  const { body } = request;
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new LinqError(400, 1003, 'A JSON object is expected');
  }
  return body as Record<string, unknown>;
}

export function chatOr404(world: World, id: string): Chat {
  const chat = world.chats.get(id);
  if (!chat) throw notFound(2001, 'Chat');
  return chat;
}

/** A message of the API; what was deleted there is not found, though the books keep it. */
export function messageOr404(world: World, id: string): Message {
  const message = world.messages.get(id);
  if (!message || message.deleted) throw notFound(2002, 'Message');
  return message;
}

/** The answer to what will be done later. */
export function queued(message: string, request: FastifyRequest): object {
  return { message, status: 'accepted', trace_id: traceOf(request) };
}
