import { createHmac } from 'node:crypto';
import type { LinqAPIV3 } from '@linqapp/sdk';
import { expectBooksToAgree } from '../support/books';
import { createTestDatabase, type TestDatabase } from '../support/database';
import {
  lineNumbers,
  linesOf,
  type Onboarded,
  onboard,
  personNumber,
  type Problem,
  type SendAnswer,
} from '../support/fleet';
import { Http, ok } from '../support/http';
import { TestService } from '../support/service';
import { SignedWebhooks, TEST_SECRET } from '../support/signed-webhooks';
import { TestSimulator } from '../support/simulator';
import { V2Http } from '../support/v2';
import { sdkOf } from '../support/webhook-catcher';

const START = '2026-03-02T10:30:00.000Z';
const MINUTE = 60;
const HOUR = 60 * MINUTE;

const OPEN = `SELECT count(*)::int AS value FROM sends WHERE state = 'open'`;

interface Sent {
  readonly chatId: string;
  readonly messageId: string;
}

/** One pool, one service, three lines of which the first speaks V2: each test goes on where the one before stopped. */
describe('A fleet of both versions', () => {
  let database: TestDatabase;
  let simulator: TestSimulator;
  let service: TestService;
  let linq: LinqAPIV3;
  let v2: V2Http;
  const numbers = lineNumbers(3);
  const [legacy = '', modern = ''] = numbers;
  let people = 0;

  beforeAll(async () => {
    [database, simulator] = await Promise.all([
      createTestDatabase(),
      TestSimulator.start({ lines: numbers, start: START }),
    ]);
    await speak('v2');
    // A secret from outside for what the test signs itself; the subscriptions are the service's own.
    service = await TestService.start(database, simulator, { webhookSecrets: [TEST_SECRET] });
    linq = sdkOf(simulator);
    v2 = new V2Http(simulator);
    const mature = { start: 'mature', carriedPerDay: 3_000, reason: 'a test' };
    const first = { ...mature, phoneNumber: legacy, apiVersion: 'v2' };
    await ok(service.admin.post('/v1/admin/lines', first));
    await ok(service.admin.post('/v1/admin/lines/import', mature));
    await run('poll-lines');
    await simulator.advance(MINUTE);
  });

  afterEach(() => expectEachCountedOnce());

  afterAll(async () => {
    await service.stop();
    await simulator.stop();
    await database.drop();
  });

  const run = async (job: string): Promise<Record<string, unknown>> => {
    const path = `/v1/admin/jobs/${job}/run`;
    const answer = await ok(
      service.admin.post<{ lastError: string | null; lastResult: Record<string, unknown> }>(path, {
        reason: 'a test',
      }),
    );
    expect(answer.lastError).toBeNull();
    return answer.lastResult;
  };
  const speak = (version: 'v2' | 'v3'): Promise<unknown> =>
    ok(simulator.control.post(`/lines/${legacy}/version`, { version }));
  const faulty = (fault: object): Promise<unknown> =>
    ok(simulator.control.post('/faults', { count: null, ...fault }));
  const faultless = (): Promise<unknown> => ok(simulator.control.delete('/faults'));
  const next = (): string => personNumber((people += 1));
  const lineBy = async (number: string) =>
    (await linesOf(service)).find(({ phoneNumber }) => phoneNumber === number)!;

  /** Somebody whose place is on that line; the others who were placed on the way never write. */
  async function joinOn(number: string): Promise<{ handle: string; id: string }> {
    for (let i = 0; i < 12; i += 1) {
      const handle = next();
      const { user, assignment }: Onboarded = await onboard(service, handle);
      if (assignment.line.phoneNumber === number) return { handle, id: user.id };
    }
    throw new Error('Nobody was placed there');
  }

  const gate = (userId: string, more: object = {}): Promise<SendAnswer & Version> =>
    ok(service.app.post<SendAnswer & Version>('/v1/sends', { userId, ...more }));
  interface Version {
    readonly line?: { readonly apiVersion: string };
  }

  /** Over V2, as an app does that was told so. */
  async function sendOnV2(answer: SendAnswer, to: string, text: string): Promise<Sent> {
    const message = { text, idempotency_key: answer.idempotencyKey };
    if (answer.chatId !== undefined) {
      const path = `/chats/${answer.chatId}/chat_messages`;
      const { data } = await ok(v2.post<{ data: { id: number } }>(path, { message }));
      return { chatId: answer.chatId, messageId: String(data.id) };
    }
    const body = { send_from: legacy, chat: { phone_numbers: [to] }, message };
    const { data } = await ok(
      v2.post<{ data: { id: number; chat_messages: { id: number } } }>('/chats', body),
    );
    return { chatId: String(data.id), messageId: String(data.chat_messages.id) };
  }

  const one = async (query: string, values: unknown[]): Promise<unknown> =>
    (await database.query<{ value: unknown }>(query, values))[0]?.value;
  const stateOf = (id: string | undefined): Promise<unknown> =>
    one('SELECT state AS value FROM sends WHERE id = $1', [id]);
  const statusOf = ({ chatId, messageId }: Sent): Promise<unknown> =>
    one('SELECT status AS value FROM messages WHERE id = $1', [`${chatId}/${messageId}`]);

  /** Until nothing that came in waits to be processed, for a few seconds of the virtual clock at most. */
  async function settled(): Promise<void> {
    const pending = `SELECT count(*)::int AS value FROM inbox_events WHERE state = 'pending'`;
    for (let tries = 0; tries < 30 && (await one(pending, [])) !== 0; tries += 1) {
      await simulator.advance(1);
    }
  }

  /** As many messages as there are: no row and no count too many. */
  async function expectEachCountedOnce(): Promise<void> {
    await settled();
    const books = await simulator.books();
    if (books.length > 0) await expectBooksToAgree(service, simulator);
    const [row] = await database.query(
      `SELECT (SELECT count(*)::int FROM messages) AS messages,
        (SELECT coalesce(sum("in" + out), 0)::int FROM line_hours) AS counted,
        (SELECT count(*)::int FROM inbox_events WHERE state = 'dead') AS dead`,
    );
    expect(row).toEqual({ messages: books.length, counted: books.length, dead: 0 });
  }

  it('knows of each line what it speaks, and is told by both versions', async () => {
    const spoken = (await linesOf(service)).map(({ apiVersion }) => apiVersion);
    expect(spoken).toEqual(['v2', 'v3', 'v3']);
    const { webhook_subscriptions: made } = await ok(
      v2.get<{ webhook_subscriptions: object[] }>('/webhook_subscriptions'),
    );
    expect(made).toMatchObject([
      { webhook_url: `${service.url}/webhooks/linq/v2`, secret_configured: true },
    ]);
    expect(await run('poll-lines')).toMatchObject({
      ...{ subscription: 'kept', subscriptionOnV2: 'kept', listed: 3, appeared: 0, vanished: 0 },
    });
    const ids = await database.query<{ id: string }>(
      'SELECT provider_line_id AS id FROM lines ORDER BY phone_number',
    );
    expect(ids.map(({ id }) => /^\d+$/.test(id))).toEqual([true, false, false]);
  });

  it('hears people on lines of both, and whoever says stop on V2', async () => {
    const ann = await joinOn(legacy);
    const bob = await joinOn(modern);
    await simulator.text(ann.handle, legacy, 'Hello');
    await simulator.text(bob.handle, modern, 'Hello');
    await simulator.text(next(), legacy, 'Who is this?');
    await simulator.advance(MINUTE);
    expect(await gate(ann.id)).toMatchObject({ decision: 'send', line: { apiVersion: 'v2' } });
    expect(await gate(bob.id)).toMatchObject({ decision: 'send', line: { apiVersion: 'v3' } });
    await simulator.text(ann.handle, legacy, 'STOP');
    await simulator.advance(MINUTE);
    expect((await gate(ann.id, { class: 'proactive' })).decision).toBe('refuse');
  });

  it('sends from a line of V2: the webhook settles the hold, and asking tells the end', async () => {
    const { handle, id } = await joinOn(legacy);
    await simulator.text(handle, legacy, 'Hello');
    await simulator.advance(MINUTE);
    const answer = await gate(id);
    expect(answer).toMatchObject({ decision: 'send', chatId: expect.stringMatching(/^\d+$/) });
    const sent = await sendOnV2(answer, handle, 'Hi');
    await simulator.advance(1);
    expect(await stateOf(answer.reservationId)).toBe('settled');
    expect(await statusOf(sent)).toBe('sent');
    await simulator.advance(2 * MINUTE);
    expect(await run('ask-outcomes')).toMatchObject({ known: expect.any(Number), stopped: null });
    await simulator.advance(MINUTE);
    expect(await statusOf(sent)).toBe('delivered');
    expect(await database.query('SELECT 1 FROM open_outcomes')).toEqual([]);
  });

  it('counts what an app reports with the ids of V2 once, whichever comes first', async () => {
    const { handle, id } = await joinOn(legacy);
    await simulator.text(handle, legacy, 'Hello');
    await simulator.advance(MINUTE);
    const late = { kind: 'late-webhook', line: legacy, seconds: 10 * MINUTE };
    await faulty(late);
    const answer = await gate(id);
    const sent = await sendOnV2(answer, handle, 'Hi');
    const settled = await ok(
      service.app.post<{ state: string }>(`/v1/sends/${answer.reservationId}/settle`, {
        ...{ outcome: 'accepted', ...sent },
      }),
    );
    expect(settled.state).toBe('settled');
    await faultless();
    await expectEachCountedOnce();
    await simulator.advance(11 * MINUTE);
    expect(await statusOf(sent)).not.toBe('accepted');
  });

  it('learns by asking that a message failed', async () => {
    const { handle, id } = await joinOn(legacy);
    await simulator.text(handle, legacy, 'Hello');
    await simulator.advance(MINUTE);
    await faulty({ kind: 'failed-message', line: legacy, count: 1, code: 4001 });
    const answer = await gate(id);
    const sent = await sendOnV2(answer, handle, 'Hi');
    // No webhook comes of a message that never left: the app alone knows of it.
    await ok(
      service.app.post(`/v1/sends/${answer.reservationId}/settle`, {
        ...{ outcome: 'accepted', ...sent },
      }),
    );
    await simulator.advance(5 * MINUTE, MINUTE);
    await run('ask-outcomes');
    await simulator.advance(1);
    expect(await statusOf(sent)).toBe('failed');
  });

  it('reads back what was lost, and adds nothing when it comes after all', async () => {
    const { handle, id } = await joinOn(legacy);
    await simulator.text(handle, legacy, 'Hello');
    await simulator.advance(MINUTE);
    await faulty({ kind: 'lost-webhook', line: legacy });
    const sent = await sendOnV2(await gate(id), handle, 'Hi');
    await simulator.text(handle, legacy, 'STOP');
    await simulator.text(next(), legacy, 'A stranger');
    // What is told of our message comes a moment after it has left, and is to be lost as well.
    await simulator.advance(5);
    await faultless();
    await faulty({ kind: 'late-webhook', line: legacy, seconds: 20 * MINUTE });
    await simulator.text(handle, legacy, 'Late');
    await simulator.advance(MINUTE);
    await faultless();
    const count = 'SELECT count(*)::int AS value FROM messages';
    const before = Number(await one(count, []));
    const report = await run('repair-gaps');
    // Ours, the stop, the late one, the stranger's with their thread.
    expect(report).toMatchObject({ suspected: 3, read: 3, events: 5, stopped: null });
    await settled();
    expect(await one(count, [])).toBe(before + 4);
    expect(await statusOf(sent)).toBe('delivered');
    expect((await gate(id, { class: 'proactive' })).decision).toBe('refuse');
    await expectEachCountedOnce();
    await simulator.advance(25 * MINUTE, MINUTE);
    expect(await run('repair-gaps')).toMatchObject({ events: 0 });
  });

  it('finds within about an hour what was lost, without a sign and without being asked', async () => {
    const { handle } = await joinOn(legacy);
    await simulator.text(handle, legacy, 'Hello');
    await simulator.advance(MINUTE);
    await faulty({ kind: 'lost-webhook', line: legacy });
    await simulator.text(handle, legacy, 'Are you there?');
    await faultless();
    const before = Number(await one('SELECT count(*)::int AS value FROM messages', []));
    await simulator.advance(75 * MINUTE, 5 * MINUTE);
    expect(await one('SELECT count(*)::int AS value FROM messages', [])).toBe(before + 1);
  });

  it('counts no message that the other version tells of too, and heeds a stop in it', async () => {
    const { handle, id } = await joinOn(legacy);
    await simulator.text(handle, legacy, 'Hello');
    await simulator.advance(MINUTE);
    const inbound = (text: string, at: number) => ({
      ...{ api_version: 'v3', webhook_version: '2026-02-03', event_type: 'message.received' },
      ...{ event_id: `evt-${text}`, created_at: new Date(at).toISOString() },
      data: {
        ...{ id: '6e2d3c8e-0a5c-4b0e-8f3b-7f7b4a1c0002', direction: 'inbound' },
        chat: {
          ...{ id: '6e2d3c8e-0a5c-4b0e-8f3b-7f7b4a1c0001', is_group: false },
          owner_handle: { handle: legacy, is_me: true },
        },
        ...{ sender_handle: { handle, is_me: false }, parts: [{ type: 'text', value: text }] },
        sent_at: new Date(at).toISOString(),
      },
    });
    const webhooks = new SignedWebhooks(service, simulator);
    for (const text of ['Hello', 'STOP']) {
      const body = JSON.stringify(inbound(text, await simulator.now()));
      expect((await webhooks.deliver(body)).status).toBe(202);
    }
    await simulator.advance(MINUTE);
    await expectEachCountedOnce();
    expect((await gate(id, { class: 'proactive' })).decision).toBe('refuse');
  });

  it('counts each message once, whoever tells of it at the same time', async () => {
    const openBefore = await one(OPEN, []);
    const crowd = [await joinOn(legacy), await joinOn(legacy), await joinOn(modern)];
    for (const [i, { handle }] of crowd.entries()) {
      await simulator.text(handle, i === 2 ? modern : legacy, 'Hello');
    }
    await simulator.advance(MINUTE);
    await faulty({ kind: 'doubled-webhook', afterSeconds: 90 });
    await faulty({ kind: 'lost-webhook', line: legacy, count: 3 });
    const talk = async ({ handle, id }: { handle: string; id: string }): Promise<void> => {
      const answer = await gate(id);
      if (answer.line?.apiVersion !== 'v2') return;
      const sent = await sendOnV2(answer, handle, 'Hi');
      const path = `/v1/sends/${answer.reservationId}/settle`;
      const outcome = { outcome: 'accepted', ...sent };
      const told = [1, 2].map(() => ok(service.app.post<{ state: string }>(path, outcome)));
      for (const { state } of await Promise.all(told)) expect(state).toBe('settled');
    };
    for (let round = 0; round < 3; round += 1) {
      await Promise.all([
        ...crowd.map(talk),
        ...crowd.map(({ handle }, i) => simulator.text(handle, i === 2 ? modern : legacy, 'More')),
        service.admin.post('/v1/admin/jobs/repair-gaps/run', { reason: 'a test' }),
        service.admin.post('/v1/admin/jobs/ask-outcomes/run', { reason: 'a test' }),
      ]);
      await simulator.advance(MINUTE);
    }
    await faultless();
    await simulator.advance(2 * MINUTE, MINUTE);
    await run('repair-gaps');
    await simulator.advance(MINUTE);
    // Bob was let write on V3 three times, and nobody sent that.
    expect(await one(OPEN, [])).toBe(Number(openBefore) + 3);
  });

  it('changes the secrets of both versions and goes on hearing them', async () => {
    const idsOf = async (): Promise<unknown> =>
      (await ok(v2.get<{ webhook_subscriptions: { id: number }[] }>('/webhook_subscriptions')))
        .webhook_subscriptions;
    const before = await idsOf();
    const rotated = await ok(
      service.admin.post<{ renewed: boolean }>('/v1/admin/inbox/rotate-secret', { reason: 'due' }),
    );
    expect(rotated.renewed).toBe(true);
    expect(await idsOf()).toHaveLength(1);
    expect(await idsOf()).not.toEqual(before);
    await simulator.text(next(), legacy, 'Hello');
    await simulator.text(next(), modern, 'Hello');
    await simulator.advance(MINUTE);
    expect(await run('poll-lines')).toMatchObject({
      subscription: 'kept',
      subscriptionOnV2: 'kept',
    });
  });

  it('believes no delivery that is not signed with the secret of V2', async () => {
    const body = JSON.stringify({ api_version: 'v2', event_id: 'x', event_type: 'x', data: {} });
    const hex = createHmac('sha256', TEST_SECRET).update(body).digest('hex');
    for (const headers of [{}, { 'x-webhook-signature': `sha256=${hex}` }]) {
      const answer = await new Http(service.url).send<Problem>('POST', '/webhooks/linq/v2', body, {
        headers,
      });
      expect([answer.status, answer.body.code]).toEqual([401, 'webhook.signature']);
    }
    expect(await database.query(`SELECT 1 FROM inbox_events WHERE event_id = 'v2:x'`)).toEqual([]);
  });

  it('takes a line from V2 to V3 with its people, each message counted in one of them', async () => {
    const { handle, id } = await joinOn(legacy);
    await simulator.text(handle, legacy, 'Hello');
    await simulator.advance(MINUTE);
    const before = await gate(id);
    expect(before.chatId).toMatch(/^\d+$/);
    const line = await lineBy(legacy);
    const change = { apiVersion: 'v3', reason: 'Linq has moved the line' };
    await ok(service.admin.patch(`/v1/admin/lines/${line.id}`, change));
    await speak('v3');
    const audited = await database.query(
      `SELECT reason, change FROM audit WHERE subject_id = $1 AND action = 'line.edit'`,
      [line.id],
    );
    expect(audited).toMatchObject([
      { reason: change.reason, change: { from: { apiVersion: 'v2' }, to: { apiVersion: 'v3' } } },
    ]);
    // The thread is no new conversation, and yet the one into which V2 would write is not told.
    const { chatId, newConversation, line: told } = await gate(id);
    expect([chatId, newConversation, told?.apiVersion]).toEqual([undefined, false, 'v3']);
    await simulator.advance(MINUTE);
    await simulator.text(handle, legacy, 'Still there?');
    await simulator.advance(MINUTE);
    const answer = await gate(id);
    expect(answer.chatId).toMatch(/-/);
    const parts = [{ type: 'text' as const, value: 'Yes' }];
    const message = { parts, idempotency_key: answer.idempotencyKey ?? '' };
    await linq.chats.messages.send(answer.chatId ?? '', { message });
    await simulator.advance(MINUTE);
    expect(await stateOf(answer.reservationId)).toBe('settled');
    await run('repair-gaps');
    await simulator.advance(MINUTE);
    await expectEachCountedOnce();
    // And back again.
    await ok(service.admin.patch(`/v1/admin/lines/${line.id}`, { ...change, apiVersion: 'v2' }));
    await speak('v2');
    await simulator.advance(HOUR, 5 * MINUTE);
  });

  it('fails over the people of a line of V2 that an operator marks as flagged', async () => {
    const { handle, id } = await joinOn(legacy);
    await simulator.text(handle, legacy, 'Hello');
    await simulator.advance(MINUTE);
    const { contactCard } = await onboard(service, handle);
    await ok(
      service.app.post(`/v1/users/${id}/contact-card/sent`, {
        ...{ version: contactCard.version, channel: 'chat' },
      }),
    );
    const line = await lineBy(legacy);
    await ok(service.admin.post(`/v1/admin/lines/${line.id}/mark-flagged`, { reason: 'a test' }));
    await simulator.advance(10 * MINUTE, MINUTE);
    const place = await ok(
      service.app.get<{ assignment: { line: { phoneNumber: string } } }>(
        `/v1/users/${id}/assignment`,
      ),
    );
    expect(place.assignment.line.phoneNumber).not.toBe(legacy);
    expect(numbers).toContain(place.assignment.line.phoneNumber);
  });
});
