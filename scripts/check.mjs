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
for (const [name, command, args] of STEPS) {
  const begun = Date.now();
  process.stdout.write(`check: ${name}\n`);
  try {
    await run(command, args);
  } catch {
    failed.push(name);
  }
  process.stdout.write(
    `check: ${name} ${failed.includes(name) ? 'FAILED' : 'ok'} (${((Date.now() - begun) / 1000).toFixed(1)} s)\n`,
  );
}
if (failed.length > 0) {
  console.error(`check failed: ${failed.join(', ')}`);
  process.exitCode = 1;
}
