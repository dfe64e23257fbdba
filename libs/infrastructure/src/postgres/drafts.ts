import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isAlive } from './processes';

const MARK = '.new-';

/** The workplaces of this process. */
const inUse = new Set<string>();
let made = 0;

/**
 * Makes a folder as a whole: `fill` makes it elsewhere, at `whole` in a workplace of its own, and it gets its name
 * once it is complete. A killed attempt leaves only the workplace, removed at the next one. When another process
 * was faster, that one's folder stays.
 */
export async function makeWhole(
  folder: string,
  fill: (whole: string, workplace: string) => Promise<void>,
): Promise<void> {
  await mkdir(dirname(folder), { recursive: true });
  await removeStaleWorkplaces(folder);
  made += 1;
  const workplace = `${folder}${MARK}${process.pid}-${made}`;
  const whole = join(workplace, 'whole');
  inUse.add(workplace);
  try {
    await mkdir(workplace);
    await fill(whole, workplace);
    await rename(whole, folder).catch((error: unknown) => {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error;
    });
  } finally {
    await rm(workplace, { recursive: true, force: true });
    inUse.delete(workplace);
  }
}

async function removeStaleWorkplaces(folder: string): Promise<void> {
  const prefix = `${basename(folder)}${MARK}`;
  for (const name of await readdir(dirname(folder))) {
    if (!name.startsWith(prefix)) continue;
    const workplace = join(dirname(folder), name);
    const maker = Number.parseInt(name.slice(prefix.length), 10);
    // With our own number but not ours, it is an earlier process's.
    const taken = maker === process.pid ? inUse.has(workplace) : isAlive(maker);
    if (!taken) await rm(workplace, { recursive: true, force: true });
  }
}
