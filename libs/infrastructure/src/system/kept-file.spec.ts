import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keep, keepIfNew, KeptFileUnusable, readKept } from './kept-file';

describe('A kept file', () => {
  let folder: string;
  let file: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'linekeeper-kept-'));
    file = join(folder, 'keys.json');
  });

  afterEach(() => rm(folder, { recursive: true }));

  it('is not there before it is kept, and then holds what was kept', async () => {
    expect(await readKept(file)).toBeNull();
    await keep(file, { a: 1 });
    await keep(file, { a: 2 });
    expect(await readKept(file)).toEqual({ a: 2 });
    expect(await readdir(folder)).toEqual(['keys.json']);
  });

  it.each([
    ['cut off', '{"a": "unterm'],
    ['empty', ''],
    ['no object', '[1]'],
  ])('that is %s is named in the error and left as it is', async (_what, text) => {
    await writeFile(file, text);
    await expect(readKept(file)).rejects.toThrow(KeptFileUnusable);
    await expect(readKept(file)).rejects.toThrow(file);
    expect(await readFile(file, 'utf8')).toBe(text);
  });

  it('that cannot be read does not count as one that is missing', async () => {
    await mkdir(file);
    await expect(readKept(file)).rejects.toThrow(KeptFileUnusable);
  });

  it('is replaced as a whole: who has it open reads the old one to its end', async () => {
    await keep(file, { a: 1 });
    const before = await stat(file);
    await keep(file, { a: 2 });
    expect((await stat(file)).ino).not.toBe(before.ino);
  });

  it('is not written when nothing changed, but its mode is set right', async () => {
    await keep(file, { a: 1 });
    await chmod(file, 0o644);
    const before = await stat(file);
    await keep(file, { a: 1 });
    const after = await stat(file);
    expect(after.ino).toBe(before.ino);
    expect(after.mode & 0o777).toBe(0o600);
  });

  it('of several first ones only one is kept', async () => {
    await keepIfNew(file, { a: 1 });
    await keepIfNew(file, { a: 2 });
    expect(await readKept(file)).toEqual({ a: 1 });
    expect(await readdir(folder)).toEqual(['keys.json']);
  });
});
