import { parseArgs } from 'node:util';
import { SCENARIOS, type ScenarioName } from '@linekeeper/simulation';
import { POLICIES, type PolicyName } from './policies';

/** What was asked for on the command line. */
export interface Arguments {
  readonly scenario: ScenarioName;
  readonly policies: readonly PolicyName[];
  readonly traces: readonly string[];
  readonly scale: number | null;
  readonly lines: number | null;
  readonly budget: number;
  readonly seed: number;
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
  --scale K               population as a multiple of the trace's (30 for a trace)
  --users N --days N      size of the made-up population without a trace (20000, 180)
  --lines N               lines of the fleet (12; S5 20)
  --budget N              messages a line may carry a day, in and out (3000)
  --seed N                the same seed gives the same output (1)
  --json                  the figures as JSON instead of a table
  --out DIR               CSV files, figures.json and report.html`;

export function readArguments(argv: readonly string[]): Arguments {
  const { values } = parse(argv);
  const scenario = values.scenario ?? 'S2';
  if (!isOneOf(SCENARIOS, scenario)) throw new UsageError(`There is no scenario ${scenario}`);
  return {
    scenario,
    policies: policiesOf(values.policy ?? ['all']),
    traces: values.trace ?? [],
    scale: numberOr(values.scale, null, 'scale', 0.001),
    lines: numberOr(values.lines, null, 'lines', 1),
    budget: numberOr(values.budget, 3_000, 'budget', 1),
    seed: numberOr(values.seed, 1, 'seed', 0),
    users: numberOr(values.users, 20_000, 'users', 1),
    days: numberOr(values.days, 180, 'days', 1),
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
        ...{ out: text, json: { type: 'boolean' } },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function policiesOf(names: readonly string[]): PolicyName[] {
  const wanted = names.flatMap((name) => name.split(','));
  if (wanted.includes('all')) return [...POLICIES];
  return wanted.map((name) => {
    if (!isOneOf(POLICIES, name)) throw new UsageError(`There is no policy ${name}`);
    return name;
  });
}

function numberOr<T>(
  text: string | undefined,
  otherwise: T,
  name: string,
  least: number,
): number | T {
  if (text === undefined) return otherwise;
  const value = Number(text);
  if (!(value >= least)) throw new UsageError(`--${name} is a number of at least ${least}`);
  return value;
}

function isOneOf<T extends string>(all: readonly T[], one: string): one is T {
  return (all as readonly string[]).includes(one);
}
