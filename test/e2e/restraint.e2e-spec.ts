import { expectEventsAsDocumented } from '../support/catalogued';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { lineNumbers, linesOf, raiseMatureFleet } from '../support/fleet';
import { ok } from '../support/http';
import { People } from '../support/people';
import { TestService } from '../support/service';
import { SignedWebhooks, TEST_SECRET } from '../support/signed-webhooks';
import { TestSimulator } from '../support/simulator';
import { WebhookCatcher } from '../support/webhook-catcher';

const MINUTE = 60;
const HOUR = 3_600;

interface User {
  readonly optedOut: boolean;
  readonly assignments: readonly { readonly lineId: string }[];
}

interface JobRun {
  readonly lastResult: Record<string, number>;
}

/** Whoever said stop is left alone, and whoever pressed the red button is obeyed, also when news comes late. */
describe('Restraint', () => {
  let database: TestDatabase;
  let simulator: TestSimulator;
  let service: TestService;
  let people: People;
  let catcher: WebhookCatcher | undefined;

  beforeEach(async () => {
    [database, simulator] = await Promise.all([
      createTestDatabase(),
      TestSimulator.start({ lines: lineNumbers(3), start: '2026-03-02T10:00:00.000Z' }),
    ]);
    service = await TestService.start(database, simulator, { webhookSecrets: [TEST_SECRET] });
    people = new People(service, simulator);
    await raiseMatureFleet(service);
  });

  afterEach(async () => {
    await expectEventsAsDocumented(database);
    await catcher?.stop();
    catcher = undefined;
    await service.stop();
    await simulator.stop();
    await database.drop();
  });

  async function join() {
    const person = await people.join(4);
    if (!person) throw new Error('No room');
    return person;
  }

  const userOf = (id: string): Promise<User> => ok(service.app.get<User>(`/v1/users/${id}`));
  const suppressedAt = async (userId: string): Promise<number | undefined> => {
    const [row] = await database.query<{ suppressed_at: Date }>(
      'SELECT suppressed_at FROM suppressions WHERE user_id = $1',
      [userId],
    );
    return row?.suppressed_at.getTime();
  };
  const run = (job: string): Promise<JobRun> =>
    ok(service.admin.post<JobRun>(`/v1/admin/jobs/${job}/run`, {}));
  const press = (button: 'freeze' | 'unfreeze'): Promise<unknown> =>
    ok(service.admin.post(`/v1/admin/fleet/${button}`, { reason: 'an alarm' }));

  /** A person who has written once, and a way to let words of theirs come in that were written at any time. */
  async function somebodyWhoWrites() {
    const caught = await WebhookCatcher.start(simulator, ['message.received']);
    catcher = caught;
    const webhooks = new SignedWebhooks(service, simulator);
    const person = await join();
    let written = 0;
    const write = async (text: string, sentAt: number): Promise<void> => {
      written += 1;
      const data = {
        id: `message-${written}`,
        sent_at: new Date(sentAt).toISOString(),
        parts: [{ type: 'text', value: text }],
      };
      const like = caught.deliveries[0]?.body ?? '';
      await webhooks.deliver(webhooks.variant(like, { data }));
      await simulator.advance(MINUTE);
    };
    await people.write([person]);
    await simulator.advance(10 * MINUTE);
    return { person, write, now: await simulator.now() };
  }

  it('does not let an older START, come late, lift a newer STOP', async () => {
    const { person, write, now } = await somebodyWhoWrites();
    await write('STOP', now - 60_000);
    await write('START', now - 120_000);
    expect(await suppressedAt(person.userId)).toBe(now - 60_000);
    expect((await userOf(person.userId)).optedOut).toBe(true);
    await write('START', now);
    expect((await userOf(person.userId)).optedOut).toBe(false);
  });

  it('does not let an older STOP, come late, silence who has said START since', async () => {
    const { person, write, now } = await somebodyWhoWrites();
    await write('START', now - 60_000);
    await write('STOP', now - 120_000);
    expect((await userOf(person.userId)).optedOut).toBe(false);
    expect((await people.send(person, 'reply')).decision).toBe('send');
    await write('STOP', now);
    expect((await userOf(person.userId)).optedOut).toBe(true);
  });

  it('does not let a STOP from before silence whom the app has asked again', async () => {
    const { person, write, now } = await somebodyWhoWrites();
    await ok(service.app.post(`/v1/users/${person.userId}/opt-in`));
    await write('STOP', now - MINUTE * 1_000);
    expect((await userOf(person.userId)).optedOut).toBe(false);
  });

  it('answers what a person wrote after a STOP that comes late', async () => {
    const { person, write, now } = await somebodyWhoWrites();
    await write('What about my order?', now);
    await write('STOP', now - 60_000);
    expect((await userOf(person.userId)).optedOut).toBe(true);
    expect((await people.send(person, 'reply')).decision).toBe('send');
    expect((await people.send(person, 'proactive')).decision).toBe('refuse');
  });

  it('leaves whom the provider holds for opted out alone on every line, also after a failover', async () => {
    const caught = await WebhookCatcher.start(simulator, ['message.received']);
    catcher = caught;
    const webhooks = new SignedWebhooks(service, simulator);
    const person = await join();
    await people.write([person]);
    await simulator.advance(MINUTE);
    const like = caught.deliveries[0]?.body ?? '';
    const { chat } = (JSON.parse(like) as { data: { chat: object } }).data;
    const tell = async (id: string, at: number): Promise<void> => {
      const since = new Date(at).toISOString();
      const health_status = { status: 'OPTED_OUT', doc_url: '-', updated_at: since };
      // Ordinary words: only the provider says that the person wants to be left alone.
      const data = { id, sent_at: since, chat: { ...chat, health_status } };
      await webhooks.deliver(webhooks.variant(like, { data }));
      await simulator.advance(MINUTE);
    };
    const optedOutAt = await simulator.now();
    await tell('message-opted-out', optedOutAt);
    expect(await suppressedAt(person.userId)).toBe(optedOutAt);
    const [row] = await database.query<{ source: string }>('SELECT source FROM suppressions');
    expect(row?.source).toBe('provider');

    const own = (await linesOf(service)).find((each) => each.phoneNumber === person.writesTo);
    await ok(simulator.control.post(`/lines/${own?.phoneNumber}/status`, { status: 'FLAGGED' }));
    await simulator.advance(10 * MINUTE, MINUTE);
    const moved = (await userOf(person.userId)).assignments[0]?.lineId;
    expect(moved).not.toBe(own?.id);
    for (const kind of ['reply', 'proactive'] as const)
      expect((await people.send(person, kind)).decision).toBe('refuse');
    // What the list of suppressions has lost, the threads still tell.
    await database.query('DELETE FROM suppressions');
    const refused = await people.send(person, 'proactive');
    expect(refused.decision).toBe('refuse');
    expect(refused.reasons.at(-1)?.code).toBe('chat-opted-out');

    const other = (await linesOf(service)).find(({ id }) => id === moved);
    await simulator.text(person.handle, other?.phoneNumber ?? '', 'START');
    await simulator.advance(MINUTE);
    expect(await people.send(person, 'reply')).toMatchObject({
      decision: 'send',
      line: { id: moved },
    });
    // News from before that comes late changes nothing any more.
    await tell('message-of-before', optedOutAt + 1);
    expect((await userOf(person.userId)).optedOut).toBe(false);
    expect((await people.send(person, 'proactive')).decision).not.toBe('refuse');
  });

  it('heeds an opt-out that only the delivery of our own message tells of', async () => {
    const caught = await WebhookCatcher.start(simulator, ['message.delivered']);
    catcher = caught;
    const webhooks = new SignedWebhooks(service, simulator);
    const person = await join();
    await people.write([person]);
    await simulator.advance(MINUTE);
    await people.send(person, 'reply');
    await simulator.advance(MINUTE);
    const like = caught.deliveries[0]?.body ?? '';
    const { chat } = (JSON.parse(like) as { data: { chat: object } }).data;
    const updated_at = new Date(await simulator.now()).toISOString();
    const health_status = { status: 'OPTED_OUT', doc_url: '-', updated_at };
    await webhooks.deliver(webhooks.variant(like, { data: { chat: { ...chat, health_status } } }));
    await simulator.advance(MINUTE);
    expect(await suppressedAt(person.userId)).toBe(Date.parse(updated_at));
    expect((await people.send(person, 'reply')).decision).toBe('refuse');
  });

  it('shares no card with somebody who said stop, nor from a line that must rest', async () => {
    const [stopped, resting, other] = [await join(), await join(), await join()];
    expect(new Set([stopped, resting, other].map(({ writesTo }) => writesTo)).size).toBe(3);
    // Until then nothing is shared by the schedule.
    await ok(
      service.admin.put('/v1/admin/actuators', {
        actuators: { share: 'observe' },
        reason: 'a test',
      }),
    );
    await people.write(people.all);
    await simulator.advance(1);
    for (const person of people.all) await people.send(person, 'reply');
    await people.write([stopped], 'STOP');
    await simulator.advance(1);
    const line = (await linesOf(service)).find((each) => each.phoneNumber === resting.writesTo);
    await ok(
      service.admin.post(`/v1/admin/lines/${line?.id}/maintenance`, { reason: 'it must rest' }),
    );
    await ok(
      service.admin.put('/v1/admin/actuators', { actuators: { share: 'auto' }, reason: 'a test' }),
    );
    await press('freeze');
    expect((await run('share-contact-cards')).lastResult).toEqual({ shared: 0, failed: 0 });
    await press('unfreeze');
    expect((await run('share-contact-cards')).lastResult).toEqual({ shared: 1, failed: 0 });
  });

  it('moves nobody while frozen, and goes on afterwards', async () => {
    const person = await join();
    await people.write([person]);
    await simulator.advance(MINUTE);
    const lines = await linesOf(service);
    const own = lines.find((each) => each.phoneNumber === person.writesTo);
    const other = lines.find((each) => each.phoneNumber !== person.writesTo);
    const lineNow = async (): Promise<string | undefined> =>
      (await userOf(person.userId)).assignments[0]?.lineId;

    await press('freeze');
    await ok(
      service.admin.post(`/v1/admin/lines/${own?.id}/mark-flagged`, { reason: 'it was flagged' }),
    );
    // Writing to another line of ours would pull them there.
    await simulator.text(person.handle, other?.phoneNumber ?? '', 'Are you there?');
    await simulator.advance(HOUR);
    await run('run-failovers');
    expect(await lineNow()).toBe(own?.id);

    await press('unfreeze');
    await run('run-failovers');
    expect(await lineNow()).not.toBe(own?.id);
    const { data } = await ok(
      service.admin.get<{ data: { state: string }[] }>('/v1/admin/failovers'),
    );
    expect(data.map(({ state }) => state)).toEqual(['completed']);
  });

  it('runs no job while another run of it goes on, its own included', async () => {
    await database.query(
      `INSERT INTO leases (name, token, holder, expires_at) VALUES ('rebalance', 1, $1, $2)`,
      [`test-${new URL(service.url).port}`, new Date((await simulator.now()) + HOUR * 1_000)],
    );
    const refused = await service.admin.post<{ code: string }>('/v1/admin/jobs/rebalance/run', {});
    expect({ status: refused.status, code: refused.body.code }).toEqual({
      status: 409,
      code: 'job.running',
    });
    await database.query(`DELETE FROM leases WHERE name = 'rebalance'`);
    await run('rebalance');
  });
});
