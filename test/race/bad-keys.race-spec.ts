import { Authenticate, Refusal, type Stores, UnitOfWork } from '@linekeeper/application';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { Http } from '../support/http';
import { TestRedis } from '../support/redis';
import { APP_KEY, TestService } from '../support/service';
import { TestSimulator } from '../support/simulator';

const TRIES = 100_000;
const PARALLEL = 200;
jest.setTimeout(300_000);

const ATTACKER = '203.0.113.66';

/** Trying keys: however many, from wherever, and whatever happens to Redis meanwhile. */
describe('A hundred thousand bad keys', () => {
  let database: TestDatabase;
  let simulator: TestSimulator;
  let server: TestRedis;
  let service: TestService;
  let authenticate: Authenticate;
  let looked = 0;

  beforeAll(async () => {
    [database, simulator, server] = await Promise.all([
      createTestDatabase(),
      TestSimulator.start(),
      TestRedis.start(),
    ]);
    service = await TestService.start(database, simulator, {
      trustedProxies: ['127.0.0.1'],
      redisUrl: server.url,
    });
    authenticate = service.nest.get(Authenticate);
    // Every key that is looked at is looked up in the database, and nothing else looks keys up.
    const { keys } = service.nest.get(UnitOfWork).read as { keys: Stores['keys'] };
    const byPrefix = keys.byPrefix.bind(keys);
    keys.byPrefix = (prefix) => {
      looked += 1;
      return byPrefix(prefix);
    };
  });

  beforeEach(() => {
    looked = 0;
  });

  afterAll(async () => {
    await service.stop();
    await server.stop();
    await simulator.stop();
    await database.drop();
  });

  /** What became of the tries, by code. */
  async function attack(
    tries: number,
    keyOf: (i: number) => string,
    addressOf: (i: number) => string,
    meanwhile: (done: number) => Promise<void> = () => Promise.resolve(),
  ): Promise<Record<string, number>> {
    const outcomes: Record<string, number> = {};
    for (let done = 0; done < tries; done += PARALLEL) {
      await Promise.all(
        Array.from({ length: Math.min(PARALLEL, tries - done) }, async (_, i) => {
          const code = await authenticate.byKey(keyOf(done + i), addressOf(done + i)).then(
            () => 'let in',
            (error: unknown) => (error instanceof Refusal ? error.code : 'fault'),
          );
          outcomes[code] = (outcomes[code] ?? 0) + 1;
        }),
      );
      await meanwhile(done);
    }
    return outcomes;
  }

  const http = (): Http => new Http(service.url);
  const from = (address: string) => ({ headers: { 'x-forwarded-for': address } });

  it('are looked at twenty times, although Redis is wiped again and again', async () => {
    let wipes = 0;
    const outcomes = await attack(
      TRIES,
      (i) => `lk_guess-${i}-${'z'.repeat(30)}`,
      () => ATTACKER,
      async (done) => {
        if (done % 5_000 !== 0) return;
        await server.flush();
        wipes += 1;
      },
    );
    expect(wipes).toBe(20);
    expect(outcomes).toEqual({ 'auth.invalid': 20, 'rate.limited': TRIES - 20 });
    expect(looked).toBe(20);
  });

  it('leave everybody else in peace: a good key from elsewhere works', async () => {
    const answer = await http().get('/v1/users', { key: APP_KEY, ...from('198.51.100.9') });
    expect(answer.status).toBe(200);
  });

  it('shut their address out, with the wait in words that a client understands', async () => {
    const good = await http().get<{ code: string }>('/v1/users', {
      key: APP_KEY,
      ...from(ATTACKER),
    });
    expect({ status: good.status, code: good.body.code }).toEqual({
      status: 429,
      code: 'rate.limited',
    });
    const wait = Number(good.headers.get('retry-after'));
    expect(wait).toBeGreaterThan(0);
    expect(wait).toBeLessThanOrEqual(60);
  });

  it('from many addresses on the beginning of one key: its owner comes in from anywhere', async () => {
    const key = (i: number): string => `${APP_KEY.slice(0, 11)}${i}${'q'.repeat(30)}`;
    // A thousand addresses, ten tries each.
    const outcomes = await attack(
      10_000,
      key,
      (i) => `10.1.${(i % 1_000) >> 8}.${(i % 1_000) & 255}`,
    );
    // Some addresses were at it before the fiftieth failure; from then on each has one try.
    expect(outcomes['let in']).toBeUndefined();
    expect(looked).toBe(outcomes['auth.invalid']);
    expect(looked).toBeGreaterThanOrEqual(1_000);
    expect(looked).toBeLessThanOrEqual(1_000 + 50 + PARALLEL);
    for (const address of ['198.51.100.9', '198.51.100.10', '2001:db8::5']) {
      const answer = await http().get('/v1/users', { key: APP_KEY, ...from(address) });
      expect(answer.status).toBe(200);
    }
  });

  it('do not shut out a key that was used from that very address before', async () => {
    const address = '192.0.2.77';
    expect((await http().get('/v1/users', { key: APP_KEY, ...from(address) })).status).toBe(200);
    await attack(
      1_000,
      (i) => `lk_other-${i}-${'z'.repeat(30)}`,
      () => address,
    );
    expect(looked).toBe(21);
    expect((await http().get('/v1/users', { key: APP_KEY, ...from(address) })).status).toBe(200);
  });

  it('are counted for all processes: another one knows who is locked out', async () => {
    const other = await TestService.start(database, simulator, {
      name: 'other',
      redisUrl: server.url,
    });
    await expect(
      other.nest.get(Authenticate).byKey(`lk_fresh-${'z'.repeat(30)}`, '10.1.0.1'),
    ).rejects.toMatchObject({ code: 'auth.invalid' });
    const address = '192.0.2.78';
    await attack(
      30,
      (i) => `lk_third-${i}-${'z'.repeat(30)}`,
      () => address,
    );
    await expect(
      other.nest.get(Authenticate).byKey(`lk_fourth-${'z'.repeat(30)}`, address),
    ).rejects.toMatchObject({ code: 'rate.limited' });
    await other.stop();
  });

  it('while Redis is gone are looked at no more often than before', async () => {
    await server.kill();
    const outcomes = await attack(
      2_000,
      (i) => `lk_later-${i}-${'z'.repeat(30)}`,
      () => '192.0.2.79',
    );
    expect(outcomes).toEqual({ 'auth.invalid': 20, 'rate.limited': 1_980 });
    const answer = await http().get('/v1/users', { key: APP_KEY, ...from('198.51.100.11') });
    expect(answer.status).toBe(200);
  });
});
