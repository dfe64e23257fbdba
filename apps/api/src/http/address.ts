import type { FastifyRequest } from 'fastify';

/**
 * Where a request comes from, as limits count it. Behind a proxy of TRUSTED_PROXIES it is what that proxy says. One
 * subscriber holds a whole /64 of IPv6, so that is one address here.
 */
export function addressOf(request: Pick<FastifyRequest, 'ip'>): string {
  const ip = request.ip.toLowerCase();
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(ip)?.[1];
  if (mapped !== undefined) return mapped;
  return ip.includes(':') ? `${firstHalf(ip)}::/64` : ip;
}

/** The first four groups of an IPv6 address, without leading zeros. */
function firstHalf(ip: string): string {
  const [head = '', tail] = (ip.split('%', 1)[0] ?? '').split('::', 2);
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const between = Array.from({ length: Math.max(0, 8 - before.length - after.length) }, () => '0');
  const groups = tail === undefined ? before : [...before, ...between, ...after];
  return groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':');
}
