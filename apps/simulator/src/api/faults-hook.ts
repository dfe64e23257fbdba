import { setTimeout as pause } from 'node:timers/promises';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Occasion } from '../faults';
import type { World } from '../world';
import { LinqError } from './errors';

/** The code an error has when none was asked for. */
const CODES: Readonly<Record<number, number>> = {
  400: 1005,
  401: 2004,
  403: 2005,
  404: 2001,
  409: 2015,
  422: 1003,
  429: 1007,
  503: 4004,
  504: 3005,
};
const DEFAULT_RETRY_SECONDS = 45;

/** The faults that strike requests: before the work is done, or between the work and its answer. */
export function registerFaults(
  app: FastifyInstance,
  world: World,
  lineOf: LineOf = lineOnV3,
): void {
  const { faults } = world;

  app.addHook('preHandler', async (request, reply) => {
    const occasion = occasionOf(world, request, lineOf);
    const slow = faults.strike('slow', occasion);
    if (slow) await pause(slow.realMs);
    const error = faults.strike('error', occasion);
    if (error) {
      world.changes += 1;
      const fallback = error.status === 429 ? DEFAULT_RETRY_SECONDS : null;
      const wait = error.retryAfter ?? fallback;
      const text =
        error.status === 429
          ? `Rate limited. Try again in ${wait ?? 0} seconds.`
          : 'A fault that was asked for';
      throw new LinqError(error.status, error.code ?? CODES[error.status] ?? 3006, text, wait);
    }
    // Nobody will answer; the caller hangs up when it has waited long enough.
    if (faults.strike('timeout', occasion)) return reply.hijack();
  });

  app.addHook('onSend', (request, reply, payload, next) => {
    if (
      reply.statusCode < 300 &&
      faults.strike('lost-answer', occasionOf(world, request, lineOf))
    ) {
      request.raw.socket.destroy();
    }
    next(null, payload);
  });
}

function occasionOf(world: World, request: FastifyRequest, lineOf: LineOf): Occasion {
  const [path = ''] = request.url.replace(/^\/api\/partner/, '').split('?');
  return { path, method: request.method, line: lineOf(world, request) };
}

/** The line that a request is about, as far as it says. */
type LineOf = (world: World, request: FastifyRequest) => string | null;

function lineOnV3(world: World, request: FastifyRequest): string | null {
  const { id } = request.params as { id?: string };
  const known = world.chats.get(id ?? '') ?? world.messages.get(id ?? '');
  if (known) return known.line;
  for (const place of [request.body, request.query] as Record<string, unknown>[]) {
    const given = (place as Record<string, unknown> | undefined)?.['from'] ?? undefined;
    const number = given ?? (place as Record<string, unknown> | undefined)?.['phone_number'];
    if (typeof number === 'string') return number;
  }
  return null;
}
