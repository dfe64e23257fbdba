import { parseArgs } from 'node:util';
import { MIN_ROUNDS, type Row } from '../decisions/measure';
import { lineOf, writeRows } from '../decisions/report';
import { inboxRows } from './inbox';
import { overviewRows } from './overview';
import { PARTS, PEOPLE, SHAPES } from './parts';
import { type Pace, rowsOf } from './rounds';
import { growthRows, replicaRows } from './scale';
import { Stage } from './stage';

/** Parts that compare more than one request of one process: each measures by itself. */
const OWN_PARTS: Readonly<
  Record<string, (stage: Stage, service: string, pace: Pace) => Promise<Row[]>>
> = {
  inbox: (stage, _service, { rounds }) => inboxRows(stage, PEOPLE, rounds),
  replicas: replicaRows,
  growth: growthRows,
  overview: overviewRows,
};

const USAGE = `npm run bench -- paths [--rounds N] [--seconds S] [--connections C] [--only ${[...Object.keys(PARTS), ...Object.keys(OWN_PARTS)].join('|')}]...`;

async function main(argv: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      rounds: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '4' },
      connections: { type: 'string', default: '64' },
      only: { type: 'string', multiple: true },
      help: { type: 'boolean' },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return;
  }
  const pace: Pace = {
    rounds: wholeOf(values.rounds, 'rounds', MIN_ROUNDS),
    seconds: wholeOf(values.seconds, 'seconds', 1),
    connections: wholeOf(values.connections, 'connections', 1),
  };
  const chosen = values.only ?? [...Object.keys(PARTS), ...Object.keys(OWN_PARTS)];
  const rows: Row[] = [];
  for (const name of chosen) {
    for (const row of await rowsOfPart(name, pace)) {
      rows.push(row);
      console.log(lineOf(row, 'share'));
    }
  }
  writeRows('paths', rows);
}

/** Each part on a stage of its own: what one leaves behind is nothing to the next. */
async function rowsOfPart(name: string, pace: Pace): Promise<Row[]> {
  const own = OWN_PARTS[name];
  const make = PARTS[name];
  if (!own && !make) throw new Error(`There is no part ${name}. ${USAGE}`);
  const stage = await Stage.open(SHAPES[name]);
  try {
    const service = await stage.run('service');
    await stage.raiseFleet(service);
    if (own) return await own(stage, service, pace);
    const bare = await stage.run('bare');
    return make ? await rowsOf(await make(stage, service, bare), pace) : [];
  } finally {
    await stage.close();
  }
}

function wholeOf(text: string, name: string, least: number): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < least) {
    throw new Error(`--${name} is a whole number of at least ${least}`);
  }
  return value;
}

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
