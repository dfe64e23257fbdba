import type { FastifyInstance } from 'fastify';
import type { Api } from '../api/context';
import { mustBeEligible, mustBeInside } from '../api/send-rules';
import type { Chat } from '../types';
import { type ByNumber, chatOr404 } from './context';
import { byRulesOfV3, missing, unprocessable } from './errors';

/** What is done in a chat besides writing: reading, typing, showing who one is. */
export function presenceRoutes(app: FastifyInstance, { world, play }: Api): void {
  app.put<ByNumber>('/chats/:id/mark_as_read', (request, reply) => {
    chatOr404(world, request.params.id);
    return reply.status(204).send();
  });

  app.post<ByNumber>('/chats/:id/start_typing', (request, reply) => {
    type(request.params.id, true);
    return reply.status(201).send();
  });

  app.delete<ByNumber>('/chats/:id/stop_typing', (request, reply) => {
    type(request.params.id, false);
    return reply.status(204).send();
  });

  /** The card is set up by Linq's people; in this world `POST /v3/contact_card` stands for them. */
  app.post<ByNumber>('/chats/:id/share_contact', (request, reply) => {
    const chat = activeChat(request.params.id);
    if (!world.lines.get(chat.line)?.card?.is_active) throw missing('Contact card');
    if (chat.service !== 'iMessage') throw unprocessable('Contact cards travel over iMessage only');
    chat.shares += 1;
    world.changes += 1;
    return reply.status(201).send();
  });

  function type(id: string, started: boolean): void {
    const chat = activeChat(id);
    if (chat.isGroup) throw unprocessable('Typing indicators are not supported in group chats');
    if (world.config.typingEcho) play.gatherings.typing(chat, started, world.chance.hex(32));
  }

  /** For whatever makes the line heard in the chat. */
  function activeChat(id: string): Chat {
    const chat = chatOr404(world, id);
    byRulesOfV3(() => {
      mustBeEligible(world, world.lines.get(chat.line));
      mustBeInside(chat);
    });
    return chat;
  }
}
