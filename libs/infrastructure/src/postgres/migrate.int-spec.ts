import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import { databaseAt } from '../../../../test/support/database-urls';

const ROOT = resolve(__dirname, '../../../..');
const PRISMA = join(ROOT, 'prisma');
const DB_COMMAND = join(ROOT, 'dist/libs/infrastructure/src/postgres/db.js');

jest.setTimeout(120_000);

/** What `npm run db:migrate` runs, on the migrations of a folder. */
function begin(url: string, folder: string): ChildProcess {
  return spawn(process.execPath, ['--disable-warning=ExperimentalWarning', DB_COMMAND, 'migrate'], {
    cwd: folder,
    env: { ...process.env, DATABASE_URL: url },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** Answers with the names of what was applied; throws what was printed if it failed. */
async function migrate(url: string, folder = ROOT): Promise<string[]> {
  const child = begin(url, folder);
  let output = '';
  child.stdout?.on('data', (chunk) => (output += String(chunk)));
  child.stderr?.on('data', (chunk) => (output += String(chunk)));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(output);
  return /^Applied: (.*)$/m.exec(output)?.[1]?.split(', ') ?? [];
}

describe('A migration', () => {
  let name: string;
  let url: string;
  let server: Client;
  let inside: Client;
  let allMigrations: string[];

  beforeEach(async () => {
    const serverUrl = process.env['TEST_POSTGRES_URL'] ?? '';
    name = `test_${randomBytes(6).toString('hex')}`;
    url = databaseAt(serverUrl, name);
    server = new Client({ connectionString: serverUrl });
    await server.connect();
    await server.query(`CREATE DATABASE ${name}`);
    inside = new Client({ connectionString: url });
    await inside.connect();
    allMigrations = (await readdir(join(PRISMA, 'migrations'))).filter((each) => /^\d/.test(each));
  });

  afterEach(async () => {
    await inside.end();
    await server.query(`DROP DATABASE ${name} WITH (FORCE)`);
    await server.end();
  });

  async function tables(): Promise<string[]> {
    const { rows } = await inside.query<{ tablename: string }>(
      "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1",
    );
    return rows.map(({ tablename }) => tablename);
  }

  async function finished(): Promise<string[]> {
    const { rows } = await inside.query<{ name: string }>(
      `SELECT migration_name AS name FROM _prisma_migrations
       WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL ORDER BY 1`,
    );
    return rows.map((row) => row.name);
  }

  /** Waits until somebody else waits in the database for what we hold. */
  async function untilOneWaits(): Promise<void> {
    for (const late = AbortSignal.timeout(40_000); !late.aborted;) {
      const { rows } = await server.query<{ n: number }>(
        `SELECT count(*)::int AS n FROM pg_stat_activity
         WHERE datname = $1 AND wait_event_type = 'Lock'`,
        [name],
      );
      if ((rows[0]?.n ?? 0) > 0) return;
      await delay(5);
    }
    throw new Error('Nobody waits');
  }

  it('that is killed half way is done by the next one', async () => {
    // The same name, not committed: the migration stops in front of it, with tables before and after.
    await inside.query('BEGIN; CREATE TABLE cards (n int)');
    const child = begin(url, ROOT);
    await untilOneWaits();
    child.kill('SIGKILL');
    await once(child, 'exit');
    await inside.query('ROLLBACK');

    expect(await migrate(url)).toEqual(allMigrations);
    expect(await finished()).toEqual(allMigrations);
    expect(await migrate(url)).toEqual([]);
  });

  it('that several begin at once is done by one of them', async () => {
    const applied = await Promise.all([1, 2, 3].map(() => migrate(url)));
    expect(applied.flat().sort()).toEqual(allMigrations);
    expect(await finished()).toEqual(allMigrations);
  });

  it('that fails changes nothing, says why, and is tried again', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'linekeeper-migrations-'));
    try {
      await cp(PRISMA, join(folder, 'prisma'), { recursive: true });
      const wrong = join(folder, 'prisma', 'migrations', '29990101000000_wrong');
      await mkdir(wrong);
      await writeFile(
        join(wrong, 'migration.sql'),
        'CREATE TABLE a (n int);\nCREATE TABLE b (n nix);',
      );
      await expect(migrate(url, folder)).rejects.toThrow('type "nix" does not exist');
      expect(await tables()).toEqual([]);

      await writeFile(join(wrong, 'migration.sql'), 'CREATE TABLE a (n int);');
      expect(await migrate(url, folder)).toEqual([...allMigrations, '29990101000000_wrong']);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
