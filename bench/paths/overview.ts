import type { Client } from 'pg';
import { medianOf, type Row, rowOfRounds } from '../decisions/measure';
import { giveCards, seedPeople } from './people';
import type { Pace } from './rounds';
import { ADMIN_KEY, type Stage } from './stage';

const PEOPLE = 1_000_000;
const HOURS = 25;
/** Looks of a round, one after the other: an operator is one person. */
const LOOKS = 5;
const TARGET = 2;

/** The fleet's page for a million people, beside one aggregate over the same lines that says what each has carried. */
export async function overviewRows(stage: Stage, service: string, pace: Pace): Promise<Row[]> {
  await giveCards(stage.db, await seedPeople(stage.db, PEOPLE));
  await stage.db.query(
    `INSERT INTO line_hours (line_id, hour, "in", out, started)
     SELECT l.id, floor(extract(epoch FROM now()) / 3600)::int - h, 20, 20, 1
     FROM lines l CROSS JOIN generate_series(0, ${HOURS}) AS h`,
  );
  await stage.db.query('VACUUM ANALYZE');
  const own: number[] = [];
  const other: number[] = [];
  for (let round = -1; round < pace.rounds; round += 1) {
    const ours = await msOf(() => looked(service));
    const bare = await msOf(() => aggregated(stage.db));
    if (round < 0) continue;
    own.push(ours);
    other.push(bare);
  }
  const { rows } = await stage.db.query<{ lines: number }>(
    'SELECT count(*)::int AS lines FROM lines',
  );
  const name = `fleet overview, ${rows[0]?.lines} lines, ${PEOPLE} people`;
  return [rowOfRounds({ name, unit: 'ms', target: TARGET }, own, other)];
}

async function looked(service: string): Promise<void> {
  const answer = await fetch(`${service}/v1/admin/fleet`, {
    headers: { authorization: `Bearer ${ADMIN_KEY}` },
  });
  if (!answer.ok) throw new Error(`The fleet could not be seen: ${await answer.text()}`);
  await answer.arrayBuffer();
}

async function aggregated(db: Client): Promise<string> {
  const { rows } = await db.query(
    `SELECT l.id, l.phone_number, l.users, l.health, sum(h."in" + h.out)::int AS used
     FROM lines l JOIN line_hours h ON h.line_id = l.id
       AND h.hour >= floor(extract(epoch FROM now()) / 3600)::int - ${HOURS - 1}
     GROUP BY l.id ORDER BY l.phone_number`,
  );
  return JSON.stringify(rows);
}

async function msOf(look: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < LOOKS; i += 1) {
    const begun = process.hrtime.bigint();
    await look();
    times.push(Number(process.hrtime.bigint() - begun) / 1e6);
  }
  return medianOf(times);
}
