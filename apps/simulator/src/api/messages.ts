import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { Message } from '../types';
import { messageOnWire, sentMessageOnWire } from '../wire';
import {
  type Api,
  bodyOf,
  type ById,
  chatOr404,
  messageOr404,
  type Query,
  queued,
  traceOf,
} from './context';
import { layoutOf } from './content';
import { editMessage } from './editing';
import { LinqError } from './errors';
import { pageOf } from './paging';
import { mustBeEligible, mustBeInside } from './send-rules';

const partIndex = z.number().int().min(0).default(0);
const edit = z.looseObject({ text: z.string().min(1).max(10_000), part_index: partIndex });
const reaction = z
  .looseObject({
    operation: z.enum(['add', 'remove']),
    type: z.enum([
      'love',
      'like',
      'dislike',
      'laugh',
      'emphasize',
      'question',
      'custom',
      'sticker',
    ]),
    custom_emoji: z.string().min(1).max(64).nullish(),
    part_index: partIndex,
  })
  .refine(({ type, custom_emoji: emoji }) => (type === 'custom') === (typeof emoji === 'string'));

/** Single messages: read, edited, forgotten, reacted to. */
export function messageRoutes(app: FastifyInstance, { world, play, sending }: Api): void {
  app.get<ById>('/messages/:id', (request) => shown(messageOr404(world, request.params.id)));

  app.delete<ById>('/messages/:id', (request, reply) => {
    messageOr404(world, request.params.id).deleted = true;
    world.changes += 1;
    return reply.status(204).send();
  });

  app.patch<ById>('/messages/:id', (request) => {
    const message = heardMessage(request.params.id);
    const chat = chatOr404(world, message.chatId);
    const parsed = edit.safeParse(bodyOf(request));
    if (!parsed.success) throw new LinqError(400, 1001, 'text is required');
    const { text, part_index: index } = parsed.data;
    editMessage({ world, play }, chat, message, { index, text, traceId: traceOf(request) });
    return shown(message);
  });

  app.post<ById>('/messages/:id/reactions', (request, reply) => {
    const message = heardMessage(request.params.id);
    const chat = chatOr404(world, message.chatId);
    const parsed = reaction.safeParse(bodyOf(request));
    if (!parsed.success) throw new LinqError(400, 1005, 'operation, type or emoji is invalid');
    const { operation, type, custom_emoji: customEmoji, part_index: index } = parsed.data;
    if (type === 'sticker') throw new LinqError(400, 1005, 'Stickers cannot be sent');
    if (!message.parts[index]) throw new LinqError(400, 1005, 'part_index is out of range');
    const change = {
      ...{ handle: chat.line, operation, type },
      ...{ customEmoji: customEmoji ?? null, partIndex: index },
    };
    play.react(chat, message, change, traceOf(request), world.clock.now());
    return reply.status(world.config.reactionStatus).send(queued('Reaction queued', request));
  });

  app.get<ById & { Querystring: Query }>('/messages/:id/thread', (request) => {
    const message = messageOr404(world, request.params.id);
    const root = message.extras?.replyTo?.message_id ?? message.id;
    const thread = (world.messageIdsByChat.get(message.chatId) ?? [])
      .flatMap((id) => world.messages.get(id) ?? [])
      .filter((each) => !each.deleted)
      .filter((each) => each.id === root || each.extras?.replyTo?.message_id === root);
    const ordered = request.query['order'] === 'desc' ? thread.reverse() : thread;
    const { page, nextCursor } = pageOf(ordered, request.query, 50);
    return { messages: page.map(shown), next_cursor: nextCursor };
  });

  app.post<ById>('/messages/:id/update', (request, reply) => {
    const original = messageOr404(world, request.params.id);
    const body = bodyOf(request);
    const card = original.parts.find(({ type }) => type === 'imessage_app');
    if (card?.type !== 'imessage_app' || original.direction === 'in') {
      throw new LinqError(400, 1008, 'Not an iMessage app card of yours');
    }
    if (original.deliveredAt === null) {
      throw new LinqError(409, 2015, 'The card is not delivered yet');
    }
    const { url, fallback_text: fallback } = body;
    const part = {
      type: card.type,
      app: card.app,
      layout: layoutOf(body['layout']),
      url: typeof url === 'string' ? url : card.url,
      fallbackText: typeof fallback === 'string' ? fallback : card.fallbackText,
    };
    const content = { parts: [part], key: null, extras: null, hasLink: false };
    const wish = { content, overrideOptOut: false, traceId: traceOf(request) };
    const { chat, message } = sending.toChat(original.chatId, wish);
    const answer = { chat_id: chat.id, message: sentMessageOnWire(world, chat, message) };
    return reply.status(world.config.appCardStatus).send(answer);
  });

  const shown = (message: Message): object =>
    messageOnWire(world, chatOr404(world, message.chatId), message);

  /** A message about which the line may make itself heard. */
  function heardMessage(id: string): Message {
    const message = messageOr404(world, id);
    mustBeEligible(world, world.lines.get(message.line));
    mustBeInside(chatOr404(world, message.chatId));
    return message;
  }
}
