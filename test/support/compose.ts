import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parse } from 'yaml';

const ROOT = resolve(__dirname, '../..');

/** The parser of compose files that is installed here, as a command; undefined when there is none. Docker may lack its plugin. */
export const composeParser = [['docker-compose'], ['docker', 'compose']].find(
  ([name = '', ...args]) => spawnSync(name, [...args, 'version'], { stdio: 'ignore' }).status === 0,
);

export interface ComposeService {
  readonly image?: string;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly ports?: readonly string[];
}

/** docker-compose.yml as its own parser reads it, with these variables filled in. Throws what the parser complains of. */
export function readCompose(variables: Readonly<Record<string, string>>): {
  readonly services: Readonly<Record<string, ComposeService>>;
} {
  const [name = '', ...args] = composeParser ?? [];
  const text = execFileSync(name, [...args, '--profile', 'simulator', 'config'], {
    cwd: ROOT,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...variables },
  });
  return parse(text) as ReturnType<typeof readCompose>;
}

/** The instruction of the Dockerfile's last stage, whose value is a list of words. */
export function dockerfileWords(instruction: 'CMD' | 'HEALTHCHECK'): string[] {
  const text = readFileSync(join(ROOT, 'Dockerfile'), 'utf8');
  const line = text.split('\n').findLast((each) => each.startsWith(`${instruction} `)) ?? '';
  return JSON.parse(line.slice(line.indexOf('['))) as string[];
}
