import { parseArgs } from 'node:util';
import { SystemClock } from '@linekeeper/infrastructure';
import { MIN_ROUNDS, type Row } from '../decisions/measure';
import { lineOf, writeRows } from '../decisions/report';
import { inboxRows } from './inbox';
import { seedPeople } from './people';
import { get, onboarding, sendTo, webhook } from './requests';
import { type Pace, type Path, rowsOf } from './rounds';
import { Stage } from './stage';

/** Nobody is written to more than sixty times an hour. */
const PEOPLE = 20_000;

type Make = (stage: Stage, service: string, bare: string) => Promise<Path>;

const PARTS = {
  intake: async ({ db }, service, bare) => {
    const { rows } = await db.query<{ phone_number: string }>('SELECT phone_number FROM lines');
    const make = webhook(rows[0]?.phone_number ?? '', () => new SystemClock().now());
    return pathOf('webhook intake', service, bare, make, 0.7, 3);
  },
  gate: async ({ db, settings }, service, bare) => {
    const make = sendTo(await seedPeople(db, PEOPLE));
    const ledger = settings.redisUrl === null ? 'in memory' : 'in Redis';
    return pathOf(`send gate, ledger ${ledger}`, service, bare, make, 0.6, null);
  },
  'kept-gate': async ({ db }, service, bare) => {
    const people = await seedPeople(db, PEOPLE);
    await db.query('INSERT INTO bare.places SELECT user_id, line_id FROM assignments');
    await db.query('ANALYZE bare.places');
    return {
      name: 'send gate, beside a bare one that reads and keeps as much',
      ours: { url: service, make: sendTo(people) },
      bare: { url: bare, make: sendTo(people, '/v1/kept-sends') },
      target: null,
      p99Target: null,
    };
  },
  card: async ({ db }, service, bare) => {
    const [person] = await seedPeople(db, 1);
    return {
      name: 'card without a photo',
      ours: { url: service, make: get(`/v1/users/${person}/contact-card.vcf`) },
      bare: { url: bare, make: get('/card.vcf') },
      target: 0.5,
      p99Target: null,
    };
  },
  onboarding: (_stage, service, bare) =>
    Promise.resolve(pathOf('onboarding', service, bare, onboarding, 0.6, 3)),
} as const satisfies Record<string, Make>;

/** Parts that are no requests over HTTP, or not of one process: each measures by itself. */
const OWN_PARTS: Readonly<Record<string, (stage: Stage, pace: Pace) => Promise<Row[]>>> = {
  inbox: (stage, { rounds }) => inboxRows(stage, PEOPLE, rounds),
};

function pathOf(
  name: string,
  ours: string,
  bare: string,
  make: Path['ours']['make'],
  target: number,
  p99Target: number | null,
): Path {
  return { name, ours: { url: ours, make }, bare: { url: bare, make }, target, p99Target };
}

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
  const make = (PARTS as Readonly<Record<string, Make>>)[name];
  if (!own && !make) throw new Error(`There is no part ${name}. ${USAGE}`);
  const stage = await Stage.open();
  try {
    const service = await stage.run('service');
    await stage.raiseFleet(service);
    if (own) return await own(stage, pace);
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
