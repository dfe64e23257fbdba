// What every command needs before it can do its work: packages, the generated client, a build.
// Plain Node without packages, because it runs before there are any.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

const MINIMUM = [20, 19];

/** Ends with an explanation when Node is too old to run the product at all. */
export function requireNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > MINIMUM[0] || (major === MINIMUM[0] && minor >= MINIMUM[1])) return;
  console.error(`Linekeeper needs Node ${MINIMUM.join('.')} or newer; this is ${process.version}.`);
  process.exit(1);
}

/** Runs a command. Quiet ones show their output only when they fail. */
export function run(command, args, { quiet = false, env = {} } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: quiet ? ['ignore', 'pipe', 'pipe'] : ['ignore', 'inherit', 'inherit'],
      shell: process.platform === 'win32',
    });
    let output = '';
    child.stdout?.on('data', (chunk) => (output += chunk));
    child.stderr?.on('data', (chunk) => (output += chunk));
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) return resolve();
      if (quiet) process.stderr.write(output);
      reject(new Error(`${command} ${args.slice(0, 3).join(' ')} ended with ${code}`));
    });
  });
}

/** Does a step with one line that says what it is and how long it took. */
async function step(text, work) {
  const begun = Date.now();
  process.stderr.write(`${text} ... `);
  await work();
  process.stderr.write(`${((Date.now() - begun) / 1000).toFixed(1)} s\n`);
}

const stampPath = (name) => join(root, 'node_modules', `.linekeeper-${name}`);

function isStamped(name, value) {
  return existsSync(stampPath(name)) && readFileSync(stampPath(name), 'utf8') === value;
}

function stamp(name, value) {
  mkdirSync(join(root, 'node_modules'), { recursive: true });
  writeFileSync(stampPath(name), value);
}

/** Installs the packages when they are missing or another lock file installed them. */
export async function ensurePackages() {
  const lock = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  if (isStamped('packages', lock)) return;
  await step('Installing packages (first time only)', () =>
    run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], { quiet: true }),
  );
  stamp('packages', lock);
}

/** Any existing file will do: nothing of ours needs the engine binary that Prisma would download. */
const PRISMA_ENV = {
  PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
  CHECKPOINT_DISABLE: '1',
  PRISMA_HIDE_UPDATE_MESSAGE: '1',
};

/** Generates the database client when the schema changed. */
export async function ensureClient() {
  const schema = readFileSync(join(root, 'prisma/schema.prisma'), 'utf8');
  const value = createHash('sha256').update(schema).digest('hex');
  const there = existsSync(join(root, 'libs/infrastructure/src/prisma/generated/client.ts'));
  if (there && isStamped('client', value)) return;
  await step('Generating the database client', () =>
    run(process.execPath, [join(root, 'node_modules/prisma/build/index.js'), 'generate'], {
      quiet: true,
      env: PRISMA_ENV,
    }),
  );
  stamp('client', value);
}

const SOURCES = ['apps', 'libs', 'prisma', '.swcrc', 'package.json'];

/** A value that changes whenever a source file does: paths, sizes and times. */
function sourcesValue() {
  const hash = createHash('sha256');
  const visit = (path) => {
    const stat = statSync(path);
    if (!stat.isDirectory()) return void hash.update(`${path} ${stat.size} ${stat.mtimeMs}\n`);
    for (const name of readdirSync(path).sort()) visit(join(path, name));
  };
  for (const source of SOURCES) if (existsSync(join(root, source))) visit(join(root, source));
  return hash.digest('hex');
}

/** Compiles to dist/ when a source changed. */
export async function ensureBuild() {
  const value = sourcesValue();
  if (existsSync(join(root, 'dist')) && isStamped('build', value)) return;
  await step('Building', build);
  stamp('build', value);
}

export function build() {
  const swc = join(root, 'node_modules/@swc/cli/bin/swc.js');
  const options = ['--out-dir', 'dist', '--copy-files', '--ignore', '**/*spec.ts', '--quiet'];
  return run(process.execPath, [swc, 'apps', 'libs', ...options], { quiet: true });
}

/** Everything a command on the sources needs. */
export async function ensureAll() {
  requireNode();
  await ensurePackages();
  await ensureClient();
}
