import { createHmac, timingSafeEqual } from 'node:crypto';
import fastify from 'fastify';
import { Redis } from 'ioredis';
import { Pool } from 'pg';
import { z } from 'zod';
import { nextId } from './ids';
import { KeptNewcomers } from './kept-newcomers';
import { type Settings, WEBHOOK_SECRET } from './stage';

/** Rows of one statement, and statements at a time. */
const MAX_BATCH = 500;
const MAX_IN_FLIGHT = 2;

const NEW_USER = z.strictObject({
  handle: z.string().min(1),
  startedBy: z.enum(['inbound', 'outbound']),
});
const SEND = z.strictObject({ userId: z.uuid() });

/** Counts a message of a line and remembers a hold: the least that a ledger does. */
const RESERVE = `
local used = redis.call('INCR', KEYS[1])
redis.call('SET', KEYS[2], used, 'PX', 2100000)
return used`;

/** The least that somebody could write for the same requests: Fastify, no framework, no rules. */
async function main({ databaseUrl, redisUrl, port }: Settings): Promise<void> {
  const pool = new Pool({ connectionString: databaseUrl, max: 20 });
  await pool.query(`
    CREATE SCHEMA IF NOT EXISTS bare;
    CREATE TABLE IF NOT EXISTS bare.users (id bigserial PRIMARY KEY, handle text UNIQUE);
    CREATE TABLE IF NOT EXISTS bare.ties (user_id bigint PRIMARY KEY, line int, at timestamptz);
    CREATE TABLE IF NOT EXISTS bare.events (id text PRIMARY KEY, kind text, body text, at timestamptz);
    CREATE TABLE IF NOT EXISTS bare.places (user_id uuid PRIMARY KEY, line_id uuid);
    CREATE TABLE IF NOT EXISTS bare.sends (id uuid PRIMARY KEY, user_id uuid, line_id uuid, at timestamptz)`);
  const redis = redisUrl === null ? null : new Redis(redisUrl);
  const app = fastify();
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) =>
    done(null, body),
  );

  app.post('/v1/users', async ({ body }) => {
    const { handle } = NEW_USER.parse(JSON.parse(String(body)));
    const client = await pool.connect();
    try {
      await client.query('BEGIN');
      const { rows } = await client.query<{ id: string }>({
        name: 'user',
        text: 'INSERT INTO bare.users (handle) VALUES ($1) RETURNING id',
        values: [handle],
      });
      const [user] = rows;
      await client.query({
        name: 'tie',
        text: 'INSERT INTO bare.ties VALUES ($1, $2, now())',
        values: [user?.id, 1],
      });
      await client.query('COMMIT');
      return { id: user?.id, line: 1 };
    } finally {
      client.release();
    }
  });

  // The same with all the rows that the product keeps of a newcomer, for many at a time.
  const newcomers = new KeptNewcomers(pool);
  await newcomers.prepare();
  app.post('/v1/kept-users', async ({ body }) => {
    const { handle } = NEW_USER.parse(JSON.parse(String(body)));
    return { id: await newcomers.place(handle), line: 1 };
  });

  let holds = 0;
  app.post('/v1/sends', async ({ body }) => {
    const { userId } = SEND.parse(JSON.parse(String(body)));
    if (redis === null) return { decision: 'send', userId };
    holds += 1;
    const keys = [`bare:line:${userId.charCodeAt(35) % 10}`, `bare:hold:${holds}`];
    return { decision: 'send', used: await redis.eval(RESERVE, 2, ...keys) };
  });

  // The same with what the product promises: it looks where the person stands, and remembers what it allowed.
  const places = new Grouped<[string], { line_id: string }>(pool, {
    name: 'places',
    text: `SELECT p.line_id FROM unnest($1::uuid[]) WITH ORDINALITY AS q (user_id, n)
           JOIN bare.places p USING (user_id) ORDER BY q.n`,
  });
  const sends = new Grouped<[string, string, string], object>(pool, {
    name: 'sends',
    text: `INSERT INTO bare.sends SELECT *, now() FROM unnest($1::uuid[], $2::uuid[], $3::uuid[])
           RETURNING id`,
  });
  app.post('/v1/kept-sends', async ({ body }) => {
    const { userId } = SEND.parse(JSON.parse(String(body)));
    const { line_id: line } = await places.ask(userId);
    const id = nextId();
    const keys = [`bare:line:${line}`, `bare:hold:${id}`];
    const used = redis === null ? 0 : await redis.eval(RESERVE, 2, ...keys);
    await sends.ask(id, userId, line);
    return { decision: 'send', used };
  });

  const events = new Grouped<[string, string, string], object>(pool, {
    name: 'events',
    text: `WITH kept AS (
             INSERT INTO bare.events SELECT *, now() FROM unnest($1::text[], $2::text[], $3::text[])
             ON CONFLICT DO NOTHING)
           SELECT FROM unnest($1::text[])`,
  });
  app.post('/webhooks/linq/v3', async ({ body, headers }, reply) => {
    const raw = body as Buffer;
    if (!isSigned(raw, headers)) return reply.code(401).send();
    const event = JSON.parse(raw.toString('utf8')) as { event_id: string; event_type: string };
    await events.ask(event.event_id, event.event_type, raw.toString('utf8'));
    return reply.code(202).send();
  });

  app.get('/card.vcf', (_request, reply) => reply.type('text/vcard').send(CARD));
  await app.listen({ port, host: '127.0.0.1' });
  process.send?.('ready');
}

const CARD = `BEGIN:VCARD\r\n${'X-LINE:0123456789012345678901234567890123456789\r\n'.repeat(10)}END:VCARD\r\n`;

function isSigned(body: Buffer, headers: Record<string, unknown>): boolean {
  const key = Buffer.from(WEBHOOK_SECRET.slice('whsec_'.length), 'base64');
  const prefix = `${String(headers['webhook-id'])}.${String(headers['webhook-timestamp'])}.`;
  const wanted = createHmac('sha256', key).update(prefix).update(body).digest();
  const given = Buffer.from(String(headers['webhook-signature']).slice('v1,'.length), 'base64');
  return wanted.length === given.length && timingSafeEqual(wanted, given);
}

interface Waiting<Values, Row> {
  readonly values: Values;
  readonly done: (row: Row) => void;
  readonly fail: (error: unknown) => void;
}

/** Whatever came while the last statements ran goes into the next one, which answers with a row for each, in order. */
class Grouped<Values extends readonly unknown[], Row extends object> {
  private waiting: Waiting<Values, Row>[] = [];
  private inFlight = 0;

  constructor(
    private readonly pool: Pool,
    private readonly statement: { readonly name: string; readonly text: string },
  ) {}

  ask(...values: Values): Promise<Row> {
    return new Promise((done, fail) => {
      this.waiting.push({ values, done, fail });
      void this.flush();
    });
  }

  private async flush(): Promise<void> {
    if (this.inFlight >= MAX_IN_FLIGHT || this.waiting.length === 0) return;
    const batch = this.waiting.splice(0, MAX_BATCH);
    this.inFlight += 1;
    try {
      const columns = batch[0]?.values.map((_, i) => batch.map(({ values }) => values[i]));
      const { rows } = await this.pool.query<Row>({ ...this.statement, values: columns ?? [] });
      for (const [i, row] of rows.entries()) batch[i]?.done(row);
    } catch (error) {
      for (const { fail } of batch) fail(error);
    } finally {
      this.inFlight -= 1;
      void this.flush();
    }
  }
}

void main(JSON.parse(process.argv[2] ?? '{}') as Settings);
