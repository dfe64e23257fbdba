import { mkdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Client } from 'pg';
import { bundledBinaries, copyBinaries } from './binaries';
import {
  type Cluster,
  type Owner,
  prepareCluster,
  readCluster,
  ROOT_HOME,
  serverUser,
} from './cluster';
import { joinServer, launchServer, stopServer, urlOf } from './server';

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

const DATABASE = 'linekeeper';
/** PostgreSQL's code for a database that another process made a moment ago, by the moment. */
const MADE_ALREADY: readonly (string | undefined)[] = ['42P04', '23505'];

/**
 * Starts the PostgreSQL that comes with the packages, or joins the one that an earlier process left running on
 * the same folder. Works as root too: the server then runs as an ordinary user, in a folder that user can reach.
 * May be killed at any moment: the next call goes on from there.
 */
export async function startEmbeddedPostgres({
  dataDir: given,
  throwaway = false,
}: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const dataDir = resolve(given);
  await mkdir(dataDir, { recursive: true });
  const owner = await serverUser(dataDir);
  const native = await bundledBinaries();
  const binaries = owner ? await copyBinaries(native, join(ROOT_HOME, 'postgres-18.4')) : native;
  const cluster = await prepareCluster(dataDir, binaries, owner, throwaway);
  const { port, launched } = await serve(binaries, cluster, owner, throwaway);
  try {
    await createDatabase(urlOf(cluster, port, 'postgres'));
  } catch (error) {
    if (launched) await stopServer(cluster.folder);
    throw error;
  }
  return {
    url: urlOf(cluster, port, DATABASE),
    launched,
    stop: () => stopServer(cluster.folder),
  };
}

async function serve(
  binaries: string,
  cluster: Cluster,
  owner: Owner | null,
  throwaway: boolean,
): Promise<{ port: number; launched: boolean }> {
  for (;;) {
    const joined = await joinServer(cluster);
    if (joined !== null) return { port: joined, launched: false };
    const port = await launchServer(binaries, cluster, owner, throwaway);
    if (port !== null) return { port, launched: true };
  }
}

async function createDatabase(url: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const found = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [DATABASE]);
    if (found.rowCount === 0) await client.query(`CREATE DATABASE ${DATABASE}`);
  } catch (error) {
    if (!MADE_ALREADY.includes((error as { code?: string }).code)) throw error;
  } finally {
    await client.end();
  }
}

/** Removes a throwaway cluster for good. */
export async function removeEmbeddedPostgres(dataDir: string): Promise<void> {
  const kept = await readCluster(resolve(dataDir));
  if (kept) await rm(resolve(dataDir, kept.cluster), { recursive: true, force: true });
  await rm(dataDir, { recursive: true, force: true });
}
