import { createHash } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { textOf } from '../parts';
import type { Message } from '../types';
import { instant } from '../wire';
import type { World } from '../world';
import type { Control } from './context';

/** The witness's own books: every message there ever was. */
export function bookRoutes(app: FastifyInstance, { world, webhooks }: Control): void {
  app.get('/state', () => ({
    now: instant(world.clock.now()),
    speed: world.clock.currentSpeed,
    followers: world.clock.followerNames(),
    lines: [...world.lines.values()].map(({ phoneNumber, status, reputation }) => ({
      phoneNumber,
      status,
      reputation,
      version: world.v2.lines.has(phoneNumber) ? 'v2' : 'v3',
    })),
    chats: world.chats.size,
    people: world.people.size,
    optedOut: world.optedOut.size,
    messages: world.messages.size,
    subscriptions: world.subscriptions.size,
    v2Subscriptions: world.v2.subscriptions.size,
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

  app.get('/books/checks', () =>
    world.checkLog.map(({ at, ...check }) => ({ ...check, at: instant(at) })),
  );

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
    textHash: createHash('sha256').update(textOf(message.parts)).digest('hex').slice(0, 16),
    service: message.service,
    parts: message.parts.map(({ type }) => type),
    deleted: message.deleted,
    isGroup: world.chats.get(message.chatId)?.isGroup ?? false,
  };
}
