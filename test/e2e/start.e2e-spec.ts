import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { removeEmbeddedPostgres } from '../../libs/infrastructure/src/postgres/embedded-postgres';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { freePort } from '../support/service';
import { Start } from '../support/start';

async function isDatabaseUp(dataDir: string): Promise<boolean> {
  const { cluster } = JSON.parse(await readFile(join(dataDir, 'postgres.json'), 'utf8')) as {
    cluster: string;
  };
  return readFile(resolve(dataDir, cluster, 'postmaster.pid')).then(
    () => true,
    () => false,
  );
}

/** The product starts up to four times in a test, on a machine that others may use too. */
jest.setTimeout(240_000);

const NEWEST_TABLE = 'erased_opt_outs';

/** As it was before the migration that made the table. */
async function setBack(database: TestDatabase): Promise<void> {
  await database.query(`DROP TABLE ${NEWEST_TABLE}`);
  await database.query(
    "DELETE FROM _prisma_migrations WHERE migration_name LIKE '%opt_outs_outlast_erasure'",
  );
}

async function isSetBack(database: TestDatabase): Promise<boolean> {
  return (await database.rowCounts())[NEWEST_TABLE] === undefined;
}

describe('The start of the product', () => {
  let dataDir: string;
  const running: Start[] = [];

  const start = async (settings: Readonly<Record<string, string>> = {}): Promise<Start> => {
    const started = await Start.run({ DATA_DIR: dataDir, ...settings });
    running.push(started);
    return started;
  };

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'linekeeper-start-'));
  });

  afterAll(async () => {
    for (const each of running) await each.kill('SIGTERM');
    await removeEmbeddedPostgres(dataDir);
  });

  it('keeps keys and data over a kill, refuses a second process, and stops the database it used', async () => {
    const first = await start();
    await first.up();
    expect(await first.isReady()).toBe(true);
    const key = /Admin key +(\S+)/.exec(first.output)?.[1];

    const second = await start();
    expect(await second.ended).toBe(1);
    expect(second.output).toContain('Another Linekeeper process already works on this database');
    // The one that was refused has not taken the database down with it.
    expect(await first.isReady()).toBe(true);

    await first.kill('SIGKILL');
    expect(await isDatabaseUp(dataDir)).toBe(true);
    const third = await start();
    await third.up();
    const answer = await fetch(`${third.url}/v1/admin/fleet`, {
      headers: { authorization: `Bearer ${key}` },
    });
    expect(answer.status).toBe(200);

    expect(await third.kill('SIGTERM')).toBe(0);
    expect(await isDatabaseUp(dataDir)).toBe(false);
  });

  it('goes on with its database when the simulator has lost its world', async () => {
    const before = await start();
    await before.up();
    await before.kill('SIGTERM');
    await rm(join(dataDir, 'simulator.json'));
    const after = await start();
    await after.up();
    expect(after.output).not.toContain('not subscribed to yet');
    await after.kill('SIGTERM');
  });

  it('says in words what is wrong with a database that it was given', async () => {
    const server = new URL(process.env['TEST_POSTGRES_URL'] ?? '');
    const missing = new URL(server);
    missing.pathname = '/nowhere';
    const closed = new URL(server);
    closed.port = String(await freePort());
    const outputs = await Promise.all(
      [missing, closed].map(async (url) => {
        const failed = await start({ DATABASE_URL: url.href });
        expect(await failed.ended).toBe(1);
        return failed.output;
      }),
    );
    expect(outputs[0]).toContain(`There is no database "nowhere" at ${server.host}`);
    expect(outputs[1]).toContain(`No PostgreSQL answers at ${closed.host}`);
    for (const output of outputs) expect(output).not.toContain(server.password);
  });

  it('takes a database of your own, and leaves it running', async () => {
    const database = await createTestDatabase();
    const started = await start({ DATABASE_URL: database.url });
    await started.up();
    expect(await started.isReady()).toBe(true);
    expect(await started.kill('SIGTERM')).toBe(0);
    expect(await database.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await database.drop();
  });

  it('leaves a database alone that belongs to another environment, or to a living process', async () => {
    const database = await createTestDatabase();
    const settings = { DATABASE_URL: database.url, ENVIRONMENT: 'production' };
    const first = await start(settings);
    await first.up();
    await setBack(database);

    const second = await start(settings);
    expect(await second.ended).toBe(1);
    expect(second.output).toContain('Another Linekeeper process already works on this database');
    expect(await isSetBack(database)).toBe(true);

    await first.kill('SIGTERM');
    const foreign = await start({ ...settings, ENVIRONMENT: 'staging' });
    expect(await foreign.ended).toBe(1);
    expect(foreign.output).toContain('belongs to the environment "production"');
    expect(await isSetBack(database)).toBe(true);

    const third = await start(settings);
    await third.up();
    expect(await isSetBack(database)).toBe(false);
    await third.kill('SIGTERM');
    await database.drop();
  });
});
