import { createHash } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import type { Play } from '../play';
import type { Message } from '../types';
import { instant } from '../wire';
import type { World } from '../world';
import { clockRoutes } from './clock';
import { isClientError } from '../api/errors';
import { BadControl, type Control, parse } from './context';
import * as schemas from './schemas';

/** What tests and demonstrations reach into the world with. */
export function registerControl(app: FastifyInstance, control: Control): void {
  app.register(
    (routes, _options, done) => {
      routes.setErrorHandler((error, _request, reply) => {
        const bad = error instanceof BadControl || isClientError(error);
        const text = error instanceof Error ? error.message : 'failed';
        void reply.status(bad ? 400 : 500).send({ error: text });
      });
      routes.addHook('onResponse', (_request, _reply, next) => {
        control.stepper.nudge();
        next();
      });
      bookRoutes(routes, control);
      worldRoutes(routes, control);
      clockRoutes(routes, control);
      done();
    },
    { prefix: '/__sim' },
  );
}

/** The witness's own books: every message there ever was. */
function bookRoutes(app: FastifyInstance, { world, webhooks }: Control): void {
  app.get('/state', () => ({
    now: instant(world.clock.now()),
    speed: world.clock.currentSpeed,
    followers: world.clock.followerNames(),
    lines: [...world.lines.values()].map(({ phoneNumber, status, reputation }) => ({
      phoneNumber,
      status,
      reputation,
    })),
    chats: world.chats.size,
    people: world.people.size,
    optedOut: world.optedOut.size,
    messages: world.messages.size,
    subscriptions: world.subscriptions.size,
    events: world.queue.size,
    webhooks: { ...webhooks.pending(), delivered: webhooks.delivered, failed: webhooks.failed },
  }));

  app.get<{ Querystring: { offset?: string; limit?: string } }>('/books', (request) => {
    const offset = Number(request.query.offset ?? 0) || 0;
    const limit = Math.min(50_000, Number(request.query.limit ?? 1_000) || 1_000);
    const messages: object[] = [];
    let i = 0;
    for (const message of world.messages.values()) {
      if (i >= offset && i < offset + limit) messages.push(entryOf(message, world));
      i += 1;
      if (i >= offset + limit) break;
    }
    return { messages, total: world.messages.size };
  });

  app.get('/books/hours', () => {
    const hours = new Map<string, { line: string; epochHour: number; in: number; out: number }>();
    for (const { line, at, direction } of world.messages.values()) {
      const epochHour = Math.floor(at / 3_600_000);
      const key = `${line} ${epochHour}`;
      const sum = hours.get(key) ?? { line, epochHour, in: 0, out: 0 };
      sum[direction] += 1;
      hours.set(key, sum);
    }
    return [...hours.values()];
  });
}

function entryOf(message: Message, world: World): object {
  return {
    id: message.id,
    chatId: message.chatId,
    line: message.line,
    handle: message.handle,
    direction: message.direction,
    at: instant(message.at),
    status: message.status,
    idempotencyKey: message.idempotencyKey,
    textHash: createHash('sha256').update(message.text).digest('hex').slice(0, 16),
    service: message.service,
    isGroup: world.chats.get(message.chatId)?.isGroup ?? false,
  };
}

function worldRoutes(app: FastifyInstance, { world, play }: Control): void {
  app.post('/lines', (request) => {
    const { phoneNumbers } = parse(schemas.addLines, request.body);
    return { lines: phoneNumbers.map((each) => world.addLine(each).phoneNumber) };
  });

  app.delete<{ Params: { e164: string } }>('/lines/:e164', (request) => {
    if (!world.lines.delete(request.params.e164)) throw new BadControl('There is no such line');
    world.changes += 1;
    return { vanished: request.params.e164 };
  });

  app.post<{ Params: { e164: string } }>('/lines/:e164/status', (request) => {
    const { status } = parse(schemas.setStatus, request.body);
    return setLine(request.params.e164, { status });
  });

  app.post<{ Params: { e164: string } }>('/lines/:e164/reputation', (request) => {
    const { reputation } = parse(schemas.setReputation, request.body);
    return setLine(request.params.e164, { reputation });
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
    return { ...person, lines: chats.flatMap((id) => world.chats.get(id)?.line ?? []) };
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

  app.post('/faults', (request) => {
    const wanted = parse(schemas.faults, request.body);
    if (wanted.failNext) {
      const { count, retryAfter, ...rest } = wanted.failNext;
      world.faults.failNext = { left: count, retryAfter: retryAfter ?? null, ...rest };
    }
    world.faults.loseAnswers = wanted.loseAnswers ?? world.faults.loseAnswers;
    world.faults.dropWebhooks = wanted.dropWebhooks ?? world.faults.dropWebhooks;
    world.faults.duplicateWebhooks = wanted.duplicateWebhooks ?? world.faults.duplicateWebhooks;
    return world.faults;
  });

  app.post('/config', (request) => {
    const wanted = parse(schemas.config, request.body);
    Object.assign(
      world.config,
      Object.fromEntries(Object.entries(wanted).filter(([, v]) => v !== undefined)),
    );
    world.changes += 1;
    return world.config;
  });

  function setLine(e164: string, next: Parameters<Play['setStatus']>[1]): object {
    const line = world.lines.get(e164);
    if (!line) throw new BadControl('There is no such line');
    play.setStatus(line, next, world.clock.now());
    return { phoneNumber: line.phoneNumber, status: line.status, reputation: line.reputation };
  }
}
