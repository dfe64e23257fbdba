import type { FastifyInstance, FastifyRequest } from 'fastify';
import { chatHealth, displayName, handlesOf, sentMessageOnWire } from '../wire';
import { type Api, bodyOf, type ById, traceOf } from './context';
import { contentOf } from './content';
import { LinqError } from './errors';
import { excludedOf, phoneNumberOf, recipientsOf } from './handles';
import { answerSend, type Wish } from './sending';

/** The three ways to send: from a line, into a chat, or wherever is best. */
export function sendRoutes(app: FastifyInstance, { world, sending }: Api): void {
  app.post('/chats', (request, reply) => {
    const body = bodyOf(request);
    const from = phoneNumberOf(body['from'], 'from');
    const to = recipientsOf(body['to'], world.config);
    const wish = wishOf(request, 'other');
    const keyed = { key: wish.content.key, target: `${from} ${to.join(' ')}` };
    return answerSend(world, request, reply, keyed, 201, () => {
      const { chat, message } = sending.toPeople(from, to, wish);
      const answer = {
        id: chat.id,
        display_name: displayName(chat),
        is_group: chat.isGroup,
        service: chat.service,
        health_status: chatHealth(chat),
        handles: handlesOf(chat),
        message: sentMessageOnWire(world, chat, message),
      };
      return { body: { chat: answer }, message };
    });
  });

  app.post<ById>('/chats/:id/messages', (request, reply) => {
    const { id } = request.params;
    const wish = wishOf(request, 'other');
    const keyed = { key: wish.content.key, target: id };
    return answerSend(world, request, reply, keyed, world.config.sendStatus, () => {
      const { chat, message } = sending.toChat(id, wish);
      const answer = { chat_id: chat.id, message: sentMessageOnWire(world, chat, message) };
      return { body: answer, message };
    });
  });

  app.post('/messages', (request, reply) => {
    const body = bodyOf(request);
    const to = recipientsOf(body['to'], world.config);
    const excluded = excludedOf([body['exclude_from'] ?? []].flat());
    const wish = wishOf(request, 'messages');
    const continuation = continuationOf(body['continuation_message']);
    const keyed = { key: wish.content.key, target: to.join(' ') };
    return answerSend(world, request, reply, keyed, 202, () => {
      const sent = sending.toAnybody(to, excluded, wish, continuation);
      const { chat, message, reason, previousChatId } = sent;
      const reused = reason === 'reused_active_chat';
      const answer = {
        chat_id: chat.id,
        created_new_chat: !reused,
        from: chat.line,
        from_selection: { reason, reused_existing_chat: reused },
        previous_chat_id: previousChatId,
        is_group: chat.isGroup,
        service: message.service,
        handles: handlesOf(chat),
        message: sentMessageOnWire(world, chat, message),
      };
      return { body: answer, message };
    });
  });

  function wishOf(request: FastifyRequest, via: 'messages' | 'other'): Wish {
    const body = bodyOf(request);
    const content = contentOf(body['message'], world);
    const header = request.headers['idempotency-key'];
    const heeded = via === 'messages' || world.config.idempotencyHeader === 'every-send';
    const key = content.key ?? (heeded && typeof header === 'string' ? header : null);
    return {
      content: { ...content, key },
      overrideOptOut: body['override_optout'] === true,
      traceId: traceOf(request),
    };
  }

  function continuationOf(value: unknown): ReturnType<typeof contentOf> | null {
    if (value === undefined || value === null) return null;
    const text: unknown = typeof value === 'object' && 'text' in value ? value.text : undefined;
    if (typeof text !== 'string') {
      throw new LinqError(400, 1001, 'continuation_message.text is required');
    }
    return contentOf({ parts: [{ type: 'text', value: text }] }, world);
  }
}
