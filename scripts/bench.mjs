// npm run bench -- PART [options]: what things cost, each beside a bare baseline. See docs/benchmarks.md.
import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ensureAll, ensureBuild, root } from './ensure.mjs';

const [part = '', ...options] = process.argv.slice(2);
const parts = readdirSync(join(root, 'bench')).filter(
  (name) => name !== 'arena' && existsSync(join(root, 'bench', name, 'main.ts')),
);
if (!parts.includes(part)) {
  console.error(`npm run bench -- PART, where PART is one of: ${parts.join(', ')}`);
  process.exit(1);
}
await ensureAll();
await ensureBuild();
const child = spawn(
  process.execPath,
  [
    '--enable-source-maps',
    '--disable-warning=ExperimentalWarning',
    join(root, `dist/bench/${part}/main.js`),
    ...options,
  ],
  { cwd: root, stdio: 'inherit' },
);
child.once('close', (code) => process.exit(code ?? 1));
