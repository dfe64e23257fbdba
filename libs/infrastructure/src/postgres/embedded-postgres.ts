import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, chown, mkdir, open, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { bundledBinaries, copyBinaries, exists } from './binaries';

const run = promisify(execFile);

export interface EmbeddedPostgresOptions {
  /** The folder of ours that remembers where the database is. */
  readonly dataDir: string;
  /** For tests: faster, and nothing survives a power cut. */
  readonly throwaway?: boolean;
}

export interface EmbeddedPostgres {
  /** Connection string of the database `linekeeper`. */
  readonly url: string;
  /** Whether this call started the server; otherwise it was running, and may be serving another process. */
  readonly launched: boolean;
  /** Stops the server cleanly. Harmless when it is stopped already. */
  stop(): Promise<void>;
}

/** Where PostgreSQL lives when it runs as another user than root, who may not enter root's folders. */
const ROOT_HOME = '/var/lib/linekeeper';
const DATABASE = 'linekeeper';
const USER = 'linekeeper';
const START_TIMEOUT_MS = 30_000;

interface Location {
  readonly cluster: string;
  readonly password: string;
}

/**
 * Starts the PostgreSQL that comes with the packages, or joins the one that an earlier process left running on
 * the same folder. Works as root too: the server then runs as an ordinary user, in a folder that user can reach.
 */
export async function startEmbeddedPostgres(
  options: EmbeddedPostgresOptions,
): Promise<EmbeddedPostgres> {
  const dataDir = resolve(options.dataDir);
  await mkdir(dataDir, { recursive: true });
  const owner = await serverUser();
  const location = await locate(dataDir, owner);
  const native = await bundledBinaries();
  const binaries = owner ? await copyBinaries(native, join(ROOT_HOME, 'postgres-18.4')) : native;
  if (!(await exists(join(location.cluster, 'PG_VERSION')))) {
    await initialise(binaries, location, owner);
  }
  const running = await runningPort(location.cluster);
  const port = running ?? (await launch(binaries, location, owner, options));
  const url = (database: string): string =>
    `postgresql://${USER}:${location.password}@127.0.0.1:${port}/${database}`;
  await createDatabase(url('postgres'));
  return { url: url(DATABASE), launched: running === null, stop: () => stop(location.cluster) };
}

interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** PostgreSQL refuses to run as root, so root lends it an ordinary user. Null when we are one already. */
async function serverUser(): Promise<Owner | null> {
  if (process.getuid?.() !== 0) return null;
  const passwd = await readFile('/etc/passwd', 'utf8');
  for (const name of ['postgres', 'nobody']) {
    const fields = passwd.split('\n').map((row) => row.split(':'));
    const row = fields.find(([user]) => user === name);
    if (row) return { uid: Number(row[2]), gid: Number(row[3]) };
  }
  throw new Error(
    'PostgreSQL cannot run as root and there is no user postgres or nobody. Set DATABASE_URL.',
  );
}

/** Finds or chooses the cluster's folder and password; kept beside our data, readable by us only. */
async function locate(dataDir: string, owner: Owner | null): Promise<Location> {
  const file = join(dataDir, 'postgres.json');
  if (await exists(file)) {
    const known = JSON.parse(await readFile(file, 'utf8')) as Location;
    if (!owner || (await exists(known.cluster)) || known.cluster.startsWith(ROOT_HOME))
      return known;
  }
  const cluster = owner
    ? join(ROOT_HOME, `cluster-${randomBytes(6).toString('hex')}`)
    : join(dataDir, 'postgres');
  const location = { cluster, password: randomBytes(24).toString('base64url') };
  await writeFile(file, `${JSON.stringify(location)}\n`, { mode: 0o600 });
  return location;
}

