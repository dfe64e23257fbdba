// npm run start:dev: the product without the demonstration, built and started anew whenever a source changes.
import { spawn } from 'node:child_process';
import { watch } from 'node:fs';
import { join } from 'node:path';
import { build, ensureAll, root } from './ensure.mjs';

await ensureAll();
const entry = join(root, 'dist/apps/standalone/src/main.js');
const args = [
  '--enable-source-maps',
  '--disable-warning=ExperimentalWarning',
  entry,
  '--no-demo',
  ...process.argv.slice(2),
];
let child = null;
let timer = null;
let working = Promise.resolve();

function stop() {
  const running = child;
  child = null;
  if (!running || running.exitCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    running.once('exit', resolve);
    running.kill('SIGTERM');
  });
}

async function restart() {
  try {
    await build();
  } catch (error) {
    return void console.error(error.message);
  }
  await stop();
  child = spawn(process.execPath, args, { cwd: root, stdio: 'inherit' });
}

for (const folder of ['apps', 'libs']) {
  watch(join(root, folder), { recursive: true }, (_event, file) => {
    if (!file || file.includes('generated') || !/\.(ts|js|css|html)$/.test(file)) return;
    clearTimeout(timer);
    timer = setTimeout(() => (working = working.then(restart)), 150);
  });
}
for (const signal of ['SIGINT', 'SIGTERM'])
  process.once(signal, () => void stop().then(() => process.exit(0)));
await restart();
