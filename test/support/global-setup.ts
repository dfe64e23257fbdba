import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Client } from 'pg';
import { startEmbeddedPostgres } from '../../libs/infrastructure/src/postgres/embedded-postgres';
import { migrate } from '../../libs/infrastructure/src/postgres/migrate';
import { databaseAt, TEMPLATE } from './database-urls';

/** One throwaway PostgreSQL for the whole run, with a migrated template that each test file gets a copy of. */
export default async function globalSetup(): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), 'linekeeper-pg-'));
  const postgres = await startEmbeddedPostgres({ dataDir, throwaway: true });
  const client = new Client({ connectionString: postgres.url });
  await client.connect();
  await client.query(`CREATE DATABASE ${TEMPLATE}`);
  await client.end();
  await migrate(databaseAt(postgres.url, TEMPLATE), resolve(__dirname, '../../prisma'));
  process.env['TEST_POSTGRES_URL'] = postgres.url;
  process.env['TEST_POSTGRES_DIR'] = dataDir;
  Object.assign(globalThis, { stopTestPostgres: () => postgres.stop() });
}
