import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { EventStream } from '../support/event-stream';
import { TestService } from '../support/service';
import { TestSimulator } from '../support/simulator';

/** Two transactions at once: numbers are given out before a transaction ends, and transactions before they write. */
describe('GET /v1/events', () => {
  let database: TestDatabase;
  let simulator: TestSimulator;
  let service: TestService;
  let slow: Client;
  let quick: Client;

  beforeAll(async () => {
    [database, simulator] = await Promise.all([
      createTestDatabase(),
      TestSimulator.start({ lines: [], start: '2026-03-02T10:00:00.000Z' }),
    ]);
    service = await TestService.start(database, simulator);
    [slow, quick] = [0, 1].map(() => new Client({ connectionString: database.url })) as [
      Client,
      Client,
    ];
    await Promise.all([slow.connect(), quick.connect()]);
  });
  afterAll(async () => {
    await Promise.all([slow.end(), quick.end()]);
    await service.stop();
    await simulator.stop();
    await database.drop();
  });

  /** Writes an event in the transaction that the client is in, or in one of its own; answers with its number. */
  async function write(client: Client, mark: string): Promise<number> {
    const { rows } = await client.query<{ seq: string }>(
      `INSERT INTO outbox_events (id, type, data, at)
       VALUES ($1, 'fleet.frozen', jsonb_build_object('mark', $2::text), now()) RETURNING seq`,
      [randomUUID(), mark],
    );
    return Number(rows[0]?.seq);
  }
  const marked = (mark: string) => (event: { data: Record<string, unknown> }) =>
    event.data['mark'] === mark;
  const marksOf = ({ events }: EventStream): unknown[] => events.map(({ data }) => data['mark']);

  it('tells whoever comes back of an event whose slow transaction ended after a later number was read', async () => {
    const first = await EventStream.open(service.admin);
    await quick.query('BEGIN');
    await quick.query('SELECT pg_current_xact_id()');
    await slow.query('BEGIN');
    const early = await write(slow, 'slow');
    const late = await write(quick, 'quick');
    expect(late).toBeGreaterThan(early);
    await quick.query('COMMIT');
    const { id } = await first.heard(marked('quick'));
    first.close();
    await slow.query('COMMIT');

    const again = await EventStream.open(service.admin, { lastEventId: id });
    await again.heard(marked('slow'));
    expect(marksOf(again)).toEqual(['slow']);
    // A reader of an earlier release knows the number alone.
    const old = await EventStream.open(service.admin, { lastEventId: String(late) });
    await old.heard(marked('slow'));
    expect(marksOf(old)).toEqual(['slow']);
    again.close();
    old.close();
  });

  it('tells those who come while others listen of everything once, in the same order', async () => {
    const staying = await EventStream.open(service.admin);
    for (let i = 0; i < 20; i += 1) await write(quick, `before ${i}`);
    const { id } = await staying.heard(marked('before 0'));
    await slow.query('BEGIN');
    await write(slow, 'under way');
    const coming = await EventStream.open(service.admin, { lastEventId: id });
    const recent = await EventStream.open(service.admin, { query: '?recent=3' });
    for (let i = 0; i < 5; i += 1) await write(quick, `after ${i}`);
    await slow.query('COMMIT');
    await write(quick, 'the end');
    for (const stream of [staying, coming, recent]) await stream.heard(marked('the end'));
    const all = marksOf(staying);
    expect(all).toHaveLength(27);
    expect(marksOf(coming)).toEqual(all.slice(1));
    expect(marksOf(recent)).toEqual(all.slice(17));
    for (const stream of [staying, coming, recent]) stream.close();
  });
});
