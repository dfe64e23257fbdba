import { type Row, rowOfRounds } from '../decisions/measure';
import { load } from './load';
import { intakeOf, PEOPLE } from './parts';
import { seedPeople } from './people';
import { get, onboarding, sendTo } from './requests';
import { type Pace, type Path, rowsOf } from './rounds';
import { LINES, Stage } from './stage';

const TIMES = 10;

/**
 * What each path carries with ten times the lines and ten times the people, as a share of what it carries without. Both
 * fleets stand side by side, and are asked in turns.
 */
export async function growthRows(small: Stage, service: string, pace: Pace): Promise<Row[]> {
  const large = await Stage.open({ lines: TIMES * LINES });
  try {
    const grown = await large.run('service');
    await large.raiseFleet(grown);
    const few = await seedPeople(small.db, PEOPLE);
    const many = await seedPeople(large.db, TIMES * PEOPLE);
    const card = (people: readonly string[]): Path['ours']['make'] =>
      get(`/v1/users/${people[0] ?? ''}/contact-card.vcf`);
    const paths: [string, Path['ours']['make'], Path['ours']['make']][] = [
      ['webhook intake', await intakeOf(large.db), await intakeOf(small.db)],
      ['send gate', sendTo(many), sendTo(few)],
      ['card without a photo', card(many), card(few)],
      ['onboarding', onboarding, onboarding],
    ];
    const rows: Row[] = [];
    for (const [name, ours, bare] of paths) {
      const path = {
        name: `${name}, ${TIMES} times the fleet beside it`,
        ours: { url: grown, make: ours },
        bare: { url: service, make: bare },
        ...{ target: null, p99Target: null },
      };
      rows.push(...(await rowsOf(path, pace)));
    }
    return rows;
  } finally {
    await large.close();
  }
}

/** Two api processes on one PostgreSQL and Redis, asked at once, beside one of them alone under as many connections. */
export async function replicaRows(stage: Stage, first: string, pace: Pace): Promise<Row[]> {
  const second = await stage.run('service');
  const people = await seedPeople(stage.db, PEOPLE);
  const rows: Row[] = [];
  for (const [name, make] of [
    ['send gate', sendTo(people)],
    ['webhook intake', await intakeOf(stage.db)],
  ] as const) {
    const both: number[] = [];
    const alone: number[] = [];
    for (let round = -1; round < pace.rounds; round += 1) {
      const { connections, seconds } = pace;
      const half = { connections: Math.ceil(connections / 2), seconds };
      const loads = await Promise.all([first, second].map((url) => load(url, make, half)));
      const one = await load(first, make, { connections, seconds });
      if (round < 0) continue;
      both.push(loads.reduce((sum, { perSecond }) => sum + perSecond, 0));
      alone.push(one.perSecond);
    }
    const of = { name: `${name}, two api processes beside one`, unit: 'per s', target: null };
    rows.push(rowOfRounds(of, both, alone));
  }
  return rows;
}
