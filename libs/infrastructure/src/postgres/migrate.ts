import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Pool } from 'pg';
import { ADVISORY_LOCKS } from '../advisory-locks';
import { reach } from './reach';
import { withEngine } from './schema-engine';

/** So long the others wait for the one that migrates, and a migration for a table that is in use. */
const LOCK_TIMEOUT_MS = 120_000;

const FILTERS = { externalTables: [], externalEnums: [] };

/** The folder of the migrations, in the engine's words. */
interface Migrations {
  readonly baseDir: string;
  readonly lockfile: object;
  readonly shadowDbInitScript: string;
  readonly migrationDirectories: readonly {
    readonly path: string;
    readonly migrationFile: { readonly content: { readonly value: string } };
  }[];
}

async function migrationsIn(dir: string): Promise<Migrations> {
  const names = (await readdir(dir, { withFileTypes: true }))
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
  const migrationDirectories = await Promise.all(
    names.map(async (name) => ({
      path: name,
      migrationFile: {
        path: 'migration.sql',
        content: { tag: 'ok', value: await readFile(join(dir, name, 'migration.sql'), 'utf8') },
      },
    })),
  );
  return {
    baseDir: dir,
    lockfile: {
      path: 'migration_lock.toml',
      content: await readFile(join(dir, 'migration_lock.toml'), 'utf8'),
    },
    migrationDirectories,
    shadowDbInitScript: '',
  };
}

/**
 * Brings the database to the newest migration and names the ones it applied. A second run applies none; of several at
 * once, one applies them and the others wait for it. All of it is one transaction: a process that is killed, or a
 * migration that fails, leaves the database as it was, and the next run tries again. (The engine sends a migration
 * statement by statement; left to itself it would leave half of one, marked as failed for good.)
 * @throws DatabaseUnreachable with what to do about it.
 */
export async function migrate(databaseUrl: string, prismaDir: string): Promise<string[]> {
  await reach(databaseUrl);
  const datamodel = await readFile(join(prismaDir, 'schema.prisma'), 'utf8');
  const migrationsList = await migrationsIn(join(prismaDir, 'migrations'));
  // One connection that is never given up, so that whatever the engine asks for falls into our transaction.
  const pool = new Pool({ connectionString: databaseUrl, max: 1, idleTimeoutMillis: 0 });
  let connections = 0;
  pool.on('connect', () => (connections += 1));
  const failures = failuresOf(pool);
  try {
    await pool.query('BEGIN');
    await pool.query(`SET LOCAL lock_timeout = '${LOCK_TIMEOUT_MS}ms'`);
    await pool.query('SELECT pg_advisory_xact_lock($1)', [ADVISORY_LOCKS.migration]);
    if (await areAllApplied(pool, migrationsList)) return [];
    const { appliedMigrationNames } = await withEngine(pool, datamodel, (engine) =>
      engine.applyMigrations({ migrationsList, filters: FILTERS }),
    );
    await pool.query('COMMIT');
    if (connections > 1) throw new Error('The connection to the database broke; try again');
    return appliedMigrationNames;
  } catch (error) {
    // What follows a failure in a transaction says only that it is over, and the engine may answer with that.
    const first = failures[0] ?? error;
    const why = first instanceof Error ? first.message : String(first);
    throw new Error(`The migrations failed and changed nothing: ${why}`, { cause: error });
  } finally {
    await pool.end();
  }
}

/** Whether the database has them all, as they are: then the engine, seconds of work to load, has nothing to do. */
async function areAllApplied(pool: Pool, { migrationDirectories }: Migrations): Promise<boolean> {
  const { rows: found } = await pool.query<{ there: boolean }>(
    "SELECT to_regclass('_prisma_migrations') IS NOT NULL AS there",
  );
  if (found[0]?.there !== true) return false;
  const { rows } = await pool.query<{ name: string; checksum: string }>(
    `SELECT migration_name AS name, checksum FROM _prisma_migrations
     WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL`,
  );
  const applied = new Set(rows.map(({ name, checksum }) => `${name} ${checksum}`));
  return migrationDirectories.every(({ path, migrationFile: { content } }) =>
    applied.has(`${path} ${createHash('sha256').update(content.value).digest('hex')}`),
  );
}

/** What goes wrong with the pool's queries from now on, in order. */
function failuresOf(pool: Pool): readonly unknown[] {
  const failures: unknown[] = [];
  const query = pool.query.bind(pool) as (...args: unknown[]) => Promise<unknown>;
  const watched = (...args: unknown[]): Promise<unknown> =>
    query(...args).catch((error: unknown) => {
      failures.push(error);
      throw error;
    });
  pool.query = watched as typeof pool.query;
  return failures;
}

/** Beside each migration: the schema it leads to. The next migration starts from the newest of them. */
export const SNAPSHOT = 'schema.prisma';

/**
 * The SQL that leads from the newest migration to `schema.prisma`; empty when they agree. It compares the two
 * schemas themselves; `databaseUrl` only gives the engine a dialect.
 */
export async function diff(databaseUrl: string, prismaDir: string): Promise<string> {
  const datamodel = await readFile(join(prismaDir, 'schema.prisma'), 'utf8');
  const newest = await newestSnapshot(join(prismaDir, 'migrations'));
  const pool = new Pool({ connectionString: databaseUrl });
  try {
    const { stdout } = await withEngine(pool, datamodel, (engine) =>
      engine.diff({
        from: newest === null ? { tag: 'empty' } : schemaOf(newest),
        to: schemaOf(datamodel),
        script: true,
        exitCode: null,
        filters: FILTERS,
      }),
    );
    const sql = stdout ?? '';
    return sql.includes('This is an empty migration') ? '' : sql;
  } finally {
    await pool.end();
  }
}

function schemaOf(content: string): object {
  return { tag: 'schemaDatamodel', files: [{ path: 'schema.prisma', content }] };
}

async function newestSnapshot(dir: string): Promise<string | null> {
  const newest = (await readdir(dir, { withFileTypes: true }))
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort()
    .at(-1);
  return newest === undefined ? null : readFile(join(dir, newest, SNAPSHOT), 'utf8');
}
