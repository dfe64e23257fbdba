import { parseArgs } from 'node:util';
import { SCENARIOS, type ScenarioName } from '@linekeeper/simulation';
import { policiesOf, POLICIES, type PolicyName } from './policies';

/** What was asked for on the command line. */
export interface Arguments {
  readonly scenario: ScenarioName;
  readonly policies: readonly PolicyName[];
  readonly traces: readonly string[];
  readonly scale: number;
  readonly lines: number;
  readonly budget: number;
  readonly seeds: readonly number[];
  /** Shares of people who saved their card: each is a run of its own. */
  readonly savedShares: readonly number[];
  /** Size of the made-up population, where no trace is given. */
  readonly users: number;
  readonly days: number;
  readonly json: boolean;
  readonly out: string | null;
}

/** A mistake of the caller, told without a stack. */
export class UsageError extends Error {}

export const USAGE = `npm run arena -- [options]

  --scenario ${SCENARIOS.join('|')}   what happens (S2)
  --policy NAME|all       who runs the fleet; repeatable (all)
                          ${POLICIES.join(', ')}
  --trace FILE            CSV of t_seconds,user[,direction][,count], may be gzipped; repeatable
  --scale K               population as a multiple of the trace's (30; S1 8)
  --users N --days N      size of the made-up population without a trace (20000, 180)
  --lines N               lines of the fleet (12; S5 20)
  --budget N              messages a line may carry a day, in and out (3000)
  --seed N|N-M            the same seed gives the same output; several give medians (1)
  --saved P[,P]           per cent of people who saved their card (50; S4 and S5 30,50,70)
  --json                  the figures as JSON instead of a table
  --out DIR               CSV files, figures.json and report.html`;

export function readArguments(argv: readonly string[]): Arguments {
  const { values } = parse(argv);
  const scenario = values.scenario ?? 'S2';
  if (!isOneOf(SCENARIOS, scenario)) throw new UsageError(`There is no scenario ${scenario}`);
  return {
    scenario,
    policies: chosen(values.policy ?? ['all'], scenario),
    traces: values.trace ?? [],
    scale: numberOr(values.scale, scenario === 'S1' ? 8 : 30, 'scale', 0.001),
    lines: wholeOr(values.lines, scenario === 'S5' ? 20 : 12, 'lines'),
    budget: wholeOr(values.budget, 3_000, 'budget'),
    seeds: seedsOf(values.seed ?? '1'),
    savedShares: savedOf(values.saved, scenario),
    users: wholeOr(values.users, 20_000, 'users'),
    days: wholeOr(values.days, 180, 'days'),
    json: values.json ?? false,
    out: values.out ?? null,
  };
}

function parse(argv: readonly string[]) {
  try {
    const text = { type: 'string' } as const;
    return parseArgs({
      args: [...argv],
      options: {
        scenario: text,
        policy: { type: 'string', multiple: true },
        trace: { type: 'string', multiple: true },
        ...{ scale: text, users: text, days: text, lines: text, budget: text, seed: text },
        ...{ out: text, saved: text, json: { type: 'boolean' } },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function chosen(names: readonly string[], scenario: ScenarioName): PolicyName[] {
  const wanted = names.flatMap((name) => name.split(','));
  if (wanted.includes('all')) return policiesOf(scenario);
  return wanted.map((name) => {
    if (!isOneOf(POLICIES, name)) throw new UsageError(`There is no policy ${name}`);
    return name;
  });
}

function seedsOf(text: string): number[] {
  const [, first, last] = /^(\d{1,9})(?:-(\d{1,9}))?$/.exec(text) ?? [];
  if (first === undefined) throw new UsageError('--seed is a whole number, or two as in 1-5');
  const from = Number(first);
  const to = Number(last ?? first);
  if (to < from) throw new UsageError('--seed goes from the smaller number to the larger');
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}

function savedOf(text: string | undefined, scenario: ScenarioName): number[] {
  if (text === undefined) return scenario === 'S4' || scenario === 'S5' ? [0.3, 0.5, 0.7] : [0.5];
  return text.split(',').map((part) => {
    const value = Number(part);
    if (!(value >= 0 && value <= 100)) throw new UsageError('--saved is per cent, from 0 to 100');
    return value / 100;
  });
}

function wholeOr(text: string | undefined, otherwise: number, name: string): number {
  const value = numberOr(text, otherwise, name, 1);
  if (!Number.isInteger(value)) throw new UsageError(`--${name} is a whole number`);
  return value;
}

function numberOr(
  text: string | undefined,
  otherwise: number,
  name: string,
  least: number,
): number {
  if (text === undefined) return otherwise;
  const value = Number(text);
  if (!(value >= least)) throw new UsageError(`--${name} is a number of at least ${least}`);
  return value;
}

function isOneOf<T extends string>(all: readonly T[], one: string): one is T {
  return (all as readonly string[]).includes(one);
}
