import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils';
import { PrismaPg } from '@prisma/adapter-pg';
import type { Pool } from 'pg';

/** The part of WebAssembly that is used here; Node's type package leaves it to the DOM's. */
declare const WebAssembly: {
  compile(bytes: Uint8Array): Promise<object>;
  instantiate(module: object, imports: object): Promise<{ exports: Record<string, unknown> }>;
};

/** The little of the schema engine that is used here. */
export interface SchemaEngine {
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

let loaded: Promise<SchemaEngineModule> | null = null;

/** Once for the process: the glue knows of one instance only. */
async function load(): Promise<SchemaEngineModule> {
  const require = createRequire(__filename);
  const gluePath = require.resolve('@prisma/schema-engine-wasm/schema_engine_bg');
  const glue = require(gluePath) as SchemaEngineModule;
  const wasm = await WebAssembly.compile(
    await readFile(join(dirname(gluePath), 'schema_engine_bg.wasm')),
  );
  const instance = await WebAssembly.instantiate(wasm, { './schema_engine_bg.js': glue });
  glue.__wbg_set_wasm(instance.exports);
  (instance.exports['__wbindgen_start'] as (() => void) | undefined)?.();
  return glue;
}

/**
 * Prisma's schema engine as WebAssembly, out of its npm package: the same engine as the binary of the command line
 * tool, which would have to be downloaded. It writes the genuine `_prisma_migrations`. The pool stays the caller's.
 */
export async function withEngine<T>(
  pool: Pool,
  datamodel: string,
  work: (engine: SchemaEngine) => Promise<T>,
): Promise<T> {
  const { SchemaEngine } = await (loaded ??= load());
  const engine = await SchemaEngine.new(
    { datamodels: [['schema.prisma', datamodel]] },
    () => undefined,
    bindMigrationAwareSqlAdapterFactory(new PrismaPg(pool)),
  );
  try {
    return await work(engine);
  } finally {
    engine.free();
  }
}
