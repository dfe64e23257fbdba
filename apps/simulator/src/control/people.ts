import type { FastifyInstance } from 'fastify';
import { belongingsOf } from '../cards';
import { setHealth } from '../gatherings';
import type { Chat } from '../types';
import { BadControl, type Control, parse } from './context';
import * as schemas from './schemas';

interface ById {
  Params: { id: string };
}

/** What people are, and what they do. */
export function peopleRoutes(app: FastifyInstance, { world, play }: Control): void {
  app.post('/people', (request) => {
    const { people } = parse(schemas.people, request.body);
    for (const { handle, ...way } of people) {
      Object.assign(
        world.person(handle),
        Object.fromEntries(Object.entries(way).filter(([, v]) => v !== undefined)),
      );
    }
    world.changes += 1;
    return { people: people.length };
  });

  app.get<{ Params: { handle: string } }>('/people/:handle', (request) => {
    const person = world.people.get(request.params.handle);
    if (!person) throw new BadControl('There is no such person');
    const chats = world.chatIdsByPerson.get(person.handle) ?? [];
    return {
      ...person,
      lines: chats.flatMap((id) => world.chats.get(id)?.line ?? []),
      ...belongingsOf(world, person.handle),
    };
  });

  app.post('/inbound', (request) => {
    const { from, to, text, at } = parse(schemas.inbound, request.body);
    if (!world.lines.has(to)) throw new BadControl('There is no such line');
    if (at !== undefined && Date.parse(at) > world.clock.now()) {
      world.queue.add({ kind: 'inbound', from, to, text, at: Date.parse(at) });
      return { scheduled: true };
    }
    const message = play.inbound(from, to, text, world.clock.now());
    return { messageId: message?.id ?? null, chatId: message?.chatId ?? null };
  });

  app.post('/script', { bodyLimit: 64 * 1_024 * 1_024 }, (request) => {
    const { events } = parse(schemas.script, request.body);
    const start = world.clock.now();
    for (const { at, from, to, text } of events) {
      const due = typeof at === 'number' ? start + at * 1_000 : Date.parse(at);
      world.queue.add({ kind: 'inbound', from, to: to ?? null, text, at: due });
    }
    world.changes += 1;
    return { scheduled: events.length };
  });

  app.post<ById>('/chats/:id/inbound', (request) => {
    const chat = chatOf(request.params.id);
    const { from, text, replyTo } = parse(schemas.inChat, request.body);
    if (!chat.people.includes(from)) throw new BadControl('Nobody of that handle is in the chat');
    if (replyTo !== undefined && !world.messages.has(replyTo)) {
      throw new BadControl('There is no such message to reply to');
    }
    const extras =
      replyTo === undefined
        ? null
        : {
            effect: null,
            preferredService: null,
            replyTo: { message_id: replyTo, part_index: 0 },
          };
    const parts = [{ type: 'text' as const, value: text }];
    const { id } = play.writes(chat, from, parts, world.clock.now(), extras);
    return { messageId: id, chatId: chat.id };
  });

  app.post<ById>('/chats/:id/typing', (request) => {
    const { started } = parse(schemas.typing, request.body);
    play.gatherings.typing(chatOf(request.params.id), started, world.chance.hex(32));
    return { started };
  });

  app.post<ById>('/chats/:id/health', (request) => {
    const chat = chatOf(request.params.id);
    setHealth(chat, parse(schemas.setHealth, request.body).health, world.clock.now());
    world.changes += 1;
    return { chatId: chat.id, health: chat.health };
  });

  app.post<ById>('/messages/:id/reactions', (request) => {
    const message = world.messages.get(request.params.id);
    if (!message) throw new BadControl('There is no such message');
    const chat = chatOf(message.chatId);
    const { from, type, emoji, operation, part } = parse(schemas.reaction, request.body);
    if (!chat.people.includes(from)) throw new BadControl('Nobody of that handle is in the chat');
    if (!message.parts[part]) throw new BadControl('There is no such part');
    const change = {
      ...{ handle: from, type, operation },
      ...{ customEmoji: emoji ?? null, partIndex: part },
    };
    play.react(chat, message, change, world.chance.hex(32), world.clock.now());
    return { messageId: message.id, operation, type };
  });

  function chatOf(id: string): Chat {
    const chat = world.chats.get(id);
    if (!chat) throw new BadControl('There is no such chat');
    return chat;
  }
}
