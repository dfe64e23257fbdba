import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What is made at the first start and kept, readable by its owner only. */
export interface Secrets {
  readonly adminKey: string;
  readonly appKey: string;
  readonly secretsKey: string;
  readonly simulatorToken: string;
}

/** The kept secrets, or new ones. What the environment gives wins over what is kept. */
export async function loadSecrets(
  dataDir: string,
  given: { readonly adminKey: string | undefined; readonly secretsKey: string | undefined },
  token: () => string,
): Promise<Secrets> {
  await mkdir(dataDir, { recursive: true });
  const file = join(dataDir, 'keys.json');
  const kept: Partial<Secrets> = await readFile(file, 'utf8').then(
    (text) => JSON.parse(text) as Partial<Secrets>,
    () => ({}),
  );
  const secrets: Secrets = {
    adminKey: given.adminKey ?? kept.adminKey ?? `lk_${token()}`,
    appKey: kept.appKey ?? `lk_${token()}`,
    secretsKey: given.secretsKey ?? kept.secretsKey ?? token(),
    simulatorToken: kept.simulatorToken ?? token(),
  };
  await writeFile(file, `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600 });
  return secrets;
}
