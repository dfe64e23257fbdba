import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Refusal } from '@linekeeper/application';

/** What only whoever sits at the machine may see. */
export function addLoopbackOnly(
  server: FastifyInstance,
  isForLoopbackOnly: (request: FastifyRequest) => boolean,
): void {
  server.addHook('onRequest', (request, _reply, done) => {
    if (isForLoopbackOnly(request) && !isFromThisMachine(request)) {
      done(new Refusal('route.not_found', 'There is nothing at this address'));
      return;
    }
    done();
  });
}

const FORWARDED = ['forwarded', 'x-forwarded-for', 'x-real-ip'] as const;

/**
 * A proxy on this machine that nobody named speaks for the whole world from a loopback address; what it forwards is
 * not from here. One that is named in TRUSTED_PROXIES says where its requests come from.
 */
export function isFromThisMachine(request: FastifyRequest): boolean {
  const { ip } = request;
  if (ip !== '::1' && !ip.startsWith('127.') && !ip.startsWith('::ffff:127.')) return false;
  const trusted = (request.ips?.length ?? 0) > 1;
  return trusted || FORWARDED.every((name) => request.headers[name] === undefined);
}
