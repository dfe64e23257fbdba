// npm test [-- files]: every test, or one kind. Ends with the plain line "N passed, N failed".
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureAll, ensureBuild, root } from './ensure.mjs';
import { ensureChromium, ensureComposeParser, ensureRedis } from './services.mjs';

const KINDS = {
  unit: ['\\.(property\\.)?spec\\.ts$'],
  e2e: ['test/'],
};
const [first, ...rest] = process.argv.slice(2);
const patterns = first in KINDS ? [...KINDS[first], ...rest] : process.argv.slice(2);

await ensureAll();
// Tests that start processes start what is built.
await ensureBuild();
if (first !== 'unit') {
  await ensureChromium();
  await ensureRedis();
  await ensureComposeParser();
}
const folder = mkdtempSync(join(tmpdir(), 'linekeeper-test-'));
const report = join(folder, 'report.json');
const jest = spawn(
  process.execPath,
  [
    '--disable-warning=ExperimentalWarning',
    join(root, 'node_modules/jest/bin/jest.js'),
    '--json',
    `--outputFile=${report}`,
    ...patterns,
  ],
  { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] },
);
jest.once('close', (code) => {
  let passed = 0;
  let failed = 1;
  try {
    const result = JSON.parse(readFileSync(report, 'utf8'));
    passed = result.numPassedTests;
    // A suite that could not even run has failed too.
    failed = result.numFailedTests + result.numRuntimeErrorTestSuites;
  } catch {
    // No report: the run itself failed.
  }
  rmSync(folder, { recursive: true, force: true });
  console.log(`${passed} passed, ${failed} failed`);
  process.exit(code === 0 && failed === 0 ? 0 : 1);
});
