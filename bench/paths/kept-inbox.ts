import type { Client } from 'pg';
import type { Told } from './told';

const BATCH = 400;

/** Tables like the service's, indexes and all, in which nothing is asked and no row refers to another. */
const TABLES = [
  ...['inbox_events', 'messages', 'chats', 'conversations', 'sends', 'line_hours', 'user_days'],
  ...['known_numbers', 'recipient_outcomes'],
];

/**
 * The least that keeps what the service keeps of a backlog: the same rows of the same tables, written in batches as large, and
 * not one of them read or decided on. How far it stays behind the program that only counts is what the keeping costs.
 */
export class KeptInbox {
  constructor(private readonly db: Client) {}

  async prepare(): Promise<void> {
    await this.db.query('CREATE SCHEMA IF NOT EXISTS kept');
    for (const table of TABLES) {
      await this.db.query(`CREATE TABLE kept.${table} (LIKE public.${table} INCLUDING ALL)`);
      await this.db.query(`INSERT INTO kept.${table} SELECT * FROM public.${table}`);
    }
  }

  /** Stores what the service is to process, in the tables that are written here. */
  async copyBacklog(): Promise<void> {
    for (const table of ['inbox_events', 'sends']) {
      await this.db.query(
        `INSERT INTO kept.${table} SELECT * FROM public.${table} ON CONFLICT DO NOTHING`,
      );
    }
  }

  /** Events a second. */
  async written(told: readonly Told[]): Promise<number> {
    const begun = process.hrtime.bigint();
    for (let from = 0; from < told.length; from += BATCH) {
      await this.db.query('BEGIN');
      await this.write(told.slice(from, from + BATCH));
      await this.db.query('COMMIT');
    }
    return (told.length * 1e9) / Number(process.hrtime.bigint() - begun);
  }

  private async write(batch: readonly Told[]): Promise<void> {
    const fresh = batch.filter(({ type }) => type !== 'message.delivered');
    const delivered = batch.filter(({ type }) => type === 'message.delivered');
    const of = <T>(list: readonly Told[], value: (each: Told) => T): T[] => list.map(value);
    const persons = of(batch, ({ person }) => person.id);
    const lines = of(batch, ({ person }) => person.lineId);
    await this.ask('messages', [
      of(fresh, ({ messageId }) => messageId),
      of(fresh, ({ person }) => person.lineId),
      of(fresh, ({ person }) => person.chatId),
      of(fresh, ({ person }) => person.id),
    ]);
    if (delivered.length > 0) {
      await this.ask('advance', [of(delivered, ({ messageId }) => messageId)]);
      await this.ask('outcomes', [
        of(delivered, ({ person }) => person.lineId),
        of(delivered, ({ person }) => person.id),
      ]);
    }
    await this.ask('chats', [of(batch, ({ person }) => person.chatId)]);
    await this.ask('conversations', [persons]);
    await this.ask('hours', [lines]);
    await this.ask('days', [persons]);
    await this.ask('known', [persons, lines]);
    await this.ask('sends', [of(batch, ({ hold }) => hold).filter((hold) => hold !== null)]);
    await this.ask('finish', [of(batch, ({ eventId }) => eventId)]);
  }

  private async ask(name: keyof typeof STATEMENTS, values: unknown[]): Promise<void> {
    await this.db.query({ name: `kept-${name}`, text: STATEMENTS[name], values });
  }
}

const STATEMENTS = {
  messages: `INSERT INTO kept.messages (id, line_id, chat_id, user_id, direction, at, status, recorded_at)
    SELECT *, 'in', now(), 'sent', now() FROM unnest($1::text[], $2::uuid[], $3::text[], $4::uuid[])
    ON CONFLICT DO NOTHING`,
  advance: `UPDATE kept.messages SET status = 'delivered' WHERE id = ANY($1::text[])`,
  outcomes: `INSERT INTO kept.recipient_outcomes (line_id, user_id, at, bad, taken)
    SELECT DISTINCT *, now(), false, false FROM unnest($1::uuid[], $2::uuid[])
    ON CONFLICT (line_id, user_id) DO NOTHING`,
  chats: `UPDATE kept.chats SET last_activity_at = clock_timestamp() WHERE id = ANY($1::text[])`,
  conversations: `UPDATE kept.conversations SET last_inbound_at = clock_timestamp(), updated_at = clock_timestamp()
    WHERE user_id = ANY($1::uuid[])`,
  hours: `INSERT INTO kept.line_hours AS h (line_id, hour, "in", out, started)
    SELECT line, 1, count(*), 0, 0 FROM unnest($1::uuid[]) AS line GROUP BY line
    ON CONFLICT (line_id, hour) DO UPDATE SET "in" = h."in" + excluded."in"`,
  days: `INSERT INTO kept.user_days AS d (user_id, day, "in", out)
    SELECT person, 'today', count(*), 0 FROM unnest($1::uuid[]) AS person GROUP BY person
    ON CONFLICT (user_id, day) DO UPDATE SET "in" = d."in" + excluded."in"`,
  known: `INSERT INTO kept.known_numbers AS k (user_id, line_id, sureness, position, first_at, updated_at)
    SELECT DISTINCT *, 'known', 0, now(), now() FROM unnest($1::uuid[], $2::uuid[])
    ON CONFLICT (user_id, line_id) DO UPDATE SET sureness = 'known' WHERE k.sureness <> 'known'`,
  sends: `UPDATE kept.sends SET state = 'settled', settled_messages = 1, closed_at = now() WHERE id = ANY($1::uuid[])`,
  finish: `UPDATE kept.inbox_events SET state = 'done', processed_at = now() WHERE event_id = ANY($1::text[])`,
} as const;
