// npm run generate: the database client, docs/openapi.json, docs/events.md and .env.example, from their sources.
// With --check: fails when the committed files are not what the sources say.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensureAll, ensureBuild, root, run } from './ensure.mjs';

await ensureAll();
await ensureBuild();
const FILES = ['docs/openapi.json', 'docs/events.md', '.env.example'];
const read = (file) => {
  try {
    return readFileSync(join(root, file), 'utf8');
  } catch {
    return null;
  }
};
const before = FILES.map(read);
await run(process.execPath, [
  '--disable-warning=ExperimentalWarning',
  join(root, 'dist/apps/standalone/src/generate.main.js'),
]);
if (process.argv.includes('--check')) {
  const stale = FILES.filter((file, i) => read(file) !== before[i]);
  FILES.forEach((file, i) => before[i] !== null && writeFileSync(join(root, file), before[i]));
  if (stale.length > 0) {
    console.error(`Not what the sources say: ${stale.join(', ')}. Run npm run generate.`);
    process.exitCode = 1;
  }
}
