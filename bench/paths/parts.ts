import { SystemClock } from '@linekeeper/infrastructure';
import { seedPeople } from './people';
import { get, keptOnboarding, onboarding, sendTo, webhook } from './requests';
import type { Path } from './rounds';
import type { Shape, Stage } from './stage';

/** A path at the service and at the bare program, with what it is asked on a stage. */
export type Make = (stage: Stage, service: string, bare: string) => Promise<Path>;

/** Nobody is written to more than sixty times an hour. */
export const PEOPLE = 20_000;

/** The ledger is where the stage has it. */
const gate: Make = async ({ db, settings }, service, bare) => {
  const make = sendTo(await seedPeople(db, PEOPLE));
  const ledger = settings.redisUrl === null ? 'in memory' : 'in Redis';
  return pathOf(`send gate, ledger ${ledger}`, service, bare, make, 0.6, null);
};

export const PARTS: Readonly<Record<string, Make>> = {
  intake: async ({ db }, service, bare) =>
    pathOf('webhook intake', service, bare, await intakeOf(db), 0.7, 3),
  gate,
  'memory-gate': gate,
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
  'kept-onboarding': (_stage, service, bare) =>
    Promise.resolve({
      name: 'onboarding, beside a bare one that keeps as much',
      ours: { url: service, make: onboarding },
      bare: { url: bare, make: keptOnboarding },
      target: null,
      p99Target: null,
    }),
};

/** Parts that stand on another stage than the usual one. */
export const SHAPES: Readonly<Record<string, Shape>> = {
  'memory-gate': { redis: false },
  overview: { lines: 1_000 },
};

/** Messages of a few thousand people to one line. */
export async function intakeOf(db: Stage['db']): Promise<Path['ours']['make']> {
  const { rows } = await db.query<{ phone_number: string }>('SELECT phone_number FROM lines');
  return webhook(rows[0]?.phone_number ?? '', () => new SystemClock().now());
}

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
