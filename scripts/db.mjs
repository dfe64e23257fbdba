// npm run db:migrate | npm run db:diff [-- --write NAME]
import { join } from 'node:path';
import { ensureAll, ensureBuild, root, run } from './ensure.mjs';

await ensureAll();
await ensureBuild();
const entry = join(root, 'dist/libs/infrastructure/src/postgres/db.js');
await run(process.execPath, [
  '--disable-warning=ExperimentalWarning',
  entry,
  ...process.argv.slice(2),
]).catch(() => (process.exitCode = 1));
