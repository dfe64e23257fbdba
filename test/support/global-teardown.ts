import { removeEmbeddedPostgres } from '../../libs/infrastructure/src/postgres/embedded-postgres';

export default async function globalTeardown(): Promise<void> {
  const { stopTestPostgres } = globalThis as { stopTestPostgres?: () => Promise<void> };
  await stopTestPostgres?.();
  const dataDir = process.env['TEST_POSTGRES_DIR'];
  if (dataDir !== undefined) await removeEmbeddedPostgres(dataDir);
}
