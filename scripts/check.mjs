// npm run check: format, lint, types, import rules, unused code; each named, all tried, fails when one does.
import { join } from 'node:path';
import { ensureAll, root, run } from './ensure.mjs';

await ensureAll();
const bin = (path) => join(root, 'node_modules', path);
const node = process.execPath;
const STEPS = [
  ['format', node, [bin('prettier/bin/prettier.cjs'), '--check', '--log-level', 'warn', '.']],
  ['types', node, [bin('typescript/bin/tsc'), '-p', 'tsconfig.json']],
  ['lint', node, ['--max-old-space-size=4096', bin('eslint/bin/eslint.js'), '.']],
  [
    'import rules',
    node,
    [
      bin('dependency-cruiser/bin/dependency-cruise.mjs'),
      '--config',
      '.dependency-cruiser.cjs',
      '--output-type',
      'err',
      'apps',
      'bench',
      'libs',
    ],
  ],
  ['unused code', node, [bin('knip/bin/knip.js'), '--no-progress']],
  ['generated files', node, ['scripts/generate.mjs', '--check']],
];
const failed = [];

async function take([name, command, args]) {
  const begun = Date.now();
  process.stdout.write(`check: ${name}\n`);
  const isOk = await run(command, args).then(
    () => true,
    () => false,
  );
  if (!isOk) failed.push(name);
  const seconds = ((Date.now() - begun) / 1_000).toFixed(1);
  process.stdout.write(`check: ${name} ${isOk ? 'ok' : 'FAILED'} (${seconds} s)\n`);
}

async function takeInTurn(steps) {
  for (const step of steps) await take(step);
}

// Linting takes one core as long as all the others take together.
const isLint = ([name]) => name === 'lint';
await Promise.all([
  takeInTurn(STEPS.filter(isLint)),
  takeInTurn(STEPS.filter((step) => !isLint(step))),
]);
if (failed.length > 0) {
  console.error(`check failed: ${failed.join(', ')}`);
  process.exitCode = 1;
}
