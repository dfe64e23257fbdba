import { DEFAULT_FLEET_POLICY } from '@linekeeper/domain';
import {
  csvFiles,
  figuresOf,
  makePopulation,
  parseTrace,
  Run,
  scaleTrace,
  setupOf,
  type Traffic,
  trafficFile,
} from '@linekeeper/simulation';
import { type Arguments, readArguments, USAGE, UsageError } from './arguments';
import { makeFolder, readText, writeCsv, writeText } from './files';
import { contenderOf } from './policies';
import { Progress } from './progress';
import { tableOf } from './table';

const DEFAULT_SCALE = 30;
const DEFAULT_LINES = 12;
const DEFAULT_SAVED_SHARE = 0.5;

function main(argv: readonly string[]): void {
  if (argv.includes('--help')) {
    console.log(USAGE);
    return;
  }
  const asked = readArguments(argv);
  const sources = asked.traces.length === 0 ? [null] : asked.traces;
  for (const source of sources) runOn(source, asked);
}

function trafficOf(source: string | null, asked: Arguments): Traffic {
  if (source === null) return makePopulation({ users: asked.users, days: asked.days }, asked.seed);
  return scaleTrace(parseTrace(readText(source)), asked.scale ?? DEFAULT_SCALE, asked.seed);
}

function runOn(source: string | null, asked: Arguments): void {
  const progress = new Progress();
  progress.show('traffic', 0);
  const setup = setupOf(asked.scenario, {
    traffic: trafficOf(source, asked),
    lines: asked.lines ?? DEFAULT_LINES,
    budget: asked.budget,
    policy: DEFAULT_FLEET_POLICY,
    seed: asked.seed,
    savedShare: DEFAULT_SAVED_SHARE,
  });
  const rows = asked.policies.map((name, i) => {
    const label = `${asked.scenario} ${name} (${i + 1} of ${asked.policies.length})`;
    const run = new Run(setup, contenderOf(name, setup, asked.scenario)).play((share) =>
      progress.show(label, share),
    );
    progress.clear();
    if (asked.out !== null) {
      const alone = asked.policies.length === 1;
      const folder = alone ? makeFolder(asked.out) : makeFolder(asked.out, name);
      for (const file of csvFiles(run)) writeCsv(folder, file);
      if (i === 0) writeCsv(makeFolder(asked.out), trafficFile(run));
    }
    return { name, figures: figuresOf(run) };
  });
  const result = { scenario: asked.scenario, seed: asked.seed, budget: asked.budget, rows };
  const json = `${JSON.stringify(result, null, 2)}\n`;
  if (asked.out !== null) writeText(makeFolder(asked.out), 'figures.json', json);
  console.log(asked.json ? json.trimEnd() : tableOf(rows));
}

try {
  main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(`${error.message}\n\n${USAGE}`);
  process.exitCode = 2;
}
