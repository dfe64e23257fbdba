import type { FastifyInstance } from 'fastify';
import type { Api } from '../api/context';
import { chatOnV2 } from '../v2/wire';
import { type ByNumber, chatOr404, phoneNumberOf, type Query } from './context';
import { unprocessable } from './errors';
import { pageOf } from './paging';

/** Chats: those of a line, one, and the one of a line with certain people. */
export function chatRoutes(app: FastifyInstance, { world }: Api): void {
  /** The most recently active first (choice). A number that is no line of ours has none. */
  app.get<{ Querystring: Query }>('/chats', ({ query }) => {
    const line = phoneNumberOf(query['phone_number'], 'phone_number');
    const chats = [...world.chats.values()]
      .filter((chat) => chat.line === line)
      .sort((a, b) => b.lastActivityAt - a.lastActivityAt);
    const { page, meta } = pageOf(chats, query);
    return { data: page.map((chat) => chatOnV2(world, chat)), meta };
  });

  app.get<{ Querystring: Query }>('/chats/find', ({ query }) => {
    const line = phoneNumberOf(query['phone_number'], 'phone_number');
    const given = [query['phone_numbers[]'] ?? query['phone_numbers'] ?? []].flat();
    if (given.length === 0) throw unprocessable('phone_numbers[] is required');
    const people = given.map((each) => phoneNumberOf(each, 'phone_numbers[]'));
    const chat = world.chatOf(line, [...new Set(people)]);
    return { data: chat ? { chat: chatOnV2(world, chat) } : { chat: null, messages: [] } };
  });

  app.get<ByNumber>('/chats/:id', (request) => ({
    data: chatOnV2(world, chatOr404(world, request.params.id)),
  }));
}
