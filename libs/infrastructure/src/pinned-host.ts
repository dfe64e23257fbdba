import { Resolver } from 'node:dns/promises';
import { isIP } from 'node:net';
import { isPublicAddress } from './public-addresses';

/** Every address of a host; none when it is not found. */
export type ResolveHost = (host: string) => Promise<readonly string[]>;

export type PinnedHost =
  | { readonly kind: 'public'; readonly address: string }
  | { readonly kind: 'not-public' | 'not-found' | 'too-slow' };

/**
 * Looks a host up once and answers with the one address to connect to. Every address that it has must be public: which of
 * them answers would be chance. An address in the place of a name stands for itself.
 */
export async function pinHost(
  host: string,
  signal: AbortSignal,
  resolve: ResolveHost = resolveAll,
): Promise<PinnedHost> {
  const literal = host.replace(/^\[|\]$/g, '');
  const found = await Promise.race([
    isIP(literal) === 0 ? resolve(host).catch(() => []) : [literal],
    new Promise<null>((done) => {
      signal.addEventListener('abort', () => done(null), { once: true });
    }),
  ]);
  if (found === null) return { kind: 'too-slow' };
  const [address] = found;
  if (address === undefined) return { kind: 'not-found' };
  return found.every(isPublicAddress) ? { kind: 'public', address } : { kind: 'not-public' };
}

async function resolveAll(host: string): Promise<readonly string[]> {
  const resolver = new Resolver({ timeout: 2_000, tries: 2 });
  const found = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)]);
  return found.flatMap((each) => (each.status === 'fulfilled' ? each.value : []));
}
