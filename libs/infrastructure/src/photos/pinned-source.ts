import { type IncomingMessage } from 'node:http';
import { Agent, request } from 'node:https';
import { isIP } from 'node:net';
import { PhotoProblem, PhotoSource } from '@linekeeper/application';
import { pinHost, type ResolveHost } from '../pinned-host';

/** The largest file that is taken, and the longest it may take, name look-up and all. */
const MAX_BYTES = 2 * 1_024 * 1_024;
const MAX_MS = 5_000;

export interface PinnedSourceOptions {
  /** Hosts that may be fetched from: `cdn.example.com`, or `.example.com` for every host below it. None: nobody. */
  readonly hosts: readonly string[];
  /** Every address of a host. */
  readonly resolve?: ResolveHost;
  /** Where a connection to an address really goes, and with whose certificates it is checked. For tests. */
  readonly dial?: (address: string) => { host: string; port: number; ca: string };
  readonly maxMs?: number;
}

/**
 * Fetches over https from named hosts. The name is looked up once, every address it has must be public, and the connection
 * goes to the address that was checked, so a name that means something else a moment later gains nothing. The certificate
 * must be the host's. Nothing is followed, nothing is decompressed, and what is said of a failure holds nothing that was
 * found behind the address.
 */
export class PinnedPhotoSource extends PhotoSource {
  constructor(private readonly options: PinnedSourceOptions) {
    super();
  }

  async fetch(url: string): Promise<Uint8Array> {
    const target = this.allowed(url);
    const signal = AbortSignal.timeout(this.options.maxMs ?? MAX_MS);
    const address = await this.publicAddress(target.hostname, signal);
    return this.get(target, address, signal);
  }

  private allowed(url: string): URL {
    const target = URL.canParse(url) ? new URL(url) : null;
    if (target?.protocol !== 'https:') throw refused('The photo must be at an https address');
    if (target.username !== '' || target.password !== '') {
      throw refused('The address of a photo holds no user and no password');
    }
    if (target.port !== '') throw refused('The address of a photo names no port');
    const host = target.hostname;
    const isAllowed = this.options.hosts.some((each) =>
      each.startsWith('.') ? host.endsWith(each) && host !== each.slice(1) : host === each,
    );
    if (!isAllowed || isIP(host.replace(/^\[|\]$/g, '')) !== 0) {
      throw refused(`Photos are not fetched from ${host}: PHOTO_HOSTS does not name it`);
    }
    return target;
  }

  private async publicAddress(host: string, signal: AbortSignal): Promise<string> {
    const pinned = await pinHost(host, signal, this.options.resolve);
    if (pinned.kind === 'public') return pinned.address;
    if (pinned.kind === 'too-slow') throw tooSlow();
    if (pinned.kind === 'not-found') throw new PhotoProblem('unreachable', `${host} was not found`);
    throw refused(`Photos are not fetched from ${host}: it is not a public host`);
  }

  private get(target: URL, address: string, signal: AbortSignal): Promise<Uint8Array> {
    const { host, port, ca } = this.options.dial?.(address) ?? { host: address, port: 443 };
    return new Promise((resolve, reject) => {
      const asked = request({
        host,
        port,
        ca,
        servername: target.hostname,
        path: `${target.pathname}${target.search}`,
        headers: {
          host: target.host,
          accept: 'image/jpeg, image/png',
          'accept-encoding': 'identity',
        },
        agent: new Agent({ keepAlive: false }),
        signal,
      });
      asked.on('response', (answer) => {
        const problem = problemOf(answer, target.hostname);
        if (problem === null) {
          collect(answer, target.hostname)
            .then(resolve, reject)
            .finally(() => asked.destroy());
          return;
        }
        asked.destroy();
        reject(problem);
      });
      asked.on('error', () => reject(signal.aborted ? tooSlow() : failed(target.hostname)));
      asked.end();
    });
  }
}

function problemOf(answer: IncomingMessage, host: string): PhotoProblem | null {
  const { statusCode, headers } = answer;
  if (statusCode !== undefined && statusCode >= 300 && statusCode < 400) {
    return refused(`${host} sends on to another address, which is not followed`);
  }
  if (statusCode !== 200) return failed(host);
  if ((headers['content-encoding'] ?? 'identity') !== 'identity') {
    return new PhotoProblem('unreachable', `${host} answered with a compressed file`);
  }
  return Number(headers['content-length'] ?? 0) > MAX_BYTES ? tooLarge(host) : null;
}

/** The body, given up as soon as it is larger than allowed. */
async function collect(answer: IncomingMessage, host: string): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > MAX_BYTES) throw tooLarge(host);
      chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof PhotoProblem) throw error;
    throw error instanceof Error && error.name === 'AbortError' ? tooSlow() : failed(host);
  }
  return Buffer.concat(chunks);
}

const refused = (why: string): PhotoProblem => new PhotoProblem('address', why);
const failed = (host: string): PhotoProblem =>
  new PhotoProblem('unreachable', `${host} did not answer with a file`);
const tooSlow = (): PhotoProblem =>
  new PhotoProblem('unreachable', 'The photo did not arrive in time');
const tooLarge = (host: string): PhotoProblem =>
  new PhotoProblem('unreachable', `${host} answered with more than ${MAX_BYTES} bytes`);
