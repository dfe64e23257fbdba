import { connect } from 'node:net';
import { Authenticate, PageSignIn } from '@linekeeper/application';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { type Answer, Http } from '../support/http';
import { APP_KEY, TestService, VIEWER_KEY } from '../support/service';
import { TestSimulator } from '../support/simulator';

interface Problem {
  readonly status: number;
  readonly code: string;
}

/** What holds before anybody is asked for a key. */
describe('The door', () => {
  let database: TestDatabase;
  let simulator: TestSimulator;
  let service: TestService;
  /** Behind a proxy that is named, and reached by TLS. */
  let proxied: TestService;

  beforeAll(async () => {
    [database, simulator] = await Promise.all([createTestDatabase(), TestSimulator.start()]);
    service = await TestService.start(database, simulator);
    proxied = await TestService.start(database, simulator, {
      name: 'proxied',
      trustedProxies: ['127.0.0.0/8'],
      publicUrl: 'https://lines.example',
    });
  });

  afterAll(async () => {
    await proxied.stop();
    await service.stop();
    await simulator.stop();
    await database.drop();
  });

  const plain = (): Http => new Http(service.url);
  const viaProxy = (): Http => new Http(proxied.url);
  const forwardedFor = (addresses: string) => ({ headers: { 'x-forwarded-for': addresses } });
  const told = ({ status, body }: Answer<Problem>) => ({ status, code: body.code });

  /** Sends bytes as they are, then `more` every second, until the server closes. */
  function raw(first: string, more = ''): Promise<{ answer: string; afterMs: number }> {
    const { port } = new URL(service.url);
    const begun = performance.now();
    return new Promise((resolve, reject) => {
      let answer = '';
      const socket = connect(Number(port), '127.0.0.1', () => socket.write(first));
      const drip = setInterval(() => {
        if (more !== '' && socket.writable) socket.write(more);
      }, 1_000);
      socket.on('data', (chunk) => (answer += String(chunk)));
      // The server closes while we still write: what it said before that counts.
      socket.on('error', (error) => {
        if (answer === '') reject(error);
      });
      socket.on('close', () => {
        clearInterval(drip);
        resolve({ answer, afterMs: performance.now() - begun });
      });
    });
  }

  const POST = 'POST /v1/users HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n';

  describe('gives up after ten seconds, with 408', () => {
    const SLOW = [
      ['sends nothing at all', '', ''],
      ['sends a header a second', 'GET /health/live HTTP/1.1\r\nHost: x\r\n', 'X-Slow: 1\r\n'],
      ['sends a byte of the body a second', `${POST}Content-Length: 1000\r\n\r\n{`, ' '],
      [
        'sends a chunk of a webhook a second',
        'POST /webhooks/linq/v3 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n',
        '1\r\nx\r\n',
      ],
    ] as const;
    let seen: Awaited<ReturnType<typeof raw>>[];

    // All at once: each only waits.
    beforeAll(async () => {
      seen = await Promise.all(SLOW.map(([, first, more]) => raw(first, more)));
    });

    it.each(SLOW.map(([who], i) => [who, i] as const))('on who %s', (_, i) => {
      expect(seen[i]?.answer).toMatch(/^HTTP\/1\.1 408 /);
      expect(seen[i]?.answer).toContain('"code":"request.timeout"');
      expect(seen[i]?.afterMs).toBeGreaterThan(9_500);
      expect(seen[i]?.afterMs).toBeLessThan(20_000);
    });
  });

  it('refuses headers that are too large, and too many of them', async () => {
    const large = await raw(`GET / HTTP/1.1\r\nHost: x\r\nX-Large: ${'x'.repeat(20_000)}\r\n\r\n`);
    expect(large.answer).toMatch(/^HTTP\/1\.1 431 /);
    expect(large.answer).toContain('"code":"request.headers_too_large"');
    const headers = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`x-h-${i}`, '1']));
    const many = await plain().get<Problem>('/health/live', { headers });
    expect(told(many)).toEqual({ status: 431, code: 'request.headers_too_large' });
  });

  it('stops reading a body that never ends, long before it is over', async () => {
    const endless = new ReadableStream({
      pull: (controller) => controller.enqueue(new Uint8Array(65_536).fill(120)),
    });
    const answer = await fetch(`${service.url}/webhooks/linq/v3`, {
      method: 'POST',
      body: endless,
      duplex: 'half',
    });
    expect(answer.status).toBe(413);
  });

  it('unpacks nothing', async () => {
    const answer = await plain().post<Problem>(
      '/v1/users',
      {},
      { key: APP_KEY, headers: { 'content-encoding': 'gzip' } },
    );
    expect(told(answer)).toEqual({ status: 415, code: 'request.unsupported_media_type' });
  });

  it('answers what is no HTTP in its own form', async () => {
    const { answer } = await raw('HELLO\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer).toContain('"code":"request.malformed"');
  });

  const ANSWERS: readonly [string, string | null, number][] = [
    ['/', null, 200],
    ['/page.js', null, 200],
    ['/health/live', null, 200],
    ['/v1/admin/fleet', VIEWER_KEY, 200],
    ['/v1/admin/fleet', null, 401],
    ['/v1/users', VIEWER_KEY, 403],
    ['/v1/nothing', APP_KEY, 404],
    ['/cards/none.vcf', null, 404],
    ['/sign-in?token=a-token-that-was-never-made', null, 401],
    ['/docs', null, 200],
    ['/openapi.json', null, 200],
    ['/v1/events', VIEWER_KEY, 200],
  ];

  it.each(ANSWERS)('tells browsers to be strict with %s', async (path, key, status) => {
    const stop = new AbortController();
    const answer = await fetch(`${service.url}${path}`, {
      headers: key === null ? {} : { authorization: `Bearer ${key}` },
      signal: stop.signal,
    });
    expect(answer.status).toBe(status);
    const policy = answer.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).toMatch(/default-src '(none|self)'/);
    expect(policy).not.toMatch(/script-src[^;]*unsafe|\*/);
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    expect(answer.headers.get('referrer-policy')).toBe('no-referrer');
    expect(answer.headers.get('x-frame-options')).toBe('DENY');
    expect(answer.headers.get('strict-transport-security')).toBeNull();
    expect(answer.headers.get('x-powered-by')).toBeNull();
    const isFile = path === '/' || path === '/page.js';
    expect(answer.headers.get('cache-control')).toBe(isFile ? 'public, max-age=0' : 'no-store');
    stop.abort();
  });

  it('insists on TLS where browsers come by it', async () => {
    const answer = await viaProxy().get('/health/live');
    expect(answer.headers.get('strict-transport-security')).toBe('max-age=31536000');
  });

  it.each([
    ['of a service that is reached by TLS never leaves in clear', true],
    ['of one on this machine works without', false],
  ])('the cookie %s', async (_, secure) => {
    const from = secure ? proxied : service;
    const token = await from.nest.get(PageSignIn).createLink('viewer');
    const answer = await fetch(`${from.url}/sign-in?token=${token}`, { redirect: 'manual' });
    expect(answer.status).toBe(303);
    const cookie = answer.headers.get('set-cookie') ?? '';
    expect(cookie).toMatch(/^linekeeper_session=[\w-]+; Path=\/; HttpOnly; SameSite=Strict;/);
    expect(cookie.includes('; Secure')).toBe(secure);
    const [value = ''] = cookie.split(';');
    const signOut = (site: string) =>
      fetch(`${from.url}/sign-out`, {
        method: 'POST',
        headers: { cookie: value, 'sec-fetch-site': site },
      });
    const fleet = async (): Promise<number> =>
      (await fetch(`${from.url}/v1/admin/fleet`, { headers: { cookie: value } })).status;
    expect((await signOut('cross-site')).status).toBe(401);
    expect(await fleet()).toBe(200);
    const ended = await signOut('same-origin');
    expect(ended.status).toBe(204);
    expect(ended.headers.get('set-cookie')).toContain('Max-Age=0');
    expect(await fleet()).toBe(401);
  });

  it.each(['/docs', '/%64ocs', '/docs/swagger-ui-init.js', '/openapi.json', '/openapi%2Ejson'])(
    'shows %s to nobody but this machine',
    async (path) => {
      expect((await viaProxy().get(path, forwardedFor('203.0.113.5'))).status).toBe(404);
      // The last address is the one that the proxy saw; what stands before it anybody may write.
      expect((await viaProxy().get(path, forwardedFor('127.0.0.1, 203.0.113.5'))).status).toBe(404);
      // A proxy that nobody named speaks from loopback too.
      expect((await plain().get(path, forwardedFor('203.0.113.5'))).status).toBe(404);
    },
  );

  it('takes sign-in links from one address ten times, and goes on taking them from others', async () => {
    const token = await proxied.nest.get(PageSignIn).createLink('viewer');
    const tries: number[] = [];
    for (let i = 0; i < 12; i += 1) {
      const bad = `/sign-in?token=a-token-that-was-never-made-${i}`;
      tries.push((await viaProxy().get(bad, forwardedFor('203.0.113.9'))).status);
    }
    expect(tries).toEqual([...Array<number>(10).fill(401), 429, 429]);
    const good = (address: string) =>
      fetch(`${proxied.url}/sign-in?token=${token}`, {
        redirect: 'manual',
        headers: { 'x-forwarded-for': address },
      });
    expect((await good('203.0.113.9')).status).toBe(429);
    expect((await good('203.0.113.10')).status).toBe(303);
  });

  it('serves a key so many requests, and another one still', async () => {
    const authenticate = service.nest.get(Authenticate);
    const outcomes = await Promise.allSettled(
      Array.from({ length: 3_001 }, () => authenticate.byKey(VIEWER_KEY, '127.0.0.1')),
    );
    expect(outcomes.filter(({ status }) => status === 'rejected').length).toBeGreaterThan(0);
    const answer = await plain().get<Problem>('/v1/admin/fleet', { key: VIEWER_KEY });
    expect(told(answer)).toEqual({ status: 429, code: 'rate.limited' });
    const wait = Number(answer.headers.get('retry-after'));
    expect(wait).toBeGreaterThanOrEqual(1);
    expect(wait).toBeLessThanOrEqual(10);
    expect((await plain().get('/v1/users', { key: APP_KEY })).status).toBe(200);
  });

  it('believes no X-Forwarded-For of an address that is not named', async () => {
    const tries: number[] = [];
    for (let i = 0; i < 21; i += 1) {
      const key = `lk_${i}-spoofed-${'z'.repeat(30)}`;
      tries.push(
        (await plain().get('/v1/users', { key, ...forwardedFor(`203.0.113.${i}`) })).status,
      );
    }
    expect(tries).toEqual([...Array<number>(20).fill(401), 429]);
  });
});
