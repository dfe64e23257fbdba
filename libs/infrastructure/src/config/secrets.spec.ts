import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadSecrets, secretsFileIn } from './secrets';

describe('The secrets', () => {
  let dataDir: string;
  let made: number;
  const token = (): string => `token-${(made += 1)}`;
  const none = { adminKey: undefined, secretsKey: undefined };

  beforeEach(async () => {
    made = 0;
    dataDir = await mkdtemp(join(tmpdir(), 'linekeeper-secrets-'));
  });

  afterEach(() => rm(dataDir, { recursive: true }));

  it('are made once, and not written again by a start that changes nothing', async () => {
    const first = await loadSecrets(dataDir, none, token);
    const before = await stat(secretsFileIn(dataDir));
    expect(await loadSecrets(dataDir, none, token)).toEqual(first);
    const after = await stat(secretsFileIn(dataDir));
    expect([after.ino, after.mtimeMs]).toEqual([before.ino, before.mtimeMs]);
    expect(after.mode & 0o777).toBe(0o600);
  });

  it('follow the environment', async () => {
    const first = await loadSecrets(dataDir, none, token);
    const given = { adminKey: 'lk_given', secretsKey: undefined };
    expect(await loadSecrets(dataDir, given, token)).toEqual({ ...first, adminKey: 'lk_given' });
  });

  it('are not made anew over a file that was cut off', async () => {
    await writeFile(secretsFileIn(dataDir), '{"adminKey": "lk_');
    await expect(loadSecrets(dataDir, none, token)).rejects.toThrow(secretsFileIn(dataDir));
    expect(await readFile(secretsFileIn(dataDir), 'utf8')).toBe('{"adminKey": "lk_');
  });
});
