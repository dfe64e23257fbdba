import {
  createServer as createPlainServer,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { PostOutcome } from '@linekeeper/application';
import { Webhook } from 'standardwebhooks';
import { selfSigned } from '../../../../test/support/self-signed';
import { SystemClock } from '../system/clock';
import { PinnedEventPoster, type PinnedPosterOptions } from './pinned-poster';

/** Whoever verifies asks a clock on a wall how old the signature is. */
const NOW = new SystemClock().now();

const HOST = 'app.customer.example';
const PUBLIC = '93.184.215.14';
const SECRET = `whsec_${Buffer.from('the secret of an endpoint').toString('base64')}`;
const OLDER = `whsec_${Buffer.from('the secret from before').toString('base64')}`;

interface Asked {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

describe('PinnedEventPoster', () => {
  const { key, cert } = selfSigned([HOST]);
  let server: Server;
  let answer: (response: ServerResponse) => void;
  let asked: Asked[];
  let dialled: string[];
  let lookedUp: number;

  beforeAll((done) => {
    server = createServer({ key, cert }, (request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const { method, url, headers } = request;
        asked.push({ method, url, headers, body: Buffer.concat(chunks).toString('utf8') });
        answer(response);
      });
    });
    server.listen(0, '127.0.0.1', done);
  });
  afterAll((done) => {
    server.closeAllConnections();
    server.close(done);
  });
  beforeEach(() => {
    [asked, dialled, lookedUp] = [[], [], 0];
    answer = (response) => response.writeHead(204).end();
  });

  /** A poster to whom the host means `answers`, one look-up after the other. */
  function poster(
    answers: readonly (readonly string[])[] = [[PUBLIC]],
    options: Partial<PinnedPosterOptions> = {},
  ): PinnedEventPoster {
    return new PinnedEventPoster({
      loopback: false,
      resolve: () => {
        lookedUp += 1;
        return Promise.resolve(answers[Math.min(lookedUp, answers.length) - 1] ?? []);
      },
      dial: (address) => {
        dialled.push(address);
        return { host: '127.0.0.1', port: (server.address() as AddressInfo).port, ca: cert };
      },
      ...options,
    });
  }

  const url = `https://${HOST}/hooks?from=linekeeper`;
  const body = JSON.stringify({ type: 'line.ejected', data: { reason: 'ä' } });
  const post = (
    through = poster(),
    event: Partial<Parameters<PinnedEventPoster['post']>[0]> = {},
  ): Promise<PostOutcome> =>
    through.post({
      ...{ url, id: 'event-1', at: NOW, body, secrets: [SECRET], timeoutMs: 5_000 },
      ...event,
    });

  it('posts what an independent verifier takes, to the address that was checked', async () => {
    expect(await post()).toMatchObject({ status: 204 });
    expect(dialled).toEqual([PUBLIC]);
    const [{ headers, ...rest }] = asked as [Asked];
    expect(rest).toEqual({ method: 'POST', url: '/hooks?from=linekeeper', body });
    expect(headers).toMatchObject({ host: HOST, 'webhook-id': 'event-1' });
    const signed = headers as Record<string, string>;
    expect(new Webhook(SECRET).verify(body, signed)).toMatchObject({ type: 'line.ejected' });
    expect(() => new Webhook(OLDER).verify(body, signed)).toThrow();
    expect(() => new Webhook(SECRET).verify(`${body} `, signed)).toThrow();
  });

  it('signs with both secrets during a rotation: a receiver that knows either takes it', async () => {
    await post(poster(), { secrets: [SECRET, OLDER] });
    const signed = asked[0]?.headers as Record<string, string>;
    for (const secret of [SECRET, OLDER]) {
      expect(new Webhook(secret).verify(body, signed)).toMatchObject({ type: 'line.ejected' });
    }
  });

  it.each([
    ['private', ['10.1.2.3']],
    ['the metadata service of a cloud', ['169.254.169.254']],
    ['loopback', ['127.0.0.1']],
    ['IPv6 loopback', ['::1']],
    ['a mapped one', ['::ffff:10.0.0.1']],
    ['public and private at once', [PUBLIC, '192.168.0.1']],
  ])('connects to no address that is %s, and refuses it when it is given', async (_what, found) => {
    expect(await post(poster([found]))).toMatchObject({ fault: 'address' });
    expect(await poster([found]).refusal(url)).toMatch(/not a public host/);
    expect(dialled).toEqual([]);
  });

  it('looks again at each try: a name that has come to mean us is not followed', async () => {
    const through = poster([[PUBLIC], ['127.0.0.1']]);
    expect(await post(through)).toMatchObject({ status: 204 });
    expect(await post(through)).toMatchObject({ fault: 'address' });
    expect(asked).toHaveLength(1);
  });

  it.each([
    ['http', `http://${HOST}/`],
    ['loopback that nobody allowed', 'http://127.0.0.1:3000/'],
    ['a file', 'file:///etc/passwd'],
    ['a user in it', `https://user@${HOST}/`],
    ['an address in the place of a name', 'https://10.0.0.8/'],
    ['IPv6 in the place of a name', 'https://[::1]/'],
    ['decimal spelling', 'https://2130706433/'],
  ])('takes no address with %s', async (_what, given) => {
    expect(await poster().refusal(given)).not.toBeNull();
    expect(await post(poster(), { url: given })).toMatchObject({ fault: 'address' });
    expect(dialled).toEqual([]);
  });

  it('takes a host that is not found: it may be set up later', async () => {
    expect(await poster([[]]).refusal(url)).toBeNull();
    expect(await post(poster([[]]))).toMatchObject({ fault: 'unreachable' });
  });

  it('follows nothing', async () => {
    answer = (response) => response.writeHead(307, { location: 'https://10.0.0.1/' }).end();
    expect(await post()).toMatchObject({ status: 307 });
    expect(asked).toHaveLength(1);
  });

  it('does not wait for a body that never ends', async () => {
    let sent = 0;
    answer = (response) => {
      response.writeHead(200);
      const more = (): void => {
        while (!response.destroyed && sent < 64_000_000) {
          sent += 65_536;
          if (!response.write(Buffer.alloc(65_536))) return void response.once('drain', more);
        }
      };
      more();
    };
    expect(await post()).toMatchObject({ status: 200 });
    expect(sent).toBeLessThan(64_000_000);
  });

  it('gives up on an endpoint that does not answer in time', async () => {
    answer = () => undefined;
    expect(await post(poster(), { timeoutMs: 50 })).toMatchObject({ fault: 'timeout' });
    const never = poster([], { resolve: () => new Promise(() => undefined) });
    expect(await post(never, { timeoutMs: 50 })).toMatchObject({ fault: 'timeout' });
  });

  it('believes no certificate of another host', async () => {
    const other = selfSigned(['other.example']).cert;
    const port = (server.address() as AddressInfo).port;
    const wrong = poster([[PUBLIC]], { dial: () => ({ host: '127.0.0.1', port, ca: other }) });
    expect(await post(wrong)).toMatchObject({ fault: 'unreachable' });
    expect(asked).toHaveLength(0);
  });

  it('posts to this machine only where it is allowed, and only by that address', async () => {
    const plain = createPlainServer((_request, response) => response.writeHead(202).end());
    await new Promise<void>((done) => plain.listen(0, '127.0.0.1', done));
    const { port } = plain.address() as AddressInfo;
    const allowed = poster([['127.0.0.1']], { loopback: true });
    const here = `http://127.0.0.1:${port}/`;
    expect(await allowed.refusal(here)).toBeNull();
    expect(await post(allowed, { url: here })).toMatchObject({ status: 202 });
    for (const other of [`http://localhost:${port}/`, `http://127.0.0.2:${port}/`, url]) {
      expect(await post(allowed, { url: other })).toMatchObject({ fault: 'address' });
    }
    await new Promise((done) => plain.close(done));
  });
});
