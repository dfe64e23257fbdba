import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { SystemClock } from '@linekeeper/infrastructure';
import { Client } from 'pg';
import { type Row, rowOfRounds } from '../decisions/measure';
import { messageEvent } from '../soak/messages';
import { nextId } from './ids';
import { giveCards, seedPeople } from './people';
import { KeptInbox } from './kept-inbox';
import { NODE_OPTIONS, type Stage } from './stage';
import type { Placed, Told } from './told';

/** Of a round: somebody writes, is answered under a hold of the gate, and the answer arrives. */
const EXCHANGES = 2_000;
/** So many exchanges are under way at a time: their events lie between each other. */
const AT_A_TIME = 100;
const BARE_BATCH = 100;
const TARGET = 0.5;

const clock = new SystemClock();

/**
 * A backlog of stored webhooks, processed by one worker, beside a program that inserts the same rows and raises the
 * same counters, a hundred events to a transaction, and asks nothing. `people` have places and threads.
 */
export async function inboxRows(stage: Stage, people: number, rounds: number): Promise<Row[]> {
  await giveCards(stage.db, await seedPeople(stage.db, people));
  const persons = await personsOf(stage);
  const drainer = await drainerOf(stage);
  const bare = new Client({ connectionString: stage.settings.databaseUrl });
  try {
    await bare.connect();
    await bare.query(BARE_TABLES);
    const keeping = new KeptInbox(bare);
    await keeping.prepare();
    const own: number[] = [];
    const other: number[] = [];
    const kept: number[] = [];
    for (let round = -1; round < rounds; round += 1) {
      const told = await backlogOf(stage, persons);
      await keeping.copyBacklog();
      const ours = await drained(drainer, told.length);
      const least = await written(bare, told);
      const asMuch = await keeping.written(told);
      if (round < 0) {
        // Of tables that have just been filled for the first time the planner knows nothing.
        await stage.db.query('ANALYZE');
        continue;
      }
      own.push(ours);
      other.push(least);
      kept.push(asMuch);
    }
    return [
      rowOf('inbox, one worker', own, other, TARGET),
      rowOf('inbox, beside one that keeps as much and reads nothing', own, kept, null),
      rowOf('what keeps as much and reads nothing, beside the bare one', kept, other, null),
    ];
  } finally {
    await bare.end();
    drainer.kill('SIGKILL');
  }
}

function rowOf(
  name: string,
  own: readonly number[],
  other: readonly number[],
  target: number | null,
): Row {
  return rowOfRounds({ name, unit: 'events per s', target }, own, other);
}

async function personsOf({ db }: Stage): Promise<Placed[]> {
  const { rows } = await db.query<Placed>(
    `SELECT a.user_id AS id, h.value AS handle, l.phone_number AS line, l.id AS "lineId", x.id AS "chatId"
     FROM assignments a JOIN handles h USING (user_id) JOIN lines l ON l.id = a.line_id
     JOIN conversations c USING (user_id) JOIN chats x ON x.conversation_id = c.id ORDER BY a.user_id`,
  );
  return rows;
}

async function drainerOf(stage: Stage): Promise<ChildProcess> {
  const child = fork(
    join(__dirname, 'drainer.js'),
    [JSON.stringify({ ...stage.settings, port: 0 })],
    { execArgv: NODE_OPTIONS },
  );
  await once(child, 'message');
  return child;
}

/** Events a second. Throws when one was left, or became a dead letter. */
async function drained(drainer: ChildProcess, events: number): Promise<number> {
  const answer = once(drainer, 'message') as Promise<[{ processed: number; ms: number }]>;
  drainer.send('drain');
  const [{ processed, ms }] = await answer;
  if (processed !== events) throw new Error(`${processed} of ${events} events were processed`);
  return (events * 1_000) / ms;
}

let exchanged = 0;

