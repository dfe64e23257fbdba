import { seededRandom } from '@linekeeper/domain';
import { randomUUID } from 'node:crypto';
import { ourCounts } from '../support/books';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { lineNumbers, onboard, personNumber, raiseMatureFleet } from '../support/fleet';
import { bodyOf } from '../support/inbox-alone';
import { TestService } from '../support/service';
import { SignedWebhooks, TEST_SECRET } from '../support/signed-webhooks';
import { TestSimulator } from '../support/simulator';
import { until } from '../support/until';

const HOUR_MS = 3_600_000;
const PEOPLE = 20;
const MESSAGES = 900;
/** Deliveries under way at once. */
const AT_ONCE = 300;
/** So many deliveries are turned away before the database is well again. */
const ILL_FOR = 200;

interface Delivery {
  readonly eventId: string;
  readonly body: string;
}

/** What the provider sends after an outage of its own: everything at once, twice, in any order. */
describe('A storm of webhooks', () => {
  let database: TestDatabase;
  let simulator: TestSimulator;
  let service: TestService;
  const numbers = lineNumbers(3);

  beforeAll(async () => {
    [database, simulator] = await Promise.all([
      createTestDatabase(),
      TestSimulator.start({ lines: numbers, start: '2026-03-02T10:00:00.000Z' }),
    ]);
    service = await TestService.start(database, simulator, { webhookSecrets: [TEST_SECRET] });
    await raiseMatureFleet(service);
  });

  afterAll(async () => {
    await service.stop();
    await simulator.stop();
    await database.drop();
  });

  it('counts every event that was acknowledged once, and has those that were not sent again', async () => {
    const random = seededRandom(7);
    const pick = (n: number): number => Math.floor(random() * n);
    const people: { handle: string; line: string }[] = [];
    for (let i = 0; i < PEOPLE; i += 1) {
      const handle = personNumber(i);
      const { assignment } = await onboard(service, handle);
      people.push({ handle, line: assignment.line.phoneNumber });
    }
    const now = await simulator.now();
    const deliveries: Delivery[] = [];
    const expected = new Map<string, { in: number; out: number }>();
    for (let i = 0; i < MESSAGES; i += 1) {
      const who = pick(PEOPLE);
      const { handle, line } = people[who]!;
      const at = now - pick(2 * HOUR_MS);
      const message = { id: randomUUID(), chat: `chat-${who}`, line, from: handle, at };
      const isIn = pick(2) === 0;
      const types = isIn ? ['message.received'] : ['message.sent', 'message.delivered'];
      for (const type of types) {
        const body = bodyOf(type, message);
        const { event_id: eventId } = JSON.parse(body) as { event_id: string };
        // Each at least once, half of them twice and some three times.
        for (let n = 0; n <= pick(3); n += 1) deliveries.push({ eventId, body });
      }
      const key = `${line} ${Math.floor(at / HOUR_MS)}`;
      const sum = expected.get(key) ?? { in: 0, out: 0 };
      sum[isIn ? 'in' : 'out'] += 1;
      expected.set(key, sum);
    }
    const ids = new Set(deliveries.map(({ eventId }) => eventId));
    expect(deliveries.length).toBeGreaterThan(ids.size * 1.3);
    for (let i = deliveries.length - 1; i > 0; i -= 1) {
      const j = pick(i + 1);
      [deliveries[i], deliveries[j]] = [deliveries[j]!, deliveries[i]!];
    }

    // In the midst of it the database stores nothing for a while.
    await database.query('CREATE TABLE ill AS SELECT true AS is_so');
    await database.query(
      `CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
         IF (SELECT is_so FROM ill) THEN RAISE EXCEPTION 'ill'; END IF; RETURN NEW; END $$`,
    );
    await database.query(
      'CREATE TRIGGER refuse BEFORE INSERT ON inbox_events FOR EACH ROW EXECUTE FUNCTION refuse()',
    );
    const webhooks = new SignedWebhooks(service, simulator);
    const acknowledged = new Set<string>();
    const statuses = new Map<number, number>();
    const round = async (wave: readonly Delivery[]): Promise<Delivery[]> => {
      const again: Delivery[] = [];
      const queue = [...wave];
      await Promise.all(
        Array.from({ length: AT_ONCE }, async () => {
          for (let each = queue.pop(); each; each = queue.pop()) {
            const { status } = await webhooks.deliver(each.body, now);
            statuses.set(status, (statuses.get(status) ?? 0) + 1);
            if (status === 202) {
              acknowledged.add(each.eventId);
              continue;
            }
            again.push(each);
            if (again.length === ILL_FOR) await database.query('UPDATE ill SET is_so = false');
          }
        }),
      );
      return again;
    };
    const turnedAway = await round(deliveries);
    // What was acknowledged is there already, whatever becomes of the process now; nothing else is.
    const stored = await database.query<{ id: string }>(
      `SELECT event_id AS id FROM inbox_events WHERE event_id = ANY($1)`,
      [[...ids]],
    );
    expect(new Set(stored.map(({ id }) => id))).toEqual(acknowledged);
    expect(turnedAway.length).toBeGreaterThanOrEqual(ILL_FOR);
    // The provider sends again what was not taken.
    expect(await round(turnedAway)).toEqual([]);
    expect([...statuses.keys()].sort()).toEqual([202, 503]);
    expect(acknowledged).toEqual(ids);

    await until(async () => {
      const rows = await database.query(
        `SELECT 1 FROM inbox_events WHERE state = 'pending' LIMIT 1`,
      );
      return rows.length === 0;
    });
    const states = await database.query<{ state: string; n: number }>(
      'SELECT state, count(*)::int AS n FROM inbox_events WHERE event_id = ANY($1) GROUP BY 1',
      [[...ids]],
    );
    expect(states).toEqual([{ state: 'done', n: ids.size }]);
    const [kept] = await database.query<{ n: number }>('SELECT count(*)::int AS n FROM messages');
    expect(kept?.n).toBe(MESSAGES);
    const counts = [...expected].map(
      ([key, sum]) => [key, `in ${sum.in}, out ${sum.out}`] as const,
    );
    expect(Object.fromEntries(await ourCounts(service))).toEqual(Object.fromEntries(counts));
    const [wrong] = await database.query(
      `SELECT direction, status FROM messages WHERE direction = 'out' AND status <> 'delivered' LIMIT 1`,
    );
    expect(wrong).toBeUndefined();
  });
});
