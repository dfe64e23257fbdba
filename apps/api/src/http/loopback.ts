import type { FastifyRequest } from 'fastify';

/**
 * Whether the request comes from this very machine and not through a proxy on it: a proxy that is not trusted would
 * make everybody look like a neighbour, and says so by its headers.
 */
export function isDirectLoopback({ ip, headers }: Pick<FastifyRequest, 'ip' | 'headers'>): boolean {
  if (headers['x-forwarded-for'] !== undefined || headers.forwarded !== undefined) return false;
  return ip === '::1' || ip.startsWith('127.') || ip.startsWith('::ffff:127.');
}
