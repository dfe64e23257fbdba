import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chown, open, readFile, realpath, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import { type Cluster, type Owner, SUPERUSER } from './cluster';
import { isServerOn } from './processes';

/** A server that recovers from a crash may take a while; one that takes longer needs a person. */
const START_TIMEOUT_MS = 30_000;
const POLL_MS = 50;

/** Connection string of a database of the cluster's server. */
export function urlOf({ password }: Cluster, port: number, database: string): string {
  return `postgresql://${SUPERUSER}:${password}@127.0.0.1:${port}/${database}`;
}

/**
 * The port of the server that runs on this cluster; null when none does. One that is starting is waited for. A pid
 * file whose process is gone, or is another program by now, is removed: PostgreSQL itself would believe it.
 */
export async function joinServer(cluster: Cluster): Promise<number | null> {
  for (const late = AbortSignal.timeout(START_TIMEOUT_MS); ;) {
    const found = await readPidFile(cluster.folder);
    if (!found) return null;
    if (!(await isServerOn(cluster.folder, found.pid))) {
      const again = await readPidFile(cluster.folder);
      if (again?.pid === found.pid) await rm(pidFileOf(cluster.folder), { force: true });
      continue;
    }
    if (found.port !== null && (await answers(cluster, found.port))) return found.port;
    if (late.aborted) {
      throw new Error(
        `A PostgreSQL is on ${cluster.folder} already (process ${found.pid}), but does not answer. Stop it first; ` +
          `if that process is no PostgreSQL, remove ${pidFileOf(cluster.folder)}.`,
      );
    }
    await delay(POLL_MS);
  }
}

/**
 * Starts a server on the cluster; answers with its port once it lets us in, or with null when another process
 * started one first. A server that does not start is stopped again before this throws.
 */
export async function launchServer(
  binaries: string,
  cluster: Cluster,
  owner: Owner | null,
  throwaway: boolean,
): Promise<number | null> {
  const port = await freePort();
  const settings: Record<string, string> = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: '200',
    shared_buffers: '128MB',
    log_min_messages: 'fatal',
    ...(throwaway ? { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' } : {}),
  };
  const logPath = join(cluster.folder, 'server.log');
  const log = await open(logPath, 'a');
  if (owner) await chown(logPath, owner.uid, owner.gid);
  // Detached: an interrupt in the terminal must reach us first, so that we stop the server in order.
  const child = spawn(
    join(binaries, 'bin', 'postgres'),
    [
      ...['-D', cluster.folder, '-p', String(port)],
      ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ],
    { cwd: cluster.folder, detached: true, stdio: ['ignore', log.fd, log.fd], ...owner },
  );
  child.unref();
  await log.close();
  let answered = false;
  try {
    const late = AbortSignal.timeout(START_TIMEOUT_MS);
    while (!answered && !late.aborted && isRunning(child)) {
      answered = await answers(cluster, port);
      if (!answered) await delay(POLL_MS);
    }
  } finally {
    if (!answered) await end(child);
  }
  if (answered) return port;
  const other = await readPidFile(cluster.folder);
  if (other && (await isServerOn(cluster.folder, other.pid))) return null;
  const tail = (await readFile(logPath, 'utf8').catch(() => '')).split('\n').slice(-8).join('\n');
  throw new Error(`The embedded PostgreSQL did not start:\n${tail}`);
}

/** Stops the server of this cluster cleanly. Harmless when there is none. */
export async function stopServer(folder: string): Promise<void> {
  const found = await readPidFile(folder);
  if (!found || !(await isServerOn(folder, found.pid))) return;
  // SIGINT is PostgreSQL's fast shutdown: sessions end, data is safe.
  process.kill(found.pid, 'SIGINT');
  const late = AbortSignal.timeout(START_TIMEOUT_MS);
  while (!late.aborted && (await isServerOn(folder, found.pid))) await delay(POLL_MS);
}

function isRunning(child: ChildProcess): boolean {
  return child.pid !== undefined && child.exitCode === null && child.signalCode === null;
}

async function end(child: ChildProcess): Promise<void> {
  if (!isRunning(child)) return;
  const ended = once(child, 'exit');
  // Not in order: it never came up, and may be stuck on the way.
  child.kill('SIGQUIT');
  await ended;
}

const pidFileOf = (folder: string): string => join(folder, 'postmaster.pid');

/** What PostgreSQL writes down about itself. The port comes a moment after the process number. */
async function readPidFile(folder: string): Promise<{ pid: number; port: number | null } | null> {
  const text = await readFile(pidFileOf(folder), 'utf8').catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  });
  if (text === null) return null;
  const lines = text.split('\n');
  return { pid: Number(lines[0]), port: Number(lines[3]) || null };
}

/**
 * Whether the server at this port lets us in and works on this very folder. Not yet is false; a server that is up
 * and will never let us in is an error.
 */
async function answers(cluster: Cluster, port: number): Promise<boolean> {
  const client = new Client({
    connectionString: urlOf(cluster, port, 'postgres'),
    connectionTimeoutMillis: 2_000,
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{ data_directory: string }>('SHOW data_directory');
    const theirs = await realpath(rows[0]?.data_directory ?? '').catch(() => null);
    return theirs === (await realpath(cluster.folder));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (!NEVER.includes(code)) return false;
    throw new Error(`The embedded PostgreSQL on ${cluster.folder} does not let us in: ${message}`, {
      cause: error,
    });
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** PostgreSQL's codes for a wrong password or user, and for a database that does not exist. */
const NEVER: readonly (string | undefined)[] = ['28000', '28P01', '3D000'];

/** A port of this machine that nobody listens on at this moment. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
