import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import {
  composeParser,
  type ComposeService,
  dockerfileWords,
  readCompose,
} from '../support/compose';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { lineNumbers, type LineAnswer, linesOf, personNumber } from '../support/fleet';
import { Http, ok } from '../support/http';
import { redisServerPath, TestRedis } from '../support/redis';
import { ADMIN_KEY, freePort } from '../support/service';
import { Start } from '../support/start';

jest.setTimeout(180_000);

const missing = [
  ...(composeParser === undefined ? ['no docker-compose is installed'] : []),
  ...(redisServerPath === undefined ? ['no redis-server is installed'] : []),
];
const leftOut = missing.length === 0 ? '' : ` (left out: ${missing.join(', ')})`;
const suite = missing.length === 0 ? describe : describe.skip;

const OURS = ['api-1', 'api-2', 'worker'] as const;
const SECRETS = {
  POSTGRES_PASSWORD: 'a password of the tests',
  SECRETS_KEY: 'a secrets key of the tests, long enough',
  ADMIN_KEY,
  LINQ_API_KEY: 'sim-token',
  PUBLIC_URL: 'http://api-1:3000',
};
const reason = 'a test';

suite(`docker-compose.yml${leftOut}`, () => {
  it.each(Object.keys(SECRETS))('is refused without %s', (name) => {
    expect(() => readCompose({ ...SECRETS, [name]: '' })).toThrow(/config/);
  });

  it('has two api processes and a worker, each after a healthy database and Redis', () => {
    const { services } = readCompose(SECRETS);
    for (const name of OURS) {
      expect(services[name]?.depends_on).toEqual({
        postgres: { condition: 'service_healthy' },
        redis: { condition: 'service_healthy' },
      });
    }
    expect(services['postgres']?.healthcheck?.test).toContain('pg_isready');
    expect(services['redis']?.healthcheck?.test).toContain('redis-cli');
    expect(services['redis']?.command?.join(' ')).toContain('--maxmemory-policy noeviction');
    expect(services['redis']?.command?.join(' ')).toContain('--appendonly yes');
  });

  it('opens its ports on the machine itself only', () => {
    const { services } = readCompose(SECRETS);
    const ports = Object.values(services).flatMap((service) => service.ports ?? []);
    expect(ports).toHaveLength(4);
    for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:/);
  });

  describe('with its own commands run without an engine', () => {
    let database: TestDatabase;
    let redis: TestRedis;
    let simulatorUrl: string;
    let apiUrl: string;
    let services: Readonly<Record<string, ComposeService>>;
    const running = new Map<string, Start>();

    /** What the names of containers stand for here. */
    const here = (value: string): string =>
      value
        .replace(/^postgresql:.*@postgres:5432\/linekeeper$/, database.url)
        .replace('redis://redis:6379', redis.url)
        .replace('http://simulator:4010', simulatorUrl)
        .replace('http://api-1:3000', apiUrl);

    const settingsOf = (name: string): Record<string, string> => {
      const environment = Object.entries(services[name]?.environment ?? {});
      return Object.fromEntries(environment.map(([key, value]) => [key, here(value)]));
    };

    async function start(name: string, more: Record<string, string> = {}): Promise<void> {
      const [node, ...args] = services[name]?.command ?? dockerfileWords('CMD');
      expect(node).toBe('node');
      const settings = { ...settingsOf(name), ...more };
      running.set(name, await Start.node(args, settings));
    }

    /** The image's own health check, until it passes. */
    async function healthy(name: string): Promise<void> {
      const [, ...args] = dockerfileWords('HEALTHCHECK');
      const env = { ...process.env, PORT: new URL(running.get(name)?.url ?? '').port };
      for (let attempt = 1; ; attempt += 1) {
        try {
          await promisify(execFile)(process.execPath, args, { env });
          return;
        } catch (error) {
          if (attempt === 60)
            throw new Error(`${name}: ${running.get(name)?.output}`, { cause: error });
        }
      }
    }

    const client = (name: string): Http => new Http(running.get(name)?.url ?? '', ADMIN_KEY);

    beforeAll(async () => {
      [database, redis] = await Promise.all([createTestDatabase(), TestRedis.start()]);
      const [simulatorPort, apiPort] = [String(await freePort()), String(await freePort())];
      simulatorUrl = `http://127.0.0.1:${simulatorPort}`;
      apiUrl = `http://127.0.0.1:${apiPort}`;
      services = readCompose({
        ...SECRETS,
        LINQ_BASE_URL: 'http://simulator:4010/api/partner',
        SIMULATOR_LINES: lineNumbers(3).join(','),
      }).services;
      await start('simulator', { SIMULATOR_PORT: simulatorPort });
      await running.get('simulator')?.says('listening');
      await start('api-1', { PORT: apiPort });
      for (const name of ['api-2', 'worker']) await start(name);
      for (const name of OURS) await healthy(name);
    });

    afterAll(async () => {
      await Promise.all([...running.values()].map((process) => process.kill('SIGKILL')));
      await redis.stop();
      await database.drop();
    });

    const usage = async (name: string): Promise<LineAnswer[]> => linesOf({ admin: client(name) });

    it('counts in one api process and the worker what came in by the other', async () => {
      await ok(client('api-2').post('/v1/admin/lines/import', { start: 'mature', reason }));
      const [line] = await usage('api-1');
      const text = { from: personNumber(1), to: line?.phoneNumber, text: 'Hello' };
      await ok(new Http(simulatorUrl).post('/__sim/inbound', text));
      let used = 0;
      for (let attempt = 0; used === 0 && attempt < 500; attempt += 1) {
        used = (await usage('api-2')).find(({ id }) => id === line?.id)?.usedLast24h ?? 0;
      }
      expect(used).toBe(1);
    });

    it('keeps off a process that would keep the budget to itself', async () => {
      const alone = await Start.run({ DATABASE_URL: database.url, ENVIRONMENT: 'production' });
      expect(await alone.ended).not.toBe(0);
      expect(alone.output).toContain('REDIS_URL');
    });

    it('goes down in order and comes up again, the worker first and the api processes after it', async () => {
      for (const name of ['worker', 'api-1', 'api-2']) {
        const process = running.get(name);
        expect(await process?.kill('SIGTERM')).toBe(0);
        await start(name, { PORT: new URL(process?.url ?? '').port });
        await healthy(name);
        expect(await usage(name === 'api-1' ? 'api-2' : 'api-1')).toHaveLength(3);
      }
    });
  });
});
