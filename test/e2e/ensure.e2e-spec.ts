import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const INSTALLS = 'Installing packages';

jest.setTimeout(120_000);

/** A project of one package, which lies beside it, so that npm needs no registry. */
describe('What every command prepares', () => {
  let project: string;

  beforeEach(async () => {
    project = await mkdtemp(join(tmpdir(), 'linekeeper-ensure-'));
    await mkdir(join(project, 'scripts'));
    await cp(resolve(__dirname, '../../scripts/ensure.mjs'), join(project, 'scripts/ensure.mjs'));
    await depend('1.0.0');
  });

  afterEach(() => rm(project, { recursive: true }));

  async function depend(version: string): Promise<void> {
    const source = join(project, 'source');
    await mkdir(source, { recursive: true });
    await writeFile(join(source, 'package.json'), JSON.stringify({ name: 'only', version }));
    await run('npm', ['pack', '--silent', source], { cwd: project });
    const dependencies = { only: `file:only-${version}.tgz` };
    await writeFile(join(project, 'package.json'), JSON.stringify({ name: 'p', dependencies }));
    await run('npm', ['install', '--package-lock-only', '--offline', '--silent'], { cwd: project });
  }

  /** What it says. */
  async function prepare(): Promise<string> {
    const script = "import('./scripts/ensure.mjs').then((each) => each.ensurePackages())";
    return (await run(process.execPath, ['-e', script], { cwd: project })).stderr;
  }

  async function installed(): Promise<string> {
    const text = await readFile(join(project, 'node_modules/only/package.json'), 'utf8');
    return (JSON.parse(text) as { version: string }).version;
  }

  it('installs the packages once, and again when others are wanted', async () => {
    expect(await prepare()).toContain(INSTALLS);
    expect(await prepare()).toBe('');
    await depend('2.0.0');
    expect(await prepare()).toContain(INSTALLS);
    expect(await installed()).toBe('2.0.0');
  });

  it('takes packages that npm ci has installed as they are', async () => {
    await run('npm', ['ci', '--offline', '--silent'], { cwd: project });
    expect(await prepare()).toBe('');
    await rm(join(project, 'node_modules/.linekeeper-packages'));
    await depend('2.0.0');
    expect(await prepare()).toContain(INSTALLS);
    expect(await installed()).toBe('2.0.0');
  });

  it('installs once for several commands at once', async () => {
    const said = await Promise.all([prepare(), prepare(), prepare()]);
    expect(said.filter((each) => each.includes(INSTALLS))).toHaveLength(1);
    expect(await installed()).toBe('1.0.0');
  });

  it('does not wait for a command that is gone', async () => {
    const gone = run(process.execPath, ['-e', '0']);
    await writeFile(join(project, '.linekeeper-preparing'), String(gone.child.pid));
    await gone;
    expect(await prepare()).toContain(INSTALLS);
  });
});
