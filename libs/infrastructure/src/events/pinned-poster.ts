import { type ClientRequest, type IncomingMessage, request as plainRequest } from 'node:http';
import { Agent, request as tlsRequest } from 'node:https';
import { isIP } from 'node:net';
import { EventPoster, type PostedEvent, type PostOutcome } from '@linekeeper/application';
import { SECOND_MS } from '@linekeeper/domain';
import { pinHost, type ResolveHost } from '../pinned-host';
import { monotonicMs } from '../system/timers';
import { signedHeaders } from './signature';

/** How long a host may take to be found when its address is given. */
const LOOK_UP_MS = 5_000;
/** The one plain address that may be allowed: whoever listens there is on this machine. */
const LOOPBACK = '127.0.0.1';

export interface PinnedPosterOptions {
  /** Whether http://127.0.0.1 is taken too: only where the service itself is on loopback. */
  readonly loopback: boolean;
  readonly resolve?: ResolveHost;
  /** Where a connection to an address really goes, and with whose certificates it is checked. For tests. */
  readonly dial?: (address: string) => { host: string; port: number; ca: string };
}

/**
 * Posts over https to public hosts. At each try the name is looked up anew, every address it has must be public, and the
 * connection goes to the address that was checked. The certificate must be the host's. Nothing is followed, and of the
 * answer nothing but its status is read.
 */
export class PinnedEventPoster extends EventPoster {
  constructor(private readonly options: PinnedPosterOptions) {
    super();
  }

  async refusal(url: string): Promise<string | null> {
    const target = URL.canParse(url) ? new URL(url) : null;
    const why = target ? this.formProblem(target) : 'it is no URL';
    if (target === null || why !== null || this.isLoopback(target)) return why;
    const signal = AbortSignal.timeout(LOOK_UP_MS);
    const pinned = await pinHost(target.hostname, signal, this.options.resolve);
    // A host that is not found now may be set up a moment later; one that is not public may not be asked.
    return pinned.kind === 'not-public' ? notPublic(target.hostname) : null;
  }

  async post(event: PostedEvent): Promise<PostOutcome> {
    const began = monotonicMs();
    const latencyMs = (): number => Math.round(monotonicMs() - began);
    const failed = (fault: 'address' | 'timeout' | 'unreachable', detail: string): PostOutcome => ({
      fault,
      detail,
      latencyMs: latencyMs(),
    });
    const target = new URL(event.url);
    const why = this.formProblem(target);
    if (why !== null) return failed('address', why);
    const signal = AbortSignal.timeout(event.timeoutMs);
    let address = LOOPBACK;
    if (!this.isLoopback(target)) {
      const pinned = await pinHost(target.hostname, signal, this.options.resolve);
      if (pinned.kind === 'too-slow') return failed('timeout', 'the host was not found in time');
      if (pinned.kind === 'not-found') return failed('unreachable', 'the host was not found');
      if (pinned.kind !== 'public') return failed('address', notPublic(target.hostname));
      address = pinned.address;
    }
    try {
      return { status: await this.send(target, address, event, signal), latencyMs: latencyMs() };
    } catch (error) {
      if (signal.aborted) return failed('timeout', `no answer within ${event.timeoutMs} ms`);
      return failed('unreachable', codeOf(error));
    }
  }

  /** The status of the answer. Whatever follows its headers is not read. */
  private send(
    target: URL,
    address: string,
    event: PostedEvent,
    signal: AbortSignal,
  ): Promise<number> {
    const atSeconds = Math.floor(event.at / SECOND_MS);
    const options = {
      method: 'POST',
      path: `${target.pathname}${target.search}`,
      headers: {
        host: target.host,
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(event.body),
        'user-agent': 'Linekeeper',
        ...signedHeaders({ ...event, atSeconds }),
      },
      signal,
    };
    return new Promise((resolve, reject) => {
      const asked = this.connect(target, address, options);
      asked.on('response', ({ statusCode = 0 }: IncomingMessage) => {
        resolve(statusCode);
        asked.destroy();
      });
      asked.on('error', reject);
      asked.end(event.body);
    });
  }

  private connect(target: URL, address: string, options: object): ClientRequest {
    if (target.protocol === 'http:') {
      return plainRequest({ ...options, host: address, port: target.port || 80, agent: false });
    }
    const port = Number(target.port || 443);
    const dialled = this.options.dial?.(address) ?? { host: address, port };
    return tlsRequest({
      ...options,
      ...dialled,
      // An address has no name to be asked for.
      ...(isIP(bare(target.hostname)) === 0 ? { servername: target.hostname } : {}),
      agent: new Agent({ keepAlive: false }),
    });
  }

  private formProblem(target: URL): string | null {
    if (target.username !== '' || target.password !== '') return 'it holds a user or a password';
    if (this.isLoopback(target)) return null;
    return target.protocol === 'https:' ? null : 'it is not an https address';
  }

  private isLoopback(target: URL): boolean {
    return this.options.loopback && target.protocol === 'http:' && target.hostname === LOOPBACK;
  }
}

const bare = (host: string): string => host.replace(/^\[|\]$/g, '');
const notPublic = (host: string): string => `${host} is not a public host`;

/** What went wrong, by its code: a message could hold what was found behind the address. */
function codeOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : null;
  return typeof code === 'string' ? code : 'the connection failed';
}
