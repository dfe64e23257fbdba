import { readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils';
import { PrismaPg } from '@prisma/adapter-pg';
import { Pool } from 'pg';
import { reach } from './reach';

/** The part of WebAssembly that is used here; Node's type package leaves it to the DOM's. */
declare const WebAssembly: {
  compile(bytes: Uint8Array): Promise<object>;
  instantiate(module: object, imports: object): Promise<{ exports: Record<string, unknown> }>;
};

/** The little of the schema engine that is used here. */
interface SchemaEngine {
  applyMigrations(input: object): Promise<{ appliedMigrationNames: string[] }>;
  diff(input: object): Promise<{ exitCode: number; stdout: string | null }>;
  free(): void;
}

interface SchemaEngineModule {
  SchemaEngine: {
    new: (
      options: { datamodels: [string, string][] },
      log: (line: string) => void,
      adapter: object,
    ) => Promise<SchemaEngine>;
  };
  __wbg_set_wasm(exports: unknown): void;
}

const FILTERS = { externalTables: [], externalEnums: [] };

/**
 * Prisma's schema engine as WebAssembly, out of its npm package: the same engine as the binary of the command line
 * tool, which would have to be downloaded. It writes the genuine `_prisma_migrations`.
 */
async function withEngine<T>(
  databaseUrl: string,
  datamodel: string,
  work: (engine: SchemaEngine) => Promise<T>,
): Promise<T> {
  const require = createRequire(__filename);
  const gluePath = require.resolve('@prisma/schema-engine-wasm/schema_engine_bg');
  const glue = require(gluePath) as SchemaEngineModule;
  const wasm = await WebAssembly.compile(
    await readFile(join(dirname(gluePath), 'schema_engine_bg.wasm')),
  );
  const instance = await WebAssembly.instantiate(wasm, {
    './schema_engine_bg.js': glue,
  });
  glue.__wbg_set_wasm(instance.exports);
  (instance.exports['__wbindgen_start'] as (() => void) | undefined)?.();
  const pool = new Pool({ connectionString: databaseUrl });
  const adapter = bindMigrationAwareSqlAdapterFactory(new PrismaPg(pool));
  const engine = await glue.SchemaEngine.new(
    { datamodels: [['schema.prisma', datamodel]] },
    () => undefined,
    adapter,
  );
  try {
    return await work(engine);
  } finally {
    engine.free();
    await pool.end();
  }
}

async function migrationsIn(dir: string): Promise<object> {
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
 * Brings the database to the newest migration and names the ones it applied. A second run applies none.
 * @throws DatabaseUnreachable with what to do about it.
 */
export async function migrate(databaseUrl: string, prismaDir: string): Promise<string[]> {
  await reach(databaseUrl);
  const datamodel = await readFile(join(prismaDir, 'schema.prisma'), 'utf8');
  const migrationsList = await migrationsIn(join(prismaDir, 'migrations'));
  return withEngine(databaseUrl, datamodel, async (engine) => {
    const { appliedMigrationNames } = await engine.applyMigrations({
      migrationsList,
      filters: FILTERS,
    });
    return appliedMigrationNames;
  });
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
  return withEngine(databaseUrl, datamodel, async (engine) => {
    const { stdout } = await engine.diff({
      from: newest === null ? { tag: 'empty' } : schemaOf(newest),
      to: schemaOf(datamodel),
      script: true,
      exitCode: null,
      filters: FILTERS,
    });
    const sql = stdout ?? '';
    return sql.includes('This is an empty migration') ? '' : sql;
  });
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
