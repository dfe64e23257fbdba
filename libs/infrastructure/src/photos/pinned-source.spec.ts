import { createServer, type Server } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { PhotoProblem } from '@linekeeper/application';
import { selfSigned } from '../../../../test/support/self-signed';
import { PinnedPhotoSource, type PinnedSourceOptions } from './pinned-source';
import { isPublicAddress } from '../public-addresses';

const HOST = 'cdn.photos.example';
const PUBLIC = '93.184.215.14';
const PHOTO = Buffer.from([0xff, 0xd8, 0xff, 1, 2, 3]);

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

describe('PinnedPhotoSource', () => {
  const { key, cert } = selfSigned([HOST]);
  let server: Server;
  let answer: Answer;
  let asked: { host: string | undefined; url: string | undefined }[];
  let dialled: string[];
  let lookedUp: string[];

  beforeAll((done) => {
    server = createServer({ key, cert }, (request, response) => {
      asked.push({ host: request.headers.host, url: request.url });
      answer(request, response);
    });
    server.listen(0, '127.0.0.1', done);
  });
  afterAll((done) => {
    server.closeAllConnections();
    server.close(done);
  });
  beforeEach(() => {
    [asked, dialled, lookedUp] = [[], [], []];
    answer = (_request, response) => response.end(PHOTO);
  });

  /** A source whose names mean `answers`, one look-up after the other, and whose connections all end at our server. */
  function source(
    answers: readonly (readonly string[])[] = [[PUBLIC]],
    options: Partial<PinnedSourceOptions> = {},
  ): PinnedPhotoSource {
    return new PinnedPhotoSource({
      hosts: [HOST, '.below.example'],
      resolve: (host) => {
        lookedUp.push(host);
        return Promise.resolve(answers[Math.min(lookedUp.length, answers.length) - 1] ?? []);
      },
      dial: (address) => {
        dialled.push(address);
        return { host: '127.0.0.1', port: (server.address() as AddressInfo).port, ca: cert };
      },
      ...options,
    });
  }

  const problem = async (asking: Promise<unknown>): Promise<PhotoProblem> => {
    const failure: unknown = await asking.then(
      () => null,
      (error: unknown) => error,
    );
    if (!(failure instanceof PhotoProblem)) throw new Error(`Not refused: ${String(failure)}`);
    return failure;
  };
  const url = `https://${HOST}/a/photo.jpg?size=1`;

  it('fetches from a named host, at the address that was checked, under the name of the host', async () => {
    expect(Buffer.from(await source().fetch(url))).toEqual(PHOTO);
    expect(asked).toEqual([{ host: HOST, url: '/a/photo.jpg?size=1' }]);
    expect(dialled).toEqual([PUBLIC]);
  });

  it.each([
    ['http', `http://${HOST}/a.jpg`],
    ['a file', 'file:///etc/passwd'],
    ['data', 'data:image/jpeg;base64,/9j/'],
    ['a user in the address', `https://user@${HOST}/a.jpg`],
    ['a password in the address', `https://:secret@${HOST}/a.jpg`],
    ['another port', `https://${HOST}:8443/a.jpg`],
    ['a host that is not named', 'https://other.example/a.jpg'],
    ['a host that ends like a named one', `https://evil${HOST}/a.jpg`],
    ['the host above the named ones', 'https://below.example/a.jpg'],
    ['an address instead of a name', 'https://93.184.215.14/a.jpg'],
    ['a loopback address', 'https://127.0.0.1/a.jpg'],
    ['an address written as a number', 'https://2130706433/a.jpg'],
    ['the metadata service', 'https://169.254.169.254/latest/meta-data'],
    ['an address in IPv6', 'https://[::1]/a.jpg'],
    ['an address of IPv4 in IPv6', 'https://[::ffff:127.0.0.1]/a.jpg'],
    ['no address at all', 'photo.jpg'],
  ])('refuses %s before it looks up a name', async (_name, bad) => {
    expect((await problem(source().fetch(bad))).kind).toBe('address');
    expect([lookedUp, dialled, asked]).toEqual([[], [], []]);
  });

  it.each([
    ['loopback', ['127.0.0.1']],
    ['a private network', ['10.1.2.3']],
    ['another private network', ['172.16.0.1']],
    ['a home network', ['192.168.1.1']],
    ['a carrier’s network', ['100.64.0.1']],
    ['link-local', ['169.254.1.1']],
    ['the metadata service', ['169.254.169.254']],
    ['this host', ['0.0.0.0']],
    ['multicast', ['224.0.0.1']],
    ['loopback in IPv6', ['::1']],
    ['link-local in IPv6', ['fe80::1']],
    ['unique local in IPv6', ['fd00::1']],
    ['the metadata service in IPv6', ['fd00:ec2::254']],
    ['IPv4 mapped into IPv6', ['::ffff:10.0.0.1']],
    ['IPv4 mapped into IPv6, in hex', ['::ffff:a9fe:a9fe']],
    ['IPv4 by NAT64', ['64:ff9b::7f00:1']],
    ['IPv4 by 6to4', ['2002:7f00:1::']],
    ['a public and a private address', [PUBLIC, '10.0.0.1']],
    ['something that is no address', ['localhost']],
  ])('refuses a name that means %s, without connecting', async (_name, addresses) => {
    const refused = await problem(source([addresses]).fetch(url));
    expect(refused.kind).toBe('address');
    for (const address of addresses) expect(refused.message).not.toContain(address);
    expect([dialled, asked]).toEqual([[], []]);
  });

  it('gains a name nothing that means something else a moment later', async () => {
    await source([[PUBLIC], ['127.0.0.1']]).fetch(url);
    expect(lookedUp).toEqual([HOST]);
    expect(dialled).toEqual([PUBLIC]);
  });

  it.each([301, 302, 303, 307, 308])('follows no redirect (%i)', async (status) => {
    answer = (_request, response) => {
      response.writeHead(status, { location: 'https://169.254.169.254/secret' }).end('secret');
    };
    const refused = await problem(source().fetch(url));
    expect(refused.kind).toBe('address');
    expect(refused.message).not.toMatch(/169|secret/);
    expect(asked).toHaveLength(1);
  });

  it('does not say what it found', async () => {
    answer = (_request, response) => response.writeHead(500).end('secret');
    const { kind, message } = await problem(source().fetch(url));
    expect([kind, message]).toEqual(['unreachable', `${HOST} did not answer with a file`]);
  });

  it('takes no certificate of another host', async () => {
    const other = source(undefined, { hosts: ['other.photos.example'] });
    expect((await problem(other.fetch('https://other.photos.example/a.jpg'))).kind).toBe(
      'unreachable',
    );
    expect(asked).toEqual([]);
  });

  it('takes nothing that is compressed', async () => {
    answer = (_request, response) => {
      response.setHeader('content-encoding', 'gzip').end(gzipSync(Buffer.alloc(50_000_000)));
    };
    expect((await problem(source().fetch(url))).kind).toBe('unreachable');
  });

  it.each([
    ['that says so', true],
    ['that does not say so', false],
  ])('gives a body of 100 MB up that is larger than allowed, one %s', async (_name, says) => {
    let sent = 0;
    let isOver = false;
    answer = (_request, response) => {
      if (says) response.setHeader('content-length', 100_000_000);
      const chunk = Buffer.alloc(100_000);
      response.on('close', () => (isOver = true)).on('error', () => (isOver = true));
      const more = (): void => {
        if (isOver || sent >= 100_000_000) return void response.end();
        sent += chunk.length;
        if (response.write(chunk)) setImmediate(more);
        else response.once('drain', more);
      };
      more();
    };
    const refused = await problem(source().fetch(url));
    expect(refused.message).toMatch(/more than 2097152 bytes/);
    expect(sent).toBeLessThan(50_000_000);
  });

  it.each<[string, Answer]>([
    ['never answers', () => undefined],
    ['stops in the middle', (_request, response) => void response.write(PHOTO)],
    [
      'sends a byte now and then',
      (_request, response) => {
        const drip = setInterval(() => response.write('x'), 20);
        response.on('close', () => clearInterval(drip));
      },
    ],
  ])('gives a server up after its time that %s', async (_name, slow) => {
    answer = slow;
    const hasty = source(undefined, { maxMs: 300 });
    const { kind, message } = await problem(hasty.fetch(url));
    expect([kind, message]).toEqual(['unreachable', 'The photo did not arrive in time']);
  });

  it('gives a name up after its time that is not found', async () => {
    const never = source(undefined, { maxMs: 100, resolve: () => new Promise(() => undefined) });
    expect((await problem(never.fetch(url))).message).toContain('in time');
    expect((await problem(source([[]]).fetch(url))).message).toContain('not found');
  });
});

describe('isPublicAddress', () => {
  it.each([
    '93.184.215.14',
    '1.1.1.1',
    '172.32.0.1',
    '100.128.0.1',
    '2606:4700::1111',
    '2a00:1450::1',
  ])('is so of %s', (address) => expect(isPublicAddress(address)).toBe(true));
  it.each([
    'fe80::1%eth0',
    '',
    'example.com',
    '127.1',
    '2001:db8::1',
    '2001::1',
    '255.255.255.255',
  ])('is not so of “%s”', (address) => expect(isPublicAddress(address)).toBe(false));
});
