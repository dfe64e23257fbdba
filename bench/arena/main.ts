import { readArguments, USAGE, UsageError } from './arguments';
import { medians } from './rows';
import { jsonOf, Session, writeResults } from './session';
import { cellsOf, tableOf } from './table';

function main(argv: readonly string[]): void {
  if (argv.includes('--help')) {
    console.log(USAGE);
    return;
  }
  const asked = readArguments(argv);
  const outcomes = new Session(asked).play();
  writeResults(asked, outcomes);
  if (asked.json) {
    console.log(jsonOf(asked, outcomes));
    return;
  }
  for (const { source, rows } of outcomes) {
    console.log(
      `${asked.scenario}, ${source}, ${asked.lines} lines, seeds ${asked.seeds.join(', ')}`,
    );
    console.log(tableOf(cellsOf(asked.scenario, medians(rows))));
  }
}

try {
  main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(`${error.message}\n\n${USAGE}`);
  process.exitCode = 2;
}
