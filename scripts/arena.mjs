// npm run arena: compares ways of running a fleet on a trace or a made-up population. See docs/arena.md.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { ensureAll, ensureBuild, root } from './ensure.mjs';

await ensureAll();
await ensureBuild();
const child = spawn(
  process.execPath,
  [
    '--enable-source-maps',
    '--disable-warning=ExperimentalWarning',
    join(root, 'dist/bench/arena/main.js'),
    ...process.argv.slice(2),
  ],
  { stdio: 'inherit' },
);
child.once('close', (code) => process.exit(code ?? 1));
