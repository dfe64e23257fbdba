import { join } from 'node:path';
import { keep, readKept } from '../system/kept-file';

/** What is made at the first start and kept, readable by its owner only. */
export interface Secrets {
  readonly adminKey: string;
  readonly appKey: string;
  readonly secretsKey: string;
  readonly simulatorToken: string;
}

/** Where the secrets of a data folder are kept. */
export const secretsFileIn = (dataDir: string): string => join(dataDir, 'keys.json');

/**
 * The kept secrets, or new ones. What the environment gives wins over what is kept.
 * @throws KeptFileUnusable when there are some that cannot be read; they are left as they are.
 */
export async function loadSecrets(
  dataDir: string,
  given: { readonly adminKey: string | undefined; readonly secretsKey: string | undefined },
  token: () => string,
): Promise<Secrets> {
  const file = secretsFileIn(dataDir);
  const kept = (await readKept<Secrets>(file)) ?? {};
  const secrets: Secrets = {
    adminKey: given.adminKey ?? kept.adminKey ?? `lk_${token()}`,
    appKey: kept.appKey ?? `lk_${token()}`,
    secretsKey: given.secretsKey ?? kept.secretsKey ?? token(),
    simulatorToken: kept.simulatorToken ?? token(),
  };
  await keep(file, secrets);
  return secrets;
}
