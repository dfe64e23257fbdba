import type { LinqAPIV3 } from '@linqapp/sdk';
import { expectBooksToAgree } from '../support/books';
import { expectEventsAsDocumented } from '../support/catalogued';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { lineNumbers, onboard, personNumber, raiseMatureFleet } from '../support/fleet';
import { Http, ok } from '../support/http';
import { TestService } from '../support/service';
import { TestSimulator } from '../support/simulator';
import { sdkOf } from '../support/webhook-catcher';

const START = '2026-03-02T10:30:00.000Z';
const MINUTE = 60;
const HOUR = 60 * MINUTE;

interface Repair {
  readonly lastError: string | null;
  readonly lastResult: {
    readonly suspected: number;
    readonly read: number;
    readonly waiting: number;
    readonly events: number;
    readonly calls: number;
    readonly stopped: string | null;
  };
}

interface Recovered {
  readonly messageId: string;
  readonly chatId: string;
  readonly userId: string | null;
  readonly direction: string;
  readonly recovered: boolean;
  readonly ageSeconds: number;
}

/** What no webhook told of, and how it is filled in. */
describe('Gap repair', () => {
  let database: TestDatabase;
  let simulator: TestSimulator;
  let service: TestService;
  let linq: LinqAPIV3;
  const numbers = lineNumbers(3);
  const [line = '', other = ''] = numbers;
  const person = personNumber(1);

  beforeEach(async () => {
    [database, simulator] = await Promise.all([
      createTestDatabase(),
      TestSimulator.start({ lines: numbers, start: START }),
    ]);
    service = await TestService.start(database, simulator);
    linq = sdkOf(simulator);
    await raiseMatureFleet(service);
    await simulator.advance(MINUTE);
  });

  afterEach(async () => {
    await expectEventsAsDocumented(database);
    await service.stop();
    await simulator.stop();
    await database.drop();
  });

  const text = (value: string): { parts: { type: 'text'; value: string }[] } => ({
    parts: [{ type: 'text', value }],
  });

  /** From now on these events are lost for good. */
  async function lose(event?: string): Promise<void> {
    const fault = { kind: 'lost-webhook', count: null, ...(event === undefined ? {} : { event }) };
    await ok(simulator.control.post('/faults', fault));
  }

  const loseNoMore = (): Promise<unknown> => ok(simulator.control.delete('/faults'));

  async function repair(): Promise<Repair['lastResult']> {
    const run = await ok(
      service.admin.post<Repair>('/v1/admin/jobs/repair-gaps/run', { reason: 'a test' }),
    );
    expect(run.lastError).toBeNull();
    await simulator.advance(MINUTE);
    return run.lastResult;
  }

  const eventsOf = async <Data>(type: string): Promise<Data[]> =>
    (
      await database.query<{ data: Data }>(
        'SELECT data FROM outbox_events WHERE type = $1 ORDER BY seq',
        [type],
      )
    ).map(({ data }) => data);

  /** As many messages as there are: no row and no count too many. */
  async function expectEachCountedOnce(): Promise<void> {
    await expectBooksToAgree(service, simulator);
    const [row] = await database.query<{ messages: number; counted: number }>(
      `SELECT (SELECT count(*)::int FROM messages) AS messages,
        (SELECT coalesce(sum("in" + out), 0)::int FROM line_hours) AS counted`,
    );
    const { length } = await simulator.books();
    expect(row).toEqual({ messages: length, counted: length });
  }

  it('counts what was lost, in and out, in the hour in which it was sent', async () => {
    await simulator.text(person, line, 'Hello');
    await simulator.advance(MINUTE);
    await lose();
    const { chatId } = await simulator.text(person, line, 'Are you there?');
    await linq.chats.messages.send(chatId, { message: text('Yes') });
    await linq.chats.create({ from: other, to: [personNumber(2)], message: text('From the desk') });
    await simulator.advance(HOUR, HOUR / 4);
    await simulator.text(personNumber(3), other, 'A stranger');
    await linq.chats.create({
      from: other,
      to: [personNumber(4), personNumber(5)],
      message: text('A group'),
    });
    await simulator.advance(HOUR, HOUR / 4);
    await loseNoMore();
    expect(await repair()).toMatchObject({ suspected: 3, read: 3, events: 8, stopped: null });
    await expectEachCountedOnce();
    const told = await eventsOf<Recovered>('message.recovered');
    expect(told.map(({ direction }) => direction).sort()).toEqual([
      'in',
      'in',
      'out',
      'out',
      'out',
    ]);
    for (const each of told) expect(each).toMatchObject({ recovered: true });
    // It is told once it is counted, and the clock may go on meanwhile.
    const oldest = Math.max(...told.map(({ ageSeconds }) => ageSeconds));
    expect([2 * HOUR, 2 * HOUR + MINUTE]).toContain(oldest);
    // Nobody's words or handles are in the events.
    const [{ leaks } = { leaks: -1 }] = await database.query<{ leaks: number }>(
      `SELECT count(*)::int AS leaks FROM outbox_events
       WHERE type = 'message.recovered' AND (data::text LIKE '%+1415%' OR data::text LIKE '%there%')`,
    );
    expect(leaks).toBe(0);
    expect(await repair()).toMatchObject({ events: 0 });
    expect(await eventsOf('message.recovered')).toHaveLength(5);
  });

  it('adds nothing when the webhook comes after all', async () => {
    const late = { kind: 'late-webhook', count: null, seconds: 20 * MINUTE };
    await ok(simulator.control.post('/faults', late));
    const { chatId } = await simulator.text(person, line, 'Hello');
    await linq.chats.messages.send(chatId, { message: text('Hi') });
    await simulator.advance(MINUTE);
    await loseNoMore();
    expect(await repair()).toMatchObject({ events: 3 });
    await expectEachCountedOnce();
    await simulator.advance(30 * MINUTE);
    await expectEachCountedOnce();
    const [row] = await database.query<{ webhooks: number; put: number }>(
      `SELECT count(*) FILTER (WHERE event_id NOT LIKE 'recovered:%')::int AS webhooks,
        count(*) FILTER (WHERE event_id LIKE 'recovered:%')::int AS put
       FROM inbox_events WHERE state = 'done' AND event_type LIKE 'message.%'`,
    );
    expect(row).toEqual({ webhooks: 3, put: 2 });
  });

  it('does what a message that was lost should have done', async () => {
    const reserved = await onboard(service, person);
    const stopper = await onboard(service, personNumber(2));
    const written = stopper.assignment.line.phoneNumber;
    await simulator.text(personNumber(2), written, 'Hello');
    await simulator.advance(MINUTE);
    await lose();
    await simulator.text(person, reserved.assignment.line.phoneNumber, 'Hello');
    await simulator.text(personNumber(2), written, 'STOP');
    await simulator.text(personNumber(3), line, 'Who is this?');
    await simulator.advance(MINUTE);
    await loseNoMore();
    expect(await repair()).toMatchObject({ events: 5 });

    const place = await ok(
      service.app.get<{ assignment: { state: string } }>(
        `/v1/users/${reserved.user.id}/assignment`,
      ),
    );
    expect(place.assignment.state).toBe('confirmed');
    const sent = await ok(
      service.app.post<{ decision: string; reasons: { code: string }[] }>('/v1/sends', {
        userId: stopper.user.id,
        class: 'proactive',
      }),
    );
    expect(sent.decision).toBe('refuse');
    expect(sent.reasons.map(({ code }) => code)).toContain('suppressed');
    expect(await eventsOf('user.opted-out')).toMatchObject([{ userId: stopper.user.id }]);
    expect(await eventsOf('user.discovered')).toHaveLength(1);
    await expectEachCountedOnce();
  });

  it('follows a person who wrote on another line after theirs was lost', async () => {
    const { user, assignment } = await onboard(service, person);
    const own = assignment.line.phoneNumber;
    await simulator.text(person, own, 'Hello');
    await simulator.advance(MINUTE);
    // They hold no other number of ours: when theirs is lost, none serves them.
    await ok(simulator.control.post(`/lines/${own}/status`, { status: 'FLAGGED' }));
    await simulator.advance(MINUTE);
    const placeOf = async (): Promise<object> =>
      (await ok(service.app.get<{ assignment: object }>(`/v1/users/${user.id}/assignment`)))
        .assignment;
    expect(await placeOf()).toMatchObject({ state: 'needs-introduction' });
    const found = numbers.find((each) => each !== own) ?? '';
    await lose();
    await simulator.text(person, found, 'Is this you?');
    await simulator.advance(MINUTE);
    await loseNoMore();
    await repair();
    expect(await placeOf()).toMatchObject({ state: 'confirmed', line: { phoneNumber: found } });
    await expectEachCountedOnce();
  });

  it('brings receipts and failures that were lost', async () => {
    const { chatId } = await simulator.text(person, line, 'Hello');
    await simulator.advance(MINUTE);
    await lose('message.delivered');
    await linq.chats.messages.send(chatId, { message: text('One') });
    await simulator.advance(MINUTE);
    await lose();
    await ok(simulator.control.post('/faults', { kind: 'failed-message' }));
    await linq.chats.messages.send(chatId, { message: text('Two') });
    await simulator.advance(MINUTE);
    await loseNoMore();
    await repair();
    // By hand both were sent, under no hold; a card that the service sends meanwhile is another story.
    const rows = await database.query<{ status: string }>(
      `SELECT status FROM messages WHERE direction = 'out' AND send_id IS NULL ORDER BY at`,
    );
    expect(rows).toEqual([{ status: 'delivered' }, { status: 'failed' }]);
    await expectEachCountedOnce();
  });

  it('is the same whichever way the provider sorts its lists', async () => {
    await ok(simulator.control.post('/config', { listOrder: 'oldest-first' }));
    await simulator.text(person, line, 'Hello');
    await simulator.advance(MINUTE);
    await lose('message.received');
    const all = Array.from({ length: 105 }, (_, i) => i);
    await Promise.all(all.map((i) => simulator.text(person, line, `Number ${i}`)));
    await Promise.all([10, 11, 12].map((i) => simulator.text(personNumber(i), line, 'Hello')));
    await simulator.advance(MINUTE);
    await loseNoMore();
    expect(await repair()).toMatchObject({ events: 108 });
    await expectEachCountedOnce();
  });

  it('reads no more in a run than the provider can take, and goes on in the next', async () => {
    await lose('message.received');
    const all = Array.from({ length: 210 }, (_, i) => i);
    await Promise.all(
      all.map((i) => simulator.text(personNumber(i), numbers[i % 3] ?? '', 'Hello')),
    );
    await simulator.advance(MINUTE);
    await loseNoMore();
    const first = await repair();
    expect(first).toMatchObject({ stopped: 'budget', calls: 200 });
    expect(first.waiting).toBeGreaterThan(0);
    // The job comes round by itself.
    await simulator.advance(6 * MINUTE);
    await expectEachCountedOnce();
    const [row] = await database.query<{ open: number }>(
      `SELECT count(*)::int AS open FROM line_gaps WHERE suspected_at IS NOT NULL OR reading IS NOT NULL`,
    );
    expect(row).toEqual({ open: 0 });
  });

  it('waits when the provider turns it away, and loses nothing by that', async () => {
    await lose('message.received');
    await simulator.text(person, line, 'Hello');
    await simulator.advance(MINUTE);
    await loseNoMore();
    const busy = { kind: 'error', status: 429, path: '/v3/chats/*/messages', method: 'GET' };
    await ok(simulator.control.post('/faults', busy));
    expect(await repair()).toMatchObject({ events: 0, stopped: 'rate-limited' });
    await simulator.advance(6 * MINUTE);
    await expectEachCountedOnce();
  });

  it('is held up by no chat that cannot be read', async () => {
    await lose('message.received');
    const { chatId } = await simulator.text(person, line, 'Hello');
    await simulator.text(personNumber(2), line, 'Hello');
    await simulator.text(personNumber(3), other, 'Hello');
    await simulator.advance(MINUTE);
    await loseNoMore();
    const broken = { kind: 'error', status: 500, path: `/v3/chats/${chatId}/messages` };
    await ok(simulator.control.post('/faults', { ...broken, count: null }));
    const failing = { events: 2, read: 2, waiting: 1, stopped: 'unavailable' };
    expect(await repair()).toMatchObject(failing);
    await simulator.advance(HOUR, HOUR / 4);
    await loseNoMore();
    await simulator.advance(6 * MINUTE);
    await expectEachCountedOnce();
  });

  it('gives a chat up that can never be read, and goes on with what is newer', async () => {
    await lose('message.received');
    const { chatId } = await simulator.text(person, line, 'Hello');
    await simulator.advance(MINUTE);
    await loseNoMore();
    const broken = { kind: 'error', status: 500, path: `/v3/chats/${chatId}/messages` };
    await ok(simulator.control.post('/faults', { ...broken, count: null }));
    await repair();
    await simulator.advance(7 * HOUR, HOUR / 2);
    const open = await database.query('SELECT 1 FROM line_gaps WHERE suspected_at IS NOT NULL');
    expect(open).toHaveLength(0);
  });

  describe('begins by itself', () => {
    it('when the service was away for longer than the provider tries', async () => {
      await simulator.text(person, line, 'Hello');
      await simulator.advance(MINUTE);
      await service.stop();
      await simulator.text(person, line, 'Anybody?');
      await simulator.text(personNumber(2), other, 'STOP');
      await simulator.advance(2 * HOUR, HOUR / 4);
      service = await TestService.start(database, simulator);
      await simulator.advance(MINUTE);
      await expectEachCountedOnce();
      expect(await eventsOf('message.recovered')).toHaveLength(2);
      const causes = await database.query(
        `SELECT last_result FROM job_runs WHERE name = 'repair-gaps'`,
      );
      expect(causes).toMatchObject([{ last_result: { suspected: 3, read: 3, events: 3 } }]);
    });

    it('when the subscription had to be made anew', async () => {
      const { subscriptions } = await linq.webhookSubscriptions.list();
      await linq.webhookSubscriptions.delete(subscriptions[0]?.id ?? '');
      await simulator.text(person, line, 'Hello');
      await simulator.advance(11 * MINUTE);
      await expectEachCountedOnce();
    });

    it('when a delivery was turned away for good', async () => {
      await lose('message.received');
      await simulator.text(person, line, 'Hello');
      await simulator.advance(2 * HOUR, HOUR / 4);
      expect(await eventsOf('message.recovered')).toHaveLength(0);
      const signedLongAgo = {
        'webhook-id': 'event-1',
        'webhook-timestamp': String(Date.parse(START) / 1_000),
        'webhook-signature': 'v1,AAAA',
      };
      const answer = await new Http(service.url).send('POST', '/webhooks/linq/v3', '{}', {
        headers: signedLongAgo,
      });
      expect(answer.status).toBe(401);
      await simulator.advance(6 * MINUTE);
      await expectEachCountedOnce();
    });

    it('when a line that is never silent is silent', async () => {
      const [{ id } = { id: '' }] = await database.query<{ id: string }>(
        'SELECT id FROM lines WHERE phone_number = $1',
        [line],
      );
      await database.query(
        `INSERT INTO line_hours (line_id, hour, "in", out, started)
         SELECT $1, $2 + h - 24 * d, 10, 0, 0 FROM generate_series(1, 8) d, generate_series(-4, 4) h`,
        [id, Math.floor((await simulator.now()) / 3_600_000)],
      );
      await lose('message.received');
      await simulator.text(person, line, 'Hello');
      await simulator.advance(4 * HOUR, HOUR / 4);
      expect(await eventsOf('message.recovered')).toHaveLength(1);
    });

    it('once a day without any sign', async () => {
      await lose('message.received');
      await simulator.text(person, line, 'Hello');
      await database.query(`UPDATE line_gaps SET read_at = read_at - interval '23 hours'`);
      await database.query(
        `UPDATE webhook_subscriptions SET created_at = created_at - interval '1 day'`,
      );
      await simulator.advance(50 * MINUTE);
      expect(await eventsOf('message.recovered')).toHaveLength(0);
      await simulator.advance(20 * MINUTE);
      expect(await eventsOf('message.recovered')).toHaveLength(1);
      await expectEachCountedOnce();
    });
  });
});
