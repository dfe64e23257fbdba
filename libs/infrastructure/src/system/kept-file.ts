import { chmod, link, mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Readable and writable by its owner only: these files hold secrets. */
const MODE = 0o600;

/** A file of ours that is there, but cannot be used. Nothing was changed. */
export class KeptFileUnusable extends Error {
  constructor(file: string, why: string, cause: unknown) {
    super(
      `${file} cannot be used: ${why}. What it holds cannot be made again: ` +
        'bring it back from a copy, or move it away to begin anew.',
      { cause },
    );
    this.name = 'KeptFileUnusable';
  }
}

/**
 * The object that is kept in a JSON file; null when there is no such file, and only then.
 * @throws KeptFileUnusable when it cannot be read, or is no JSON object.
 */
export async function readKept<T extends object>(file: string): Promise<Partial<T> | null> {
  const text = await textOf(file);
  if (text === null) return null;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new KeptFileUnusable(file, messageOf(error), error);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new KeptFileUnusable(file, 'it holds no JSON object', undefined);
  }
  return value;
}

/** Keeps the object in the file: all of it or, if the machine stops on the way, what stood there. Idempotent. */
export async function keep(file: string, value: object): Promise<void> {
  const text = textFor(value);
  if ((await textOf(file)) === text) {
    if (((await stat(file)).mode & 0o777) !== MODE) await chmod(file, MODE);
    return;
  }
  const draft = await writeDraft(file, text);
  await rename(draft, file);
  await syncFolder(file);
}

/** Like {@link keep}, unless the file is there already: of several at once only one is kept. */
export async function keepIfNew(file: string, value: object): Promise<void> {
  const draft = await writeDraft(file, textFor(value));
  try {
    await link(draft, file);
    await syncFolder(file);
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

let drafts = 0;

async function writeDraft(file: string, text: string): Promise<string> {
  await mkdir(dirname(file), { recursive: true });
  drafts += 1;
  const draft = `${file}.new-${process.pid}-${drafts}`;
  // An earlier process with our number may have left one, with another mode.
  await rm(draft, { force: true });
  const handle = await open(draft, 'wx', MODE);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  return draft;
}

/** A rename is durable once its folder is; Windows has no such step. */
async function syncFolder(file: string): Promise<void> {
  if (process.platform === 'win32') return;
  const folder = await open(dirname(file), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

async function textOf(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null;
    throw new KeptFileUnusable(file, messageOf(error), error);
  }
}

const textFor = (value: object): string => `${JSON.stringify(value, null, 2)}\n`;

const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code;
