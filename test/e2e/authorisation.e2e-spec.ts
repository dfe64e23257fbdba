import { ManageKeys, type Role, ROLES } from '@linekeeper/application';
import { GUARDED_ROUTES, type GuardedRoute, PUBLIC_ROUTES } from '../support/authorisation-entries';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { routesOf } from '../support/route-list';
import { TestService } from '../support/service';
import { TestSimulator } from '../support/simulator';
import { keyFor, type PoolWithAll, raiseTwoPools, TWO_POOL_NUMBERS } from '../support/two-pools';

const LETS_IN: Readonly<Record<Role, readonly Role[]>> = {
  viewer: ['viewer', 'operator', 'admin'],
  operator: ['operator', 'admin'],
  app: ['app', 'admin'],
  admin: ['admin'],
};
const ROUTES = Object.entries(GUARDED_ROUTES).map(([route, entry]) => ({ route, ...entry }));

/** Every route with every kind of key. What is refused leaves every table as it was. */
describe('Who may do what', () => {
  let database: TestDatabase;
  let simulator: TestSimulator;
  let service: TestService;
  let mine: PoolWithAll;
  let foreign: PoolWithAll;
  const keys: Record<'fleet' | 'mine' | 'foreign', Record<Role, string>> = {
    fleet: {} as Record<Role, string>,
    mine: {} as Record<Role, string>,
    foreign: {} as Record<Role, string>,
  };
  let expired: string;
  let revoked: string;

  beforeAll(async () => {
    [database, simulator] = await Promise.all([
      createTestDatabase(),
      TestSimulator.start({ lines: TWO_POOL_NUMBERS }),
    ]);
    // Each bad key comes from an address of its own, or the door would close before the matrix is through.
    service = await TestService.start(database, simulator, { trustedProxies: ['127.0.0.1'] });
    [mine, foreign] = await raiseTwoPools(service, simulator);
    for (const role of ROLES) {
      keys.fleet[role] = (await keyFor(service, role)).key;
      keys.mine[role] = (await keyFor(service, role, [mine.id])).key;
      keys.foreign[role] = (await keyFor(service, role, [foreign.id])).key;
    }
    expired = (await keyFor(service, 'admin', [], (await simulator.now()) + 1_000)).key;
    await simulator.advance(2);
    const gone = await keyFor(service, 'admin');
    await service.nest
      .get(ManageKeys)
      .revoke(gone.id, 'for the test', { kind: 'operator', id: 'test' });
    revoked = gone.key;
  });

  afterAll(async () => {
    await service.stop();
    await simulator.stop();
    await database.drop();
  });

  let callers = 0;
  /** What stands in the tables, while nothing was asked since that was looked at. */
  let stands: Record<string, string> | null = null;

  async function call(
    { route, path, body }: { route: string } & Pick<GuardedRoute, 'path' | 'body'>,
    key: string | null,
    pool = mine,
    method = route.split(' ')[0] ?? '',
  ): Promise<{ status: number; code: string | undefined; text: string }> {
    callers += 1;
    stands = null;
    const stop = new AbortController();
    const address = path?.(pool) ?? route.split(' ')[1] ?? '';
    const sends = method !== 'GET' && method !== 'HEAD' && method !== 'DELETE';
    const answer = await fetch(`${service.url}${address}`, {
      method,
      signal: stop.signal,
      headers: {
        'x-forwarded-for': `198.51.${callers >> 8}.${callers & 255}`,
        ...(key === null ? {} : { authorization: `Bearer ${key}` }),
        ...(sends ? { 'content-type': 'application/json' } : {}),
      },
      ...(sends ? { body: JSON.stringify(body?.(pool) ?? {}) } : {}),
    });
    // A stream never ends by itself.
    const isStream = answer.headers.get('content-type') === 'text/event-stream';
    const text = isStream ? '' : await answer.text();
    stop.abort();
    const code = /"code":"([^"]+)"/.exec(text)?.[1];
    return { status: answer.status, code, text };
  }

  async function refused(
    asked: Parameters<typeof call>[0],
    key: string | null,
    expected: { status: number; code?: string },
    pool = mine,
  ): Promise<void> {
    const before = stands ?? (await database.rowVersions());
    const { status, code } = await call(asked, key, pool);
    expect({ status, code: expected.code === undefined ? undefined : code }).toEqual({
      status: expected.status,
      code: expected.code,
    });
    stands = await database.rowVersions();
    expect(stands).toEqual(before);
  }

  it('knows of every route, and of no other', () => {
    const there = routesOf(service.nest).filter((route) => !route.startsWith('HEAD '));
    const known = [...Object.keys(PUBLIC_ROUTES), ...Object.keys(GUARDED_ROUTES)];
    expect([...there].sort()).toEqual([...known].sort());
  });

  it.each(ROUTES)('$route: without a key 401', async (asked) => {
    await refused(asked, null, { status: 401, code: 'auth.missing' });
    if (asked.route.startsWith('GET ')) {
      expect((await call(asked, null, mine, 'HEAD')).status).toBe(401);
    }
  });

  it.each(ROUTES)('$route: with an expired, a revoked or an unknown key 401', async (asked) => {
    for (const key of [expired, revoked, `lk_${'x'.repeat(43)}`]) {
      await refused(asked, key, { status: 401, code: 'auth.invalid' });
    }
  });

  it.each(ROUTES)('$route: with a role that does not suffice 403', async (asked) => {
    for (const role of ROLES.filter((each) => !LETS_IN[asked.needs].includes(each))) {
      for (const key of [keys.fleet[role], keys.mine[role]]) {
        await refused(asked, key, { status: 403, code: 'auth.forbidden' });
      }
    }
  });

  it.each(ROUTES.filter(({ reach }) => reach === 'thing'))(
    '$route: with a key of another pool 404',
    async (asked) => {
      for (const role of LETS_IN[asked.needs]) {
        await refused(asked, keys.foreign[role], { status: 404 });
        await refused(asked, keys.mine[role], { status: 404 }, foreign);
      }
    },
  );

  it.each(ROUTES.filter(({ reach }) => reach === 'fleet'))(
    '$route: with a key that is held to pools 403, whatever its role',
    async (asked) => {
      for (const role of ROLES) {
        await refused(asked, keys.mine[role], { status: 403, code: 'auth.forbidden' });
      }
    },
  );

  const LISTS = ROUTES.filter(({ reach, route }) => reach === 'list' && route !== 'GET /v1/events');

  it.each(LISTS)('$route: tells nothing of other pools', async (asked) => {
    await call({ route: 'POST /v1/x', path: optOut }, keys.fleet.app, mine);
    await call({ route: 'POST /v1/x', path: optOut }, keys.fleet.app, foreign);
    for (const role of LETS_IN[asked.needs]) {
      const all = await call(asked, keys.fleet[role]);
      const part = await call(asked, keys.mine[role]);
      expect({ ...part, text: '' }).toEqual({ status: 200, code: undefined, text: '' });
      if (asked.route === 'GET /v1/admin/coverage') {
        expect(JSON.parse(all.text)).toMatchObject({ users: 2 });
        expect(JSON.parse(part.text)).toMatchObject({ users: 1 });
        continue;
      }
      expect(marksIn(part.text, foreign)).toEqual([]);
      expect(marksIn(part.text, mine)).not.toEqual([]);
      expect(marksIn(all.text, foreign)).not.toEqual([]);
    }
  });

  it('GET /v1/events: tells nothing of other pools, neither of what was nor of what comes', async () => {
    const stop = new AbortController();
    const answer = await fetch(`${service.url}/v1/events?recent=1000`, {
      signal: stop.signal,
      headers: { authorization: `Bearer ${keys.mine.viewer}` },
    });
    const reader = answer.body?.getReader();
    let text = '';
    const readUntil = async (done: () => boolean): Promise<void> => {
      while (!done()) {
        const part = await reader?.read();
        if (part?.done !== false) throw new Error('The stream ended');
        text += new TextDecoder().decode(part.value as Uint8Array);
      }
    };
    await readUntil(() => text.includes(mine.failoverId) && text.includes(mine.userId));
    const confirmed = (): number => text.split('event: user.opted-out').length;
    const before = confirmed();
    for (const pool of [foreign, mine]) {
      await call({ route: 'POST /v1/x', path: optIn }, keys.fleet.app, pool);
      await call({ route: 'POST /v1/x', path: optOut }, keys.fleet.app, pool);
    }
    await readUntil(() => confirmed() > before);
    stop.abort();
    expect(marksIn(text, foreign)).toEqual([]);
    expect(text).not.toContain('fleet.frozen');
  });

  it.each(ROUTES)('$route: with a role that suffices it is done', async (asked) => {
    if (asked.route === 'DELETE /v1/users/:id') {
      await refused(asked, keys.foreign.admin, { status: 404 });
    }
    for (const role of LETS_IN[asked.needs]) {
      const { status, code } = await call(asked, keys.fleet[role]);
      expect({ ok: asked.ok.includes(status), status, code }).toMatchObject({ ok: true });
      if (asked.reach === 'fleet') continue;
      const own = await call(asked, keys.mine[role]);
      // Who was erased a moment ago is found, and gone.
      expect({ ok: asked.ok.includes(own.status), ...own }).toMatchObject({ ok: true });
    }
  });
});

const optOut = ({ userId }: PoolWithAll): string => `/v1/users/${userId}/opt-out`;
const optIn = ({ userId }: PoolWithAll): string => `/v1/users/${userId}/opt-in`;

/** What in a text gives a pool away. */
function marksIn(text: string, pool: PoolWithAll): string[] {
  const { id, lineIds, phoneNumbers, userId, handle, failoverId } = pool;
  const marks = [id, ...lineIds, ...phoneNumbers, userId, handle, failoverId];
  return marks.filter((mark) => text.includes(mark));
}
