import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Client } from 'pg';
import { ForeignEnvironment } from '@linekeeper/application';
import { migrate } from './migrate';
import { reach } from './reach';

/** What keeps others off the database, for as long as the process lives. */
export interface Lock {
  release(): Promise<void>;
}

/**
 * Makes the database ready for a process of `environment`: locked, ours, and at the newest migration; in this order,
 * so that nothing is written under another process, or into another environment's data. Answers with the lock, which
 * is released again when this throws. Idempotent; safe in several processes at once and to kill at any moment.
 * @throws DatabaseUnreachable, ForeignEnvironment, and what `lock` throws.
 */
export async function openDatabase<L extends Lock>({
  databaseUrl,
  environment,
  lock: take,
}: {
  readonly databaseUrl: string;
  readonly environment: string;
  /** Keeps off whoever must not work at the same time. */
  readonly lock: (databaseUrl: string) => Promise<L>;
}): Promise<L> {
  await reach(databaseUrl);
  const lock = await take(databaseUrl);
  try {
    await refuseForeign(databaseUrl, environment);
    await migrate(databaseUrl, prismaFolder());
    return lock;
  } catch (error) {
    await lock.release();
    throw error;
  }
}

/** Read without the generated client: the tables may be of another version, or not there yet. */
async function refuseForeign(databaseUrl: string, expected: string): Promise<void> {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const table = await client.query<{ there: boolean }>(
      "SELECT to_regclass('environment') IS NOT NULL AS there",
    );
    if (table.rows[0]?.there !== true) return;
    const { rows } = await client.query<{ name: string }>('SELECT name FROM environment');
    const found = rows[0]?.name;
    if (found !== undefined && found !== expected) throw new ForeignEnvironment(expected, found);
  } finally {
    await client.end();
  }
}

/** The folder of the schema and the migrations: above us, whether we are compiled or not. */
function prismaFolder(): string {
  for (let folder = __dirname; ; folder = dirname(folder)) {
    const candidate = join(folder, 'prisma');
    if (existsSync(join(candidate, 'migrations'))) return candidate;
    if (folder === dirname(folder)) throw new Error('The folder of the migrations is missing');
  }
}
