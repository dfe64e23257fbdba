import { copyFile, mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeEmbeddedPostgres, startEmbeddedPostgres } from './embedded-postgres';
import { diff, migrate, SNAPSHOT } from './migrate';

/** The commands `npm run db:migrate` and `npm run db:diff`. */
async function main(): Promise<void> {
  const [command, ...flags] = process.argv.slice(2);
  const prismaDir = join(process.cwd(), 'prisma');
  if (command === 'migrate') return runMigrate(prismaDir);
  if (command === 'diff') return runDiff(prismaDir, flags);
  throw new Error('Usage: db migrate | db diff [--write NAME]');
}

async function runMigrate(prismaDir: string): Promise<void> {
  const given = process.env['DATABASE_URL'];
  const embedded = given
    ? null
    : await startEmbeddedPostgres({ dataDir: process.env['DATA_DIR'] ?? '.linekeeper' });
  const applied = await migrate(given ?? embedded?.url ?? '', prismaDir);
  console.log(applied.length === 0 ? 'Nothing to apply.' : `Applied: ${applied.join(', ')}`);
  if (embedded?.launched) await embedded.stop();
}

/** A server of its own: the answer depends on the files alone, and nobody's data is near. */
async function runDiff(prismaDir: string, flags: readonly string[]): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), 'linekeeper-diff-'));
  const scratch = await startEmbeddedPostgres({ dataDir, throwaway: true });
  try {
    const sql = await diff(scratch.url, prismaDir);
    if (sql === '') {
      console.log('The migrations and prisma/schema.prisma agree.');
      return;
    }
    const name = flags[0] === '--write' ? flags[1] : undefined;
    if (!name) {
      console.log(sql);
      return;
    }
    const stamp = new Date().toISOString().replace(/\D/g, '').slice(0, 14);
    const folder = join(prismaDir, 'migrations', `${stamp}_${name}`);
    await mkdir(folder);
    await writeFile(join(folder, 'migration.sql'), sql);
    await copyFile(join(prismaDir, 'schema.prisma'), join(folder, SNAPSHOT));
    console.log(`Wrote ${folder}`);
  } finally {
    await scratch.stop();
    await removeEmbeddedPostgres(dataDir);
  }
}

main().then(
  // The schema engine leaves a timer of ten seconds behind.
  () => process.exit(),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  },
);
