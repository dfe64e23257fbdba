import { DAY_MS } from '@linekeeper/domain';
import { createTestDatabase, type TestDatabase } from '../../../../../test/support/database';
import { SecureRandom } from '../../system/chance';
import { PrismaDatabase } from '../database';
import { PrismaUnitOfWork } from '../unit-of-work';

const NOW = Date.UTC(2026, 2, 31);
const daysAgo = (days: number): number => NOW - days * DAY_MS;

describe('What is kept of the past', () => {
  let database: TestDatabase;
  let prisma: PrismaDatabase;
  let unitOfWork: PrismaUnitOfWork;

  beforeAll(async () => {
    database = await createTestDatabase();
    prisma = new PrismaDatabase(database.url);
    unitOfWork = new PrismaUnitOfWork(prisma, new SecureRandom(), { write: () => undefined });
  });

  afterAll(async () => {
    await prisma.close();
    await database.drop();
  });

  const event = (id: string, days: number, state: 'pending' | 'done' | 'ignored' | 'dead') =>
    ({
      ...{
        eventId: id,
        eventType: 'message.received',
        orderKey: `event:${id}`,
        body: '{"said":1}',
      },
      ...{ receivedAt: daysAgo(days), state, attempts: 0, nextAttemptAt: NOW },
      ...{ processedAt: null, lastError: null },
    }) as const;
  const bodies = async (): Promise<Record<string, string>> =>
    Object.fromEntries(
      (
        await database.query<{ id: string; body: string }>(
          'SELECT event_id AS id, body FROM inbox_events',
        )
      ).map(({ id, body }) => [id, body]),
    );

  it('loses its words first, and is still known when it comes again', async () => {
    const { inbox, retention } = unitOfWork.read;
    const all = [
      ...[event('old', 8, 'done'), event('ignored', 8, 'ignored'), event('older', 20, 'done')],
      ...[event('dead', 8, 'dead'), event('waits', 8, 'pending'), event('new', 6, 'done')],
    ];
    await inbox.insert(all);
    // One at a time, and nothing twice.
    const before = daysAgo(7);
    expect(await retention.emptyBodies(daysAgo(9), before, 1)).toBe(1);
    expect(await retention.emptyBodies(daysAgo(9), before, 10)).toBe(1);
    expect(await retention.emptyBodies(daysAgo(9), before, 10)).toBe(0);
    const said = '{"said":1}';
    expect(await bodies()).toEqual({
      ...{ old: '', ignored: '', older: said },
      ...{ dead: said, waits: said, new: said },
    });
    expect(await inbox.insert(all)).toEqual(new Set());
  });

  it('goes when it cannot come again, unless it waits', async () => {
    const { inbox, retention } = unitOfWork.read;
    await inbox.insert([
      ...[event('very-old', 36, 'done'), event('very-dead', 36, 'dead')],
      event('very-late', 36, 'pending'),
    ]);
    expect(await retention.forgetEvents(daysAgo(35), 10)).toBe(2);
    expect(Object.keys(await bodies())).toEqual(expect.arrayContaining(['very-late', 'older']));
    expect(await retention.forgetEvents(daysAgo(35), 10)).toBe(0);
  });

  it('is of sends what is open or not long closed, and of answers what may be asked for again', async () => {
    const { retention, idempotency } = unitOfWork.read;
    const send = (days: number, state: string): Promise<unknown> =>
      database.query(
        `INSERT INTO sends (id, user_id, line_id, assignment_epoch, class, messages, settled_messages,
           new_conversation, state, policy_version, admitted_at, expires_at)
         VALUES (gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 1, 'reply', 1, 0, false, $1, 1, $2, $2)`,
        [state, new Date(daysAgo(days))],
      );
    for (const state of ['settled', 'expired', 'open', 'unknown']) {
      await send(36, state);
      await send(34, state);
    }
    expect(await retention.forgetSends(daysAgo(35), 10)).toBe(2);
    await idempotency.claim('long-ago', 'hash', daysAgo(3));
    await idempotency.claim('just-now', 'hash', NOW);
    expect(await retention.forgetAnswers(daysAgo(2), 10)).toBe(1);
    expect(await idempotency.claim('just-now', 'hash', NOW)).not.toBeNull();
  });

  it('is of what was announced what is not long ago, and what an endpoint still waits for', async () => {
    const { outbox, retention } = unitOfWork.read;
    const id = (n: number): string => `018f6a2e-8c31-7d04-9b52-3a1f0c9d7e0${n}`;
    const events = [36, 36, 34].map((days, i) => ({
      ...{ id: id(i), type: 'line.changed' as const, data: {}, at: daysAgo(days) },
    }));
    await outbox.append(events);
    await database.query(
      `WITH w AS (
         INSERT INTO webhook_endpoints (id, url, description, event_types, pool_ids, state, state_reason, state_by,
           secret, cursor_xid, cursor_seq, wants_since, failures, version, created_at, updated_at)
         VALUES (gen_random_uuid(), 'https://example.com', '', '{}', '{}', 'enabled', '', 'test', '', 0, 0, now(), 0, 1, now(), now())
         RETURNING id)
       INSERT INTO event_deliveries (id, endpoint_id, event_seq, state, attempts, next_at, queued_at)
       SELECT gen_random_uuid(), w.id, e.seq, 'pending', 0, now(), now() FROM w, outbox_events e WHERE e.id = $1`,
      [id(0)],
    );
    expect(await retention.forgetAnnounced(daysAgo(35), 10)).toBe(1);
    const left = await database.query<{ id: string }>('SELECT id FROM outbox_events ORDER BY seq');
    expect(left.map((row) => row.id)).toEqual([id(0), id(2)]);
  });
});
