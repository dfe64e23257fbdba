import type { FastifyInstance } from 'fastify';
import type { Chat } from '../types';
import { chatOnWire, messageOnWire } from '../wire';
import { type Api, bodyOf, type ById, chatOr404, type Query, traceOf } from './context';
import { LinqError, notFound, notOnThisService } from './errors';
import { pageOf } from './paging';
import { mustBeEligible, mustBeInside } from './send-rules';

/** Chats: lists, one, and what is done in them besides writing. */
export function chatRoutes(app: FastifyInstance, { world, play }: Api): void {
  const { gatherings } = play;
  /** For whatever makes the line heard in the chat. */
  const activeChat = (id: string): Chat => {
    const chat = chatOr404(world, id);
    mustBeEligible(world, world.lines.get(chat.line));
    mustBeInside(chat);
    return chat;
  };

  app.get<{ Querystring: Query }>('/chats', (request) => {
    const { from, to } = request.query;
    const ids =
      typeof to === 'string' ? (world.chatIdsByPerson.get(to) ?? []) : [...world.chats.keys()];
    const chats = ids
      .flatMap((id) => world.chats.get(id) ?? [])
      .filter((chat) => typeof from !== 'string' || chat.line === from)
      .filter((chat) => typeof to !== 'string' || chat.people.includes(to))
      .sort((a, b) => b.lastActivityAt - a.lastActivityAt);
    const ordered = world.config.listOrder === 'newest-first' ? chats : chats.reverse();
    const { page, nextCursor } = pageOf(ordered, request.query, 20);
    return { chats: page.map(chatOnWire), next_cursor: nextCursor };
  });

  app.get<ById>('/chats/:id', (request) => chatOnWire(chatOr404(world, request.params.id)));

  app.put<ById>('/chats/:id', (request) => {
    const chat = activeChat(request.params.id);
    const { display_name: name, group_chat_icon: icon } = bodyOf(request);
    if (!chat.isGroup) throw new LinqError(409, 1006, 'A direct chat cannot be updated');
    for (const [field, value] of [
      ['name', name],
      ['icon', icon],
    ] as const) {
      if (value === undefined) continue;
      if (value !== null && typeof value !== 'string') {
        throw new LinqError(400, 1005, 'display_name and group_chat_icon are texts');
      }
      world.queue.add({
        ...{ kind: 'group', chatId: chat.id, field, value: value === '' ? null : value },
        ...{ traceId: traceOf(request), at: world.clock.now() + world.config.groupDelayMs },
      });
    }
    world.changes += 1;
    return { chat_id: chat.id, status: 'accepted' };
  });

  app.get<ById & { Querystring: Query }>('/chats/:id/messages', (request) => {
    const chat = chatOr404(world, request.params.id);
    const ids = world.messageIdsByChat.get(chat.id) ?? [];
    const oldestFirst = ids.filter((id) => world.messages.get(id)?.deleted === false);
    const ordered = world.config.listOrder === 'newest-first' ? oldestFirst.reverse() : oldestFirst;
    const { page, nextCursor } = pageOf(ordered, request.query, 50);
    const messages = page.flatMap((id) => world.messages.get(id) ?? []);
    return {
      messages: messages.map((each) => messageOnWire(world, chat, each)),
      next_cursor: nextCursor,
    };
  });

  app.post<ById>('/chats/:id/share_contact_card', (request, reply) => {
    const chat = activeChat(request.params.id);
    if (!world.lines.get(chat.line)?.card?.is_active) throw notFound(2012, 'Contact card');
    if (chat.service !== 'iMessage') throw notOnThisService();
    chat.shares += 1;
    world.changes += 1;
    return reply.status(204).send();
  });

  app.post<ById>('/chats/:id/read', (request, reply) => {
    mustBeInside(chatOr404(world, request.params.id));
    return reply.status(204).send();
  });

  for (const method of ['POST', 'DELETE'] as const) {
    app.route<ById>({
      method,
      url: '/chats/:id/typing',
      handler: (request, reply) => {
        const chat = activeChat(request.params.id);
        if (chat.isGroup && world.config.groupTyping === 'refused') {
          throw new LinqError(403, 2011, 'Typing indicators are not supported in group chats');
        }
        if (world.config.typingEcho) gatherings.typing(chat, method === 'POST', traceOf(request));
        return reply.status(204).send();
      },
    });
  }
}
