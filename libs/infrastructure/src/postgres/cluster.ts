import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chown, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join, parse, resolve } from 'node:path';
import { promisify } from 'node:util';
import { keep, keepIfNew, readKept } from '../system/kept-file';
import { exists } from './binaries';
import { makeWhole } from './drafts';

const run = promisify(execFile);

/** For what the server's user must reach when it may not enter our folders. */
export const ROOT_HOME = '/var/lib/linekeeper';
export const SUPERUSER = 'linekeeper';

/** Where the database's files are, and how to get in. */
export interface Cluster {
  readonly folder: string;
  readonly password: string;
}

/** Who runs the server when we are root. */
export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** `postgres.json`, beside our data. */
interface Kept {
  /** Relative to the data folder when it lies inside, so that the data folder can be moved. */
  readonly cluster: string;
  readonly password: string;
  /** Whether the files were complete once: if they are missing then, something took them away. */
  readonly ready: boolean;
}

const fileIn = (dataDir: string): string => join(dataDir, 'postgres.json');

/** The files of a database are no longer where they were: starting with an empty one would hide that. */
export class ClusterMissing extends Error {
  constructor(folder: string, dataDir: string) {
    super(
      `The database's files are missing: ${folder}, where ${fileIn(dataDir)} says they are. Bring them back from ` +
        'where they went or from a backup, or set DATABASE_URL to a PostgreSQL of your own. ' +
        `To begin anew with an empty database, move ${fileIn(dataDir)} away.`,
    );
    this.name = 'ClusterMissing';
  }
}

/**
 * The cluster of a data folder, made if there was none. Safe to kill at any moment, and to call twice at once.
 * @throws ClusterMissing when there was one.
 */
export async function prepareCluster(
  dataDir: string,
  binaries: string,
  owner: Owner | null,
  throwaway: boolean,
): Promise<Cluster> {
  const kept = (await readCluster(dataDir)) ?? (await choose(dataDir, owner));
  const cluster = { folder: resolve(dataDir, kept.cluster), password: kept.password };
  if (!(await exists(cluster.folder))) {
    if (kept.ready) throw new ClusterMissing(cluster.folder, dataDir);
    await makeWhole(cluster.folder, (whole, workplace) =>
      initialise(binaries, whole, workplace, cluster.password, owner, throwaway),
    );
  }
  await keep(fileIn(dataDir), { ...kept, ready: true });
  return cluster;
}

/** What is kept about the cluster of a data folder; null before there was one. */
export async function readCluster(dataDir: string): Promise<Kept | null> {
  const kept = await readKept<Kept>(fileIn(dataDir));
  if (!kept) return null;
  if (typeof kept.cluster !== 'string' || typeof kept.password !== 'string') {
    throw new Error(`${fileIn(dataDir)} names no cluster or no password`);
  }
  return { cluster: kept.cluster, password: kept.password, ready: kept.ready !== false };
}

async function choose(dataDir: string, owner: Owner | null): Promise<Kept> {
  const inside = owner === null || (await letsOthersThrough(dataDir));
  const cluster = inside
    ? 'postgres'
    : join(ROOT_HOME, `cluster-${randomBytes(6).toString('hex')}`);
  const password = randomBytes(24).toString('base64url');
  await keepIfNew(fileIn(dataDir), { cluster, password, ready: false });
  // Another process may have chosen first.
  const chosen = await readCluster(dataDir);
  if (!chosen) throw new Error(`${fileIn(dataDir)} vanished`);
  return chosen;
}

/** Whether any user may go through this folder and those above it. */
async function letsOthersThrough(folder: string): Promise<boolean> {
  for (let each = folder; ; each = dirname(each)) {
    if (((await stat(each)).mode & 0o001) === 0) return false;
    if (each === parse(each).root) return true;
  }
}

async function initialise(
  binaries: string,
  whole: string,
  workplace: string,
  password: string,
  owner: Owner | null,
  throwaway: boolean,
): Promise<void> {
  const passwordFile = join(workplace, 'password');
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
  await mkdir(whole, { mode: 0o700 });
  if (owner) {
    for (const path of [workplace, whole, passwordFile]) await chown(path, owner.uid, owner.gid);
  }
  await run(
    join(binaries, 'bin', 'initdb'),
    [
      `--pgdata=${whole}`,
      `--username=${SUPERUSER}`,
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--locale=C',
      ...(throwaway ? ['--no-sync'] : []),
    ],
    { cwd: workplace, ...owner },
  );
}

/**
 * PostgreSQL refuses to run as root, so root lends it an ordinary user: the one who has the files already, else
 * `postgres` or `nobody`. Null when we are an ordinary user.
 */
export async function serverUser(dataDir: string): Promise<Owner | null> {
  if (process.getuid?.() !== 0) return null;
  const kept = await readCluster(dataDir);
  const files = kept ? await stat(resolve(dataDir, kept.cluster)).catch(() => null) : null;
  if (files && files.uid !== 0) return { uid: files.uid, gid: files.gid };
  const rows = (await readFile('/etc/passwd', 'utf8')).split('\n').map((row) => row.split(':'));
  for (const name of ['postgres', 'nobody']) {
    const row = rows.find(([user]) => user === name);
    if (row) return { uid: Number(row[2]), gid: Number(row[3]) };
  }
  throw new Error(
    'PostgreSQL cannot run as root and there is no user postgres or nobody. Set DATABASE_URL.',
  );
}
