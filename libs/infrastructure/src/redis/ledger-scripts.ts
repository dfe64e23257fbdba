import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ChainableCommander, Redis } from 'ioredis';

const NAMES = ['reserve', 'release', 'record', 'usage', 'begin', 'load'] as const;
type Name = (typeof NAMES)[number];
type Command = `ledger${Capitalize<Name>}`;

/** A script as a command: its keys, then its arguments. */
type Run<Answer> = (...keysAndArguments: string[]) => Answer;
type Client = Redis & Record<Command, Run<Promise<unknown>>>;
type Pipeline = ChainableCommander & Record<Command, Run<ChainableCommander>>;

const command = (name: Name): Command =>
  `ledger${name.charAt(0).toUpperCase()}${name.slice(1)}` as Command;

const source = (name: string): string =>
  readFileSync(join(__dirname, 'scripts', `${name}.lua`), 'utf8');

/** Every key of the ledger is named here: one generation, and six keys a line (see scripts/line.lua). */
export function ledgerKeys(prefix: string, lineId: string): string[] {
  // The braces keep the keys of a line together should Redis ever be a cluster.
  const line = `${prefix}:ledger:{${lineId}}`;
  const parts = ['counts', 'holds', 'expiry', 'non-replies', 'threads', 'people'];
  return [generationKey(prefix), ...parts.map((part) => `${line}:${part}`)];
}

export function generationKey(prefix: string): string {
  return `${prefix}:ledger:generation`;
}

/** The Lua scripts of the ledger: each one round trip and one indivisible step of a line. */
export class LedgerScripts {
  private readonly client: Client;

  constructor(
    readonly redis: Redis,
    private readonly prefix: string,
  ) {
    const shared = source('line');
    for (const name of NAMES) {
      redis.defineCommand(command(name), {
        numberOfKeys: 7,
        lua: `${shared}\n${source(name)}`,
      });
    }
    this.client = redis as Client;
  }

  run(name: Name, lineId: string, ...parameters: string[]): Promise<unknown> {
    return this.client[command(name)](...ledgerKeys(this.prefix, lineId), ...parameters);
  }

  /** Several lines in one round trip; answers in the same order. */
  async runForEach(
    name: Name,
    calls: readonly { readonly lineId: string; readonly parameters: readonly string[] }[],
  ): Promise<unknown[]> {
    if (calls.length === 0) return [];
    const pipeline = this.redis.pipeline() as Pipeline;
    for (const { lineId, parameters } of calls) {
      pipeline[command(name)](...ledgerKeys(this.prefix, lineId), ...parameters);
    }
    const answers = (await pipeline.exec()) ?? [];
    return answers.map(([error, answer]) => {
      if (error) throw error;
      return answer;
    });
  }

  /** From now on nothing that any line holds is believed until it has been read anew. */
  async forgetAll(generation: string): Promise<void> {
    await this.redis.set(generationKey(this.prefix), generation);
  }
}
