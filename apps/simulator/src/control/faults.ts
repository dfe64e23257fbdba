import type { FastifyInstance } from 'fastify';
import type { z } from 'zod';
import { faultSchema, type FaultWish } from '../faults';
import { BadControl, type Control, parse } from './context';
import * as schemas from './schemas';

/** The ways to send. */
const SENDS = [
  ...['/v3/chats', '/v3/chats/*/messages', '/v3/messages'],
  ...['/v2/chats', '/v2/chats/*/chat_messages'],
];

/** Faults on demand, and the switches of invented behaviour. */
export function faultRoutes(app: FastifyInstance, { world }: Control): void {
  const { faults } = world;
  const all = (): object => ({ faults: faults.list() });

  app.get('/faults', all);

  app.post('/faults', (request) => {
    if (typeof request.body === 'object' && request.body !== null && 'kind' in request.body) {
      const fault = faults.arm(parse(faultSchema, request.body));
      world.changes += 1;
      return fault;
    }
    for (const wish of wishesOf(parse(schemas.shortFaults, request.body))) faults.arm(wish);
    world.changes += 1;
    return all();
  });

  app.delete('/faults', () => {
    world.changes += 1;
    return { cleared: faults.clear() };
  });

  app.delete<{ Params: { id: string } }>('/faults/:id', (request) => {
    if (faults.clear(request.params.id) === 0) throw new BadControl('There is no such fault');
    world.changes += 1;
    return { cleared: 1 };
  });

  app.get('/config', () => world.config);

  app.post('/config', (request) => {
    const wanted = parse(schemas.config, request.body);
    Object.assign(
      world.config,
      Object.fromEntries(Object.entries(wanted).filter(([, v]) => v !== undefined)),
    );
    world.changes += 1;
    return world.config;
  });
}

function wishesOf(short: z.infer<typeof schemas.shortFaults>): FaultWish[] {
  const { failNext, loseAnswers, dropWebhooks, duplicateWebhooks } = short;
  const on = { path: SENDS, method: 'POST' as const };
  const times = (count: number): { count: number; probability: number } => ({
    count,
    probability: 1,
  });
  return [
    failNext && {
      ...{ kind: 'error' as const, ...times(failNext.count), ...on },
      ...{ status: failNext.status, code: failNext.code },
      ...(failNext.retryAfter === undefined ? {} : { retryAfter: failNext.retryAfter }),
    },
    loseAnswers !== undefined && { kind: 'lost-answer' as const, ...times(loseAnswers), ...on },
    dropWebhooks !== undefined && { kind: 'lost-webhook' as const, ...times(dropWebhooks) },
    duplicateWebhooks !== undefined && {
      ...{ kind: 'doubled-webhook' as const, ...times(duplicateWebhooks), afterSeconds: 0 },
    },
  ].filter((wish) => typeof wish === 'object' && wish.count > 0) as FaultWish[];
}
