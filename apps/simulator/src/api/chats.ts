import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Chat, Message } from '../types';
import { chatHealth, chatOnWire, handlesOf, messageOnWire, sentMessageOnWire } from '../wire';
import { contentOf, phoneNumberOf, recipientsOf } from './content';
import { LinqError, notFound } from './errors';
import { pageOf } from './paging';
import { type Api, traceOf } from './context';

interface ById {
  Params: { id: string };
}
type Query = Record<string, unknown>;

/** Chats and messages. */
export function chatRoutes(app: FastifyInstance, api: Api): void {
  const { world, sending } = api;
  const chatOr404 = (id: string): Chat => {
    const chat = world.chats.get(id);
    if (!chat) throw notFound(2001, 'Chat');
    return chat;
  };

  app.post('/chats', (request, reply) => {
    const body = bodyOf(request);
    const from = phoneNumberOf(body['from'], 'from');
    const to = recipientsOf(body['to']);
    const content = contentOf(body['message']);
    return answerSend(api, request, reply, content.key, 201, () => {
      const { chat, message } = sending.toPeople(from, to, content, traceOf(request));
      return {
        chat: {
          id: chat.id,
          display_name: chat.displayName ?? chat.people.join(', '),
          is_group: chat.isGroup,
          service: chat.service,
          health_status: chatHealth(chat),
          handles: handlesOf(chat),
          message: sentMessageOnWire(chat, message),
        },
      };
    });
  });

  app.get<{ Querystring: Query }>('/chats', (request) => {
    const { from, to } = request.query;
    const ids =
      typeof to === 'string' ? (world.chatIdsByPerson.get(to) ?? []) : [...world.chats.keys()];
    const chats = ids
      .flatMap((id) => world.chats.get(id) ?? [])
      .filter((chat) => typeof from !== 'string' || chat.line === from)
      .sort((a, b) => b.lastActivityAt - a.lastActivityAt);
    const { page, nextCursor } = pageOf(chats, request.query, 20);
    return { chats: page.map(chatOnWire), next_cursor: nextCursor };
  });

  app.get<ById>('/chats/:id', (request) => chatOnWire(chatOr404(request.params.id)));

  app.post<ById>('/chats/:id/messages', (request, reply) => {
    const content = contentOf(bodyOf(request)['message']);
    return answerSend(api, request, reply, content.key, 202, () => {
      const { chat, message } = sending.toChat(request.params.id, content, traceOf(request));
      return { chat_id: chat.id, message: sentMessageOnWire(chat, message) };
    });
  });

  app.get<ById & { Querystring: Query }>('/chats/:id/messages', (request) => {
    const chat = chatOr404(request.params.id);
    const newestFirst = [...(world.messageIdsByChat.get(chat.id) ?? [])].reverse();
    const { page, nextCursor } = pageOf(newestFirst, request.query, 50);
    const messages = page.flatMap((id) => world.messages.get(id) ?? []);
    return { messages: messages.map((each) => messageOnWire(chat, each)), next_cursor: nextCursor };
  });

  app.get<ById>('/messages/:id', (request) => {
    const message = messageOr404(request.params.id);
    return messageOnWire(chatOr404(message.chatId), message);
  });

  app.post<ById>('/chats/:id/share_contact_card', (request, reply) => {
    const chat = chatOr404(request.params.id);
    if (!world.lines.get(chat.line)?.card?.is_active) throw notFound(2012, 'Contact card');
    if (chat.service !== 'iMessage') {
      throw new LinqError(409, 2017, 'Not supported on the service of this chat');
    }
    chat.shares += 1;
    world.changes += 1;
    return reply.status(204).send();
  });

  for (const path of ['read', 'typing'] as const) {
    app.post<ById>(`/chats/:id/${path}`, (request, reply) => {
      chatOr404(request.params.id);
      return reply.status(204).send();
    });
  }
  app.delete<ById>('/chats/:id/typing', (request, reply) => {
    chatOr404(request.params.id);
    return reply.status(204).send();
  });

  function messageOr404(id: string): Message {
    const message = world.messages.get(id);
    if (!message) throw notFound(2002, 'Message');
    return message;
  }
}

function bodyOf(request: FastifyRequest): Record<string, unknown> {
  const { body } = request;
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new LinqError(400, 1003, 'A JSON object is expected');
  }
  return body as Record<string, unknown>;
}

/** A send with its key, and with the faults that were asked for. */
function answerSend(
  { world, sending }: Api,
  _request: FastifyRequest,
  reply: FastifyReply,
  key: string | null,
  status: number,
  send: () => object,
): FastifyReply {
  const earlier = sending.replay(key);
  if (earlier) return reply.status(earlier.status).send(earlier.body);
  const { failNext } = world.faults;
  if (failNext.left > 0) {
    failNext.left -= 1;
    throw new LinqError(
      failNext.status,
      failNext.code,
      'A fault that was asked for',
      failNext.retryAfter,
    );
  }
  const body = send();
  sending.remember(key, status, body);
  if (world.faults.loseAnswers > 0) {
    world.faults.loseAnswers -= 1;
    reply.raw.socket?.destroy();
    return reply.hijack();
  }
  return reply.status(status).send(body);
}