async function initialise(
  binaries: string,
  location: Location,
  owner: Owner | null,
): Promise<void> {
  const { cluster, password } = location;
  // A start that was killed half way leaves a folder that initdb would refuse.
  await rm(cluster, { recursive: true, force: true });
  await mkdir(cluster, { recursive: true, mode: 0o700 });
  if (owner) {
    await chmod(dirname(cluster), 0o755);
    await chown(cluster, owner.uid, owner.gid);
  }
  const passwordFile = join(dirname(cluster), `.password-${process.pid}`);
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
  if (owner) await chown(passwordFile, owner.uid, owner.gid);
  try {
    await run(
      join(binaries, 'bin', 'initdb'),
      [
        `--pgdata=${cluster}`,
        `--username=${USER}`,
        `--pwfile=${passwordFile}`,
        '--auth=scram-sha-256',
        '--encoding=UTF8',
        '--locale=C',
        '--no-sync',
      ],
      { cwd: dirname(cluster), ...owner },
    );
  } finally {
    await rm(passwordFile, { force: true });
  }
}

async function launch(
  binaries: string,
  { cluster, password }: Location,
  owner: Owner | null,
  { throwaway = false }: EmbeddedPostgresOptions,
): Promise<number> {
  const port = await freePort();
  const settings: Record<string, string> = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: '200',
    shared_buffers: '128MB',
    log_min_messages: 'fatal',
    ...(throwaway ? { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' } : {}),
  };
  const logPath = join(cluster, 'server.log');
  const log = await open(logPath, 'a');
  if (owner) await chown(logPath, owner.uid, owner.gid);
  // Detached: an interrupt in the terminal must reach us first, so that we stop the server in order.
  const child = spawn(
    join(binaries, 'bin', 'postgres'),
    [
      '-D',
      cluster,
      '-p',
      String(port),
      ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ],
    { cwd: cluster, detached: true, stdio: ['ignore', log.fd, log.fd], ...owner },
  );
  child.unref();
  await log.close();
  const url = `postgresql://${USER}:${password}@127.0.0.1:${port}/postgres`;
  for (
    const deadline = Date.now() + START_TIMEOUT_MS;
    Date.now() < deadline && child.exitCode === null;
  ) {
    if (await answers(url)) return port;
    await delay(50);
  }
  const tail = (await readFile(logPath, 'utf8').catch(() => '')).split('\n').slice(-8).join('\n');
  throw new Error(`The embedded PostgreSQL did not start:\n${tail}`);
}

/** The port of a server that runs on this folder, or null. A pid file without a living server is removed. */
async function runningPort(cluster: string): Promise<number | null> {
  const file = join(cluster, 'postmaster.pid');
  const lines = await readFile(file, 'utf8').then(
    (text) => text.split('\n'),
    () => null,
  );
  if (!lines) return null;
  const pid = Number(lines[0]);
  if (!isAlive(pid)) {
    await rm(file, { force: true });
    return null;
  }
  return Number(lines[3]);
}

async function stop(cluster: string): Promise<void> {
  const pid = Number(
    (await readFile(join(cluster, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n')[0],
  );
  if (!pid || !isAlive(pid)) return;
  // SIGINT is PostgreSQL's fast shutdown: sessions end, data is safe.
  process.kill(pid, 'SIGINT');
  for (const deadline = Date.now() + START_TIMEOUT_MS; Date.now() < deadline && isAlive(pid);) {
    await delay(50);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function answers(url: string): Promise<boolean> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function createDatabase(url: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const found = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [DATABASE]);
    if (found.rowCount === 0) await client.query(`CREATE DATABASE ${DATABASE}`);
  } finally {
    await client.end();
  }
}

function freePort(): Promise<number> {
  return new Promise((resolvePort, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolvePort(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

/** Removes a throwaway cluster for good. */
export async function removeEmbeddedPostgres(dataDir: string): Promise<void> {
  const file = join(resolve(dataDir), 'postgres.json');
  const text = await readFile(file, 'utf8').catch(() => null);
  if (text !== null) {
    const { cluster } = JSON.parse(text) as Location;
    if ((await stat(cluster).catch(() => null)) !== null) await rm(cluster, { recursive: true });
  }
  await rm(dataDir, { recursive: true, force: true });
}