/** Stores the events of a round, as the intake would have, with the holds of the answers. */
async function backlogOf({ db }: Stage, persons: readonly Placed[]): Promise<Told[]> {
  const told: Told[] = [];
  const holds: { id: string; person: Placed }[] = [];
  for (let from = 0; from < EXCHANGES; from += AT_A_TIME) {
    const group = Array.from({ length: AT_A_TIME }, () => {
      const person = persons[exchanged++ % persons.length];
      if (!person) throw new Error('Nobody is there');
      return { person, inbound: nextId(), outbound: nextId(), hold: nextId() };
    });
    for (const { person, inbound } of group)
      told.push(toldOf('message.received', person, inbound, null));
    for (const { person, outbound, hold } of group)
      told.push(toldOf('message.sent', person, outbound, hold));
    for (const { person, outbound, hold } of group)
      told.push(toldOf('message.delivered', person, outbound, hold));
    holds.push(...group.map(({ person, hold }) => ({ id: hold, person })));
  }
  await db.query(
    `INSERT INTO sends (id, user_id, line_id, assignment_epoch, class, messages, settled_messages, new_conversation,
       state, policy_version, admitted_at, expires_at)
     SELECT id, person, line, 1, 'reply', 1, 0, false, 'open', 1, now(), now() + interval '35 minutes'
     FROM unnest($1::uuid[], $2::uuid[], $3::uuid[]) AS t (id, person, line)`,
    [
      holds.map(({ id }) => id),
      holds.map(({ person }) => person.id),
      holds.map(({ person }) => person.lineId),
    ],
  );
  await db.query(
    `INSERT INTO inbox_events (event_id, event_type, order_key, body, received_at, state, attempts, next_attempt_at)
     SELECT id, kind, key, body, now(), 'pending', 0, now()
     FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) AS t (id, kind, key, body)`,
    [
      told.map(({ eventId }) => eventId),
      told.map(({ type }) => type),
      told.map(({ person }) => `chat:${person.chatId}`),
      told.map(({ body }) => body),
    ],
  );
  return told;
}

function toldOf(type: Told['type'], person: Placed, messageId: string, key: string | null): Told {
  const event = messageEvent(type, person, messageId, new Date(clock.now()).toISOString(), key);
  const { event_id: eventId } = event as { event_id: string };
  return { eventId, type, person, messageId, hold: key, body: JSON.stringify(event) };
}

const BARE_TABLES = `
  CREATE SCHEMA IF NOT EXISTS bare;
  CREATE TABLE IF NOT EXISTS bare.told (id text PRIMARY KEY, message_id text, kind text, line text, person uuid,
    chat text, at timestamptz);
  CREATE TABLE IF NOT EXISTS bare.line_counts (line text, hour int, n int, PRIMARY KEY (line, hour));
  CREATE TABLE IF NOT EXISTS bare.person_counts (person uuid, day text, n int, PRIMARY KEY (person, day))`;

const BARE_ROWS = {
  name: 'bare-rows',
  text: `INSERT INTO bare.told SELECT *, now() FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::uuid[],
           $6::text[]) ON CONFLICT DO NOTHING`,
};
const BARE_LINES = {
  name: 'bare-lines',
  text: `INSERT INTO bare.line_counts AS c SELECT line, 1, count(*) FROM unnest($1::text[]) AS line GROUP BY line
         ON CONFLICT (line, hour) DO UPDATE SET n = c.n + excluded.n`,
};
const BARE_PERSONS = {
  name: 'bare-persons',
  text: `INSERT INTO bare.person_counts AS c SELECT person, 'today', count(*) FROM unnest($1::uuid[]) AS person
         GROUP BY person ON CONFLICT (person, day) DO UPDATE SET n = c.n + excluded.n`,
};

/** Events a second of the bare program. */
async function written(bare: Client, told: readonly Told[]): Promise<number> {
  const begun = process.hrtime.bigint();
  for (let from = 0; from < told.length; from += BARE_BATCH) {
    const batch = told.slice(from, from + BARE_BATCH);
    const column = (of: (each: Told) => string): string[] => batch.map(of);
    const persons = column(({ person }) => person.id);
    const lines = column(({ person }) => person.line);
    await bare.query('BEGIN');
    const values = [
      column(({ eventId }) => eventId),
      column(({ messageId }) => messageId),
      column(({ type }) => type),
      lines,
      persons,
      column(({ person }) => person.chatId),
    ];
    await bare.query({ ...BARE_ROWS, values });
    await bare.query({ ...BARE_LINES, values: [lines] });
    await bare.query({ ...BARE_PERSONS, values: [persons] });
    await bare.query('COMMIT');
  }
  return (told.length * 1e9) / Number(process.hrtime.bigint() - begun);
}
