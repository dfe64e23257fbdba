// npm start: brings everything up that is missing, then hands over to the product.
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
    join(root, 'dist/apps/standalone/src/main.js'),
    ...process.argv.slice(2),
  ],
  { cwd: root, stdio: 'inherit' },
);
// A terminal sends its interrupt to both of us; the product stops in order and we follow it.
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => {
    if (signal === 'SIGTERM') child.kill(signal);
  });
}
child.once('close', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 1)));
