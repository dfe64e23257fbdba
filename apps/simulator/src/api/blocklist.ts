import type { FastifyInstance } from 'fastify';
import type { BlockedHandle } from '../types';
import { instant } from '../wire';
import { type Api, bodyOf } from './context';
import { handleOf } from './handles';

/** Handles that are shut out (newer than the client of 0.28.2). */
export function blocklistRoutes(app: FastifyInstance, { world }: Api): void {
  app.get('/blocked_handles', () => ({ blocked_handles: [...world.blocked.values()].map(onWire) }));

  app.post('/blocked_handles', (request) => {
    const body = bodyOf(request);
    const handle = handleOf(body['handle'], 'handle', world.config);
    const reason = typeof body['reason'] === 'string' ? body['reason'] : null;
    const blocked = world.blocked.get(handle) ?? { handle, blockedAt: world.clock.now(), reason };
    world.blocked.set(handle, blocked);
    world.changes += 1;
    return { blocked_handle: onWire(blocked) };
  });

  app.delete('/blocked_handles', (request, reply) => {
    world.blocked.delete(handleOf(bodyOf(request)['handle'], 'handle', world.config));
    world.changes += 1;
    return reply.status(204).send();
  });
}

function onWire({ handle, blockedAt, reason }: BlockedHandle): object {
  return { handle, blocked_at: instant(blockedAt), ...(reason === null ? {} : { reason }) };
}
