import type { FastifyInstance } from 'fastify';
import type { Api } from '../api/context';
import { editMessage } from '../api/editing';
import { mustBeEligible } from '../api/send-rules';
import type { Message } from '../types';
import { messageOnV2, messagesOf } from '../v2/wire';
import { bodyOf, chatOr404, messageOr404, type Query } from './context';
import { byRulesOfV3, unprocessable } from './errors';
import { pageOf } from './paging';

interface OfChat {
  Params: { id: string; mid: string };
}

/** The messages of a chat: a list, one, forgotten, edited. */
export function messageRoutes(app: FastifyInstance, { world, play }: Api): void {
  app.get<{ Params: { id: string }; Querystring: Query }>(
    '/chats/:id/chat_messages',
    ({ params, query }) => {
      const chat = chatOr404(world, params.id);
      const all = messagesOf(world, chat);
      // Those that have no number yet get theirs in the order in which they came.
      for (const { id } of all) world.v2.numbers.message.of(id);
      const past = bound(query['after'], 'after');
      const until = bound(query['before'], 'before');
      const wanted = all.filter((each) => (!past || past(each) > 0) && (!until || until(each) < 0));
      // Newest first unless `asc` is asked for (choice: only `sort=asc` is published).
      const ordered = query['sort'] === 'asc' ? wanted : wanted.reverse();
      const { page, meta } = pageOf(ordered, query);
      return { data: page.map((each) => messageOnV2(world, chat, each)), meta };
    },
  );

  app.get<OfChat>('/chats/:id/chat_messages/:mid', ({ params }) => {
    const chat = chatOr404(world, params.id);
    return { data: messageOnV2(world, chat, messageOr404(world, params.mid, chat)) };
  });

  app.delete<OfChat>('/chats/:id/chat_messages/:mid', ({ params }) => {
    messageOr404(world, params.mid, chatOr404(world, params.id)).deleted = true;
    world.changes += 1;
    return { message: 'Chat message deleted' };
  });

  app.post<OfChat>('/chats/:id/chat_messages/:mid/edit', (request) => {
    const chat = chatOr404(world, request.params.id);
    const message = messageOr404(world, request.params.mid, chat);
    const { text } = bodyOf(request);
    if (typeof text !== 'string' || text === '') throw unprocessable('text is required');
    byRulesOfV3(() => {
      mustBeEligible(world, world.lines.get(chat.line));
      const change = { index: 0, text, traceId: world.chance.hex(32) };
      editMessage({ world, play }, chat, message, change);
    });
    const id = world.v2.numbers.message.of(message.id);
    return { message: 'Chat message edited', data: { id, text } };
  });

  /**
   * Where a message lies from an end of the wanted stretch: below, at or above 0. What the two parameters take is
   * published nowhere, so both the number of a message and an instant are understood (choice).
   */
  function bound(value: unknown, name: string): ((message: Message) => number) | null {
    if (value === undefined || value === '') return null;
    if (typeof value === 'string' && /^\d{1,15}$/.test(value)) {
      return ({ id }) => world.v2.numbers.message.of(id) - Number(value);
    }
    const at = typeof value === 'string' ? Date.parse(value) : NaN;
    if (Number.isNaN(at)) throw unprocessable(`${name} must be the id of a message or an instant`);
    return (message) => (message.sentAt ?? message.at) - at;
  }
}
