// What every command needs before it can do its work: packages, the generated client, a build.
// Plain Node without packages, because it runs before there are any.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
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

const LOCK = join(root, '.linekeeper-preparing');

/** Does what is not done yet; of several commands at once one does it, and the others wait for that one. */
async function once(isDone, work) {
  if (isDone()) return;
  while (!takeLock()) await delay(200);
  try {
    if (!isDone()) await work();
  } finally {
    rmSync(LOCK, { force: true });
  }
}

/** The lock is a file that names its process; one whose process is gone is void. */
function takeLock() {
  try {
    writeFileSync(LOCK, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
  }
  try {
    const holder = Number(readFileSync(LOCK, 'utf8'));
    const age = Date.now() - statSync(LOCK).mtimeMs;
    // The name is written a moment after the file is made.
    if (holder === 0 ? age > 5_000 : !isAlive(holder)) rmSync(LOCK, { force: true });
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
  return false;
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

const stampPath = (name) => join(root, 'node_modules', `.linekeeper-${name}`);

function isStamped(name, value) {
  return existsSync(stampPath(name)) && readFileSync(stampPath(name), 'utf8') === value;
}

function stamp(name, value) {
  mkdirSync(join(root, 'node_modules'), { recursive: true });
  writeFileSync(stampPath(name), value);
}

/** Installs the packages when they are missing or others than the lock file names. */
export async function ensurePackages() {
  const lock = readFileSync(join(root, 'package-lock.json'), 'utf8');
  const value = createHash('sha256').update(lock).digest('hex');
  const isDone = () => isStamped('packages', value) || isInstalled(JSON.parse(lock));
  await once(isDone, () =>
    step('Installing packages (first time only)', () =>
      run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], { quiet: true }),
    ),
  );
  if (!isStamped('packages', value)) stamp('packages', value);
}

/**
 * Whether npm's own record of what it installed, written when it is through, agrees with the lock file, and what
 * stands there with both: npm also writes the record when it only works on the lock file.
 */
function isInstalled(lock) {
  const record = join(root, 'node_modules/.package-lock.json');
  if (!existsSync(record)) return false;
  const there = JSON.parse(readFileSync(record, 'utf8')).packages;
  const wanted = Object.entries(lock.packages).filter(([path]) => path !== '');
  const same = (a, b) => a.version === b.version && a.integrity === b.integrity;
  const stands = (path, { version }) => {
    const file = join(root, path, 'package.json');
    return existsSync(file) && JSON.parse(readFileSync(file, 'utf8')).version === version;
  };
  // Packages for other machines are left out.
  return (
    wanted.every(([path, each]) =>
      there[path] ? same(there[path], each) && stands(path, each) : each.optional,
    ) && Object.keys(there).every((path) => lock.packages[path])
  );
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
  const client = join(root, 'libs/infrastructure/src/prisma/generated/client.ts');
  await once(
    () => existsSync(client) && isStamped('client', value),
    async () => {
      await step('Generating the database client', () =>
        run(process.execPath, [join(root, 'node_modules/prisma/build/index.js'), 'generate'], {
          quiet: true,
          env: PRISMA_ENV,
        }),
      );
      stamp('client', value);
    },
  );
}

const SOURCES = ['apps', 'bench', 'libs', 'prisma', '.swcrc', 'package.json'];

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
  await once(
    () => existsSync(join(root, 'dist')) && isStamped('build', value),
    async () => {
      await step('Building', build);
      stamp('build', value);
    },
  );
}

export function build() {
  const swc = join(root, 'node_modules/@swc/cli/bin/swc.js');
  const options = ['--out-dir', 'dist', '--copy-files', '--ignore', '**/*spec.ts', '--quiet'];
  return run(process.execPath, [swc, 'apps', 'bench', 'libs', ...options], { quiet: true });
}

/** Everything a command on the sources needs. */
export async function ensureAll() {
  requireNode();
  await ensurePackages();
  await ensureClient();
}
