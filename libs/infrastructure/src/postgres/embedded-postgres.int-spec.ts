import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  access,
  chmod,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import { ClusterMissing } from './cluster';
import {
  type EmbeddedPostgres,
  removeEmbeddedPostgres,
  startEmbeddedPostgres,
} from './embedded-postgres';

const DB_COMMAND = resolve(__dirname, '../../../../dist/libs/infrastructure/src/postgres/db.js');

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<object>(sql)).rows;
  } finally {
    await client.end();
  }
}

function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** Waits until initdb has made this file, wherever it works. */
async function untilInitialising(dataDir: string, file: string): Promise<void> {
  for (const late = AbortSignal.timeout(40_000); !late.aborted;) {
    for (const name of await readdir(dataDir)) {
      const places = [join(dataDir, name, file), join(dataDir, name, 'whole', file)];
      if ((await Promise.all(places.map(isThere))).includes(true)) return;
    }
    await delay(1);
  }
  throw new Error(`initdb never made ${file}`);
}

describe('The embedded PostgreSQL', () => {
  let dataDir: string;
  let running: EmbeddedPostgres[];
  let bystander: ChildProcess | null;

  const start = async (): Promise<EmbeddedPostgres> => {
    const postgres = await startEmbeddedPostgres({ dataDir, throwaway: true });
    running.push(postgres);
    return postgres;
  };
  const pidFile = (): string => join(dataDir, 'postgres', 'postmaster.pid');

  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'linekeeper-embedded-'));
    // Root's server runs as another user, who must get in.
    await chmod(dataDir, 0o755);
    running = [];
    bystander = null;
  });

  afterEach(async () => {
    bystander?.kill('SIGKILL');
    for (const postgres of running) await postgres.stop();
    await removeEmbeddedPostgres(dataDir);
  });

  it.each(['PG_VERSION', 'base/1', 'global/pg_control'])(
    'starts after a kill of the first start, once there was %s',
    async (file) => {
      const child = spawn(process.execPath, [DB_COMMAND, 'migrate'], {
        cwd: resolve(__dirname, '../../../..'),
        env: { ...process.env, DATA_DIR: dataDir, DATABASE_URL: '' },
        detached: true,
        stdio: 'ignore',
      });
      await untilInitialising(dataDir, file);
      process.kill(-(child.pid ?? NaN), 'SIGKILL');
      await once(child, 'exit');

      const postgres = await start();
      expect(await query(postgres.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
      expect((await readdir(dataDir)).sort()).toEqual(['postgres', 'postgres.json']);
    },
  );

  it('is one server for two that start it at once', async () => {
    const [first, second] = await Promise.all([start(), start()]);
    expect(first.url).toBe(second.url);
    expect([first.launched, second.launched].sort()).toEqual([false, true]);
  });

  it.each([
    ['all of it', (lines: string[]) => lines],
    ['only its beginning', (lines: string[]) => lines.slice(0, 1)],
  ])('does not take another program for its server: a pid file with %s', async (_what, part) => {
    await start();
    const lines = (await readFile(pidFile(), 'utf8')).split('\n');
    await running[0]?.stop();
    bystander = spawn('sleep', ['600'], { cwd: tmpdir() });
    await writeFile(pidFile(), part([String(bystander.pid), ...lines.slice(1)]).join('\n'));

    await running[0]?.stop();
    expect(bystander.signalCode).toBeNull();
    const again = await start();
    expect(again.launched).toBe(true);
    expect(await query(again.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    expect(bystander.signalCode).toBeNull();
  });

  it('moves with its data folder', async () => {
    const before = await start();
    await query(before.url, 'CREATE TABLE kept AS SELECT 7 AS n');
    await before.stop();
    await rename(dataDir, `${dataDir}-moved`);
    dataDir = `${dataDir}-moved`;
    const after = await start();
    expect(await query(after.url, 'SELECT n FROM kept')).toEqual([{ n: 7 }]);
  });

  it('says that its files are missing instead of beginning with an empty database', async () => {
    await (await start()).stop();
    const kept = await readFile(join(dataDir, 'postgres.json'), 'utf8');
    await rm(join(dataDir, 'postgres'), { recursive: true });
    await expect(start()).rejects.toThrow(ClusterMissing);
    await expect(start()).rejects.toThrow(join(dataDir, 'postgres'));
    expect(await readFile(join(dataDir, 'postgres.json'), 'utf8')).toBe(kept);
    expect(await isThere(join(dataDir, 'postgres'))).toBe(false);
  });

  it('names a cut off postgres.json and leaves it alone', async () => {
    await writeFile(join(dataDir, 'postgres.json'), '{"cluster": "postg');
    await expect(start()).rejects.toThrow(join(dataDir, 'postgres.json'));
    expect(await readdir(dataDir)).toEqual(['postgres.json']);
    await rm(join(dataDir, 'postgres.json'));
  });

  it('leaves no server behind when it cannot get in', async () => {
    await (await start()).stop();
    const kept = JSON.parse(await readFile(join(dataDir, 'postgres.json'), 'utf8')) as object;
    await writeFile(
      join(dataDir, 'postgres.json'),
      JSON.stringify({ ...kept, password: 'another' }),
    );
    await expect(start()).rejects.toThrow(/does not let us in.*password/);
    expect(await isThere(pidFile())).toBe(false);
  });

  it('is kept from others', async () => {
    await start();
    expect((await stat(join(dataDir, 'postgres.json'))).mode & 0o777).toBe(0o600);
    expect((await stat(join(dataDir, 'postgres'))).mode & 0o777).toBe(0o700);
  });
});
