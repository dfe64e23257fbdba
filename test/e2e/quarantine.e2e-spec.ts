import { BudgetLedger, type QuarantineBounds, UnitOfWork } from '@linekeeper/application';
import { Webhook } from 'standardwebhooks';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { lineNumbers, type Problem, personNumber, raiseMatureFleet } from '../support/fleet';
import { type Answer, Http, ok } from '../support/http';
import { SECRETS_KEY, TestService } from '../support/service';
import { TestSimulator } from '../support/simulator';
import { TEST_SECRET } from '../support/signed-webhooks';
import { WebhookCatcher } from '../support/webhook-catcher';

interface InboxAnswer {
  readonly dead: number;
  readonly rejectedSinceStart: number;
  readonly quarantined: { readonly count: number; readonly bytes: number };
}

const STRANGERS_SECRET = `whsec_${Buffer.from('a secret that is nobody of ours').toString('base64')}`;

const OLD_SECRET = `whsec_${Buffer.from('a secret that is replaced soon').toString('base64')}`;

/** Deliveries that nobody can verify yet are kept and asked for again, and no secret is kept in clear. */
describe('Webhook secrets on their way', () => {
  let database: TestDatabase;
  let simulator: TestSimulator;
  let service: TestService;
  let catcher: WebhookCatcher;
  let sample: string;

  beforeAll(async () => {
    [database, simulator] = await Promise.all([
      createTestDatabase(),
      TestSimulator.start({ lines: lineNumbers(3) }),
    ]);
    catcher = await WebhookCatcher.start(simulator, ['message.received']);
    await simulator.text(personNumber(1), lineNumbers(1)[0] ?? '', 'Hello');
    await simulator.advance(60);
    sample = catcher.deliveries[0]?.body ?? '';
    service = await TestService.start(database, simulator);
    await raiseMatureFleet(service);
  });

  afterAll(async () => {
    await catcher.stop();
    await service.stop();
    await simulator.stop();
    await database.drop();
  });

  let made = 0;

  /** A message of its own, as if from the provider, which `secret` signs. */
  async function deliver(
    secret: string,
    id = `evt-of-the-quarantine-${(made += 1)}`,
  ): Promise<Answer<Problem>> {
    const event = JSON.parse(sample) as { data: { id?: string } };
    const data = { ...event.data, id: `msg-${id}` };
    const body = JSON.stringify({ ...event, event_id: id, data });
    const now = await simulator.now();
    return new Http(service.url).send('POST', '/webhooks/linq/v3', body, {
      headers: {
        'webhook-id': id,
        'webhook-timestamp': String(Math.floor(now / 1_000)),
        'webhook-signature': new Webhook(secret).sign(id, new Date(now), body),
      },
    });
  }

  const told = ({ status, body }: Answer<Problem>) => ({ status, code: body.code });
  const RETRY = { status: 503, code: 'webhook.unavailable' };
  const FINAL = { status: 401, code: 'webhook.signature' };
  const inbox = (): Promise<InboxAnswer> => ok(service.admin.get<InboxAnswer>('/v1/admin/inbox'));
  const stored = (id: string) =>
    database.query<{ state: string }>(`SELECT state FROM inbox_events WHERE event_id = $1`, [id]);
  const secrets = async (): Promise<string[]> =>
    (
      await database.query<{ secret: string }>(
        'SELECT secret FROM webhook_subscriptions WHERE retired_at IS NULL',
      )
    ).map(({ secret }) => secret);

  it('before the first one has held, asks for them again and keeps each once', async () => {
    expect(told(await deliver(STRANGERS_SECRET, 'early'))).toEqual(RETRY);
    expect(told(await deliver(STRANGERS_SECRET, 'early'))).toEqual(RETRY);
    const { quarantined, rejectedSinceStart } = await inbox();
    expect(quarantined).toMatchObject({ count: 1 });
    expect(quarantined.bytes).toBeGreaterThan(100);
    expect(rejectedSinceStart).toBe(0);
    expect(await stored('early')).toEqual([]);
  });

  it('refuses at once what no secret could ever make good', async () => {
    const answer = await new Http(service.url).send<Problem>('POST', '/webhooks/linq/v3', sample);
    expect(told(answer)).toEqual(FINAL);
    expect((await inbox()).quarantined.count).toBe(1);
  });

  it('after the first one has held, refuses for good and counts', async () => {
    await simulator.text(personNumber(2), lineNumbers(1)[0] ?? '', 'Hello');
    await simulator.advance(60);
    const { rejectedSinceStart, quarantined } = await inbox();
    expect(told(await deliver(STRANGERS_SECRET))).toEqual(FINAL);
    expect(await inbox()).toMatchObject({
      rejectedSinceStart: rejectedSinceStart + 1,
      quarantined,
    });
  });

  it('takes them in, once, when their secret is known', async () => {
    await service.stop();
    service = await TestService.start(database, simulator, {
      webhookSecrets: [STRANGERS_SECRET],
    });
    await simulator.advance(301);
    expect((await inbox()).quarantined.count).toBe(0);
    expect(await stored('early')).toEqual([{ state: 'done' }]);
    const counted = await database.query(`SELECT 1 FROM messages WHERE id = 'msg-early'`);
    expect(counted).toHaveLength(1);
    // The provider has not given up either: that is a repetition like any other.
    expect((await deliver(STRANGERS_SECRET, 'early')).status).toBe(202);
    await simulator.advance(60);
    expect(await stored('early')).toHaveLength(1);
  });

  it('forgets after a day what no secret has made good', async () => {
    await database.query(`UPDATE environment SET webhook_rotation_until = $1`, [
      new Date((await simulator.now()) + 3_600_000),
    ]);
    expect(told(await deliver(TEST_SECRET, 'forged'))).toEqual(RETRY);
    expect((await inbox()).quarantined.count).toBe(1);
    await simulator.advance(86_400 + 301, 6 * 3_600);
    expect((await inbox()).quarantined.count).toBe(0);
    expect(await stored('forged')).toEqual([]);
    expect(told(await deliver(TEST_SECRET, 'forged'))).toEqual(FINAL);
  });

  it('replaces the secret of our own subscription without losing what is on its way', async () => {
    const before = await database.query<{ id: string }>(SUBSCRIPTIONS);
    await database.query(`UPDATE webhook_subscriptions SET secret = $1 WHERE retired_at IS NULL`, [
      OLD_SECRET,
    ]);
    expect((await deliver(OLD_SECRET)).status).toBe(202);
    const answer = await ok(
      service.admin.post<object>('/v1/admin/inbox/rotate-secret', { reason: 'it leaked' }),
    );
    expect(answer).toEqual({ renewed: true, quarantineUntil: null });
    const after = await database.query<{ id: string }>(SUBSCRIPTIONS);
    expect(after).toHaveLength(1);
    expect(after).not.toEqual(before);
    expect((await deliver(OLD_SECRET)).status).toBe(202);
    // Nobody knows yet whether the new one holds.
    expect(told(await deliver(TEST_SECRET))).toEqual(RETRY);
    await simulator.text(personNumber(3), lineNumbers(1)[0] ?? '', 'Hello');
    await simulator.advance(60);
    const { data } = await ok(
      service.app.get<{ data: unknown[] }>(`/v1/users?handle=%2B14155550003`),
    );
    expect(data).toHaveLength(1);
    expect(told(await deliver(TEST_SECRET))).toEqual(FINAL);
    await simulator.advance(33 * 60);
    expect((await deliver(OLD_SECRET)).status).toBe(202);
    await simulator.advance(6 * 60);
    expect(told(await deliver(OLD_SECRET))).toEqual(FINAL);
    const [gone] = await database.query<{ secret: string }>(
      `SELECT secret FROM webhook_subscriptions WHERE id = $1`,
      [before[0]?.id],
    );
    expect(gone).toEqual({ secret: '' });
    expect(await database.query<{ id: string }>(SUBSCRIPTIONS)).toEqual(after);
  });

  it('gives an hour where the secrets are set from outside', async () => {
    const [active] = await database.query<{ id: string }>(SUBSCRIPTIONS);
    await database.query(`UPDATE webhook_subscriptions SET retired_at = created_at`);
    const answer = await ok(
      service.admin.post<{ renewed: boolean; quarantineUntil: string }>(
        '/v1/admin/inbox/rotate-secret',
        { reason: 'it leaked' },
      ),
    );
    expect(answer.renewed).toBe(false);
    expect(Date.parse(answer.quarantineUntil)).toBe((await simulator.now()) + 3_600_000);
    expect(told(await deliver(TEST_SECRET))).toEqual(RETRY);
    await database.query(`UPDATE webhook_subscriptions SET retired_at = NULL WHERE id = $1`, [
      active?.id,
    ]);
  });

  it('is bounded by count, by bytes and by source, however many come at once', async () => {
    await database.query(`DELETE FROM quarantined_webhooks`);
    const unitOfWork = service.nest.get(UnitOfWork);
    const now = await simulator.now();
    const add = (
      id: string,
      source: string,
      bytes: number,
      bounds: Partial<QuarantineBounds>,
    ): Promise<boolean> =>
      unitOfWork.run(({ quarantine }) =>
        quarantine.add(
          {
            id,
            source,
            apiVersion: 'v3',
            body: Buffer.alloc(bytes, 1),
            headers: {},
            receivedAt: now,
            expiresAt: now + 1_000,
          },
          { rows: 1_000, bytes: 1_000_000, rowsPerSource: 1_000, ...bounds },
        ),
      );
    const kept = async (some: Promise<boolean>[]): Promise<number> =>
      (await Promise.all(some)).filter(Boolean).length;
    const many = (prefix: string, bounds: Partial<QuarantineBounds>) =>
      Array.from({ length: 30 }, (_, i) => add(`${prefix}${i}`, `source ${prefix}`, 100, bounds));
    expect(await kept(many('a', { rows: 10 }))).toBe(10);
    expect(await kept(many('b', { rowsPerSource: 7 }))).toBe(7);
    expect(await kept(many('c', { bytes: 2_000 }))).toBe(3);
    // What is there already needs no room.
    const [there] = await database.query<{ id: string }>(`SELECT id FROM quarantined_webhooks`);
    expect(await add(there?.id ?? '', 'elsewhere', 100, { rows: 20 })).toBe(true);
    expect(await add('one more', 'elsewhere', 100, { rows: 20 })).toBe(false);
    expect((await unitOfWork.read.quarantine.counts()).count).toBe(20);
  });

  it('keeps no secret in clear, and seals what an earlier version kept', async () => {
    const [kept = ''] = await secrets();
    expect(kept).toMatch(/^lk1\./);
    await database.query(`UPDATE webhook_subscriptions SET secret = $1 WHERE retired_at IS NULL`, [
      TEST_SECRET,
    ]);
    await service.stop();
    service = await TestService.start(database, simulator);
    expect((await deliver(TEST_SECRET)).status).toBe(202);
    const [sealed = ''] = await secrets();
    expect(sealed).toMatch(/^lk1\./);
    expect(sealed).not.toContain(TEST_SECRET.slice(6));
  });

  it('goes on under a new SECRETS_KEY, and under it alone once the old one is gone', async () => {
    const [before = ''] = await secrets();
    const key = 'another secrets key, as long as it has to be';
    await service.stop();
    service = await TestService.start(database, simulator, { secretsKeys: [key, SECRETS_KEY] });
    expect((await deliver(TEST_SECRET)).status).toBe(202);
    const [after = ''] = await secrets();
    expect(after.split('.')[1]).not.toBe(before.split('.')[1]);
    await service.stop();
    service = await TestService.start(database, simulator, { secretsKeys: [key] });
    expect((await deliver(TEST_SECRET)).status).toBe(202);
  });

  it('subscribes anew when the key to its secret is lost', async () => {
    const before = await database.query<{ id: string }>(SUBSCRIPTIONS);
    await service.stop();
    service = await TestService.start(database, simulator, {
      secretsKeys: ['a secrets key that opens nothing that was kept'],
    });
    const after = await database.query<{ id: string }>(SUBSCRIPTIONS);
    expect(after).toHaveLength(1);
    expect(after).not.toEqual(before);
    await service.nest.get(BudgetLedger).rebuild(await simulator.now());
    await simulator.text(personNumber(4), lineNumbers(1)[0] ?? '', 'Hello');
    await simulator.advance(60);
    const { data } = await ok(
      service.app.get<{ data: unknown[] }>(`/v1/users?handle=%2B14155550004`),
    );
    expect(data).toHaveLength(1);
  });

  it('keeps an answer that shows a new key once encrypted too', async () => {
    const body = { name: 'shown once', role: 'viewer', reason: 'for the test' };
    const headers = { 'idempotency-key': 'make-me-a-key' };
    const create = () => service.admin.post<{ key: string }>('/v1/admin/keys', body, { headers });
    const first = await ok(create());
    expect(first.key).toMatch(/^lk_/);
    expect((await create()).body).toEqual(first);
    const rows = await database.query(`SELECT response::text FROM idempotency_records`);
    expect(JSON.stringify(rows)).not.toContain(first.key);
    expect(JSON.stringify(rows)).not.toContain('shown once');
  });
});

const SUBSCRIPTIONS = 'SELECT id FROM webhook_subscriptions WHERE retired_at IS NULL ORDER BY id';
