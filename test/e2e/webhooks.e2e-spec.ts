import { Webhook } from 'standardwebhooks';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { lineNumbers, type Problem, raiseMatureFleet, personNumber } from '../support/fleet';
import { Http } from '../support/http';
import { TestService } from '../support/service';
import { TestSimulator } from '../support/simulator';
import { WebhookCatcher } from '../support/webhook-catcher';

const OLD_SECRET = `whsec_${Buffer.from('the secret before the rotation!!').toString('base64')}`;
const NEW_SECRET = `whsec_${Buffer.from('the secret after the rotation!!!').toString('base64')}`;
const MINUTE_MS = 60_000;

/** Deliveries that the provider never made are refused and leave no trace; true ones are stored once. */
describe('The webhook inbox at the door', () => {
  let database: TestDatabase;
  let simulator: TestSimulator;
  let service: TestService;
  let catcher: WebhookCatcher;
  let body: string;
  let eventId: string;
  let now: number;

  beforeAll(async () => {
    [database, simulator] = await Promise.all([
      createTestDatabase(),
      TestSimulator.start({ lines: lineNumbers(3) }),
    ]);
    service = await TestService.start(database, simulator, {
      webhookSecrets: [OLD_SECRET, NEW_SECRET],
    });
    catcher = await WebhookCatcher.start(simulator, ['message.received']);
    await raiseMatureFleet(service);
    await simulator.text(personNumber(1), lineNumbers(1)[0] ?? '', 'Hello');
    await simulator.advance(60);
    body = catcher.deliveries[0]?.body ?? '';
    eventId = (JSON.parse(body) as { event_id: string }).event_id;
    now = await simulator.now();
  });

  afterAll(async () => {
    await catcher.stop();
    await service.stop();
    await simulator.stop();
    await database.drop();
  });

  interface Forgery {
    readonly secret?: string;
    readonly at?: number;
    readonly id?: string;
    readonly sent?: string;
    readonly drop?: string;
    readonly type?: string;
  }

  async function deliver({
    secret = NEW_SECRET,
    at = now,
    id = eventId,
    sent = body,
    drop,
    type,
  }: Forgery) {
    const headers: Record<string, string> = {
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(at / 1_000)),
      'webhook-signature': new Webhook(secret).sign(id, new Date(at), body),
    };
    if (type !== undefined) headers['content-type'] = type;
    if (drop !== undefined) Reflect.deleteProperty(headers, drop);
    return new Http(service.url).send<Problem>('POST', '/webhooks/linq/v3', sent, { headers });
  }

  const FORGERIES: readonly (Forgery & { what: string; status: number; code: string })[] = [
    {
      what: 'signed with a secret that is not ours',
      secret: `whsec_${Buffer.from('somebody else').toString('base64')}`,
      status: 401,
      code: 'webhook.signature',
    },
    { what: '31 minutes old', at: -31 * MINUTE_MS, status: 401, code: 'webhook.signature' },
    { what: 'six minutes ahead', at: 6 * MINUTE_MS, status: 401, code: 'webhook.signature' },
    {
      what: 'without a signature',
      drop: 'webhook-signature',
      status: 401,
      code: 'webhook.signature',
    },
    {
      what: 'without a timestamp',
      drop: 'webhook-timestamp',
      status: 401,
      code: 'webhook.signature',
    },
    { what: 'without an id', drop: 'webhook-id', status: 401, code: 'webhook.signature' },
    { what: 'altered after signing', sent: '{}', status: 401, code: 'webhook.signature' },
    { what: 'empty', sent: '', status: 401, code: 'webhook.signature' },
    {
      what: 'larger than the limit',
      sent: 'x'.repeat(300_000),
      status: 413,
      code: 'request.too_large',
    },
  ];

  it.each(FORGERIES)(
    'refuses a delivery $what, and not a row changes',
    async ({ what: _, status, code, at, ...forgery }) => {
      const before = await database.rowCounts();
      const answer = await deliver({ ...forgery, at: now + (at ?? 0) });
      expect({ status: answer.status, code: answer.body.code }).toEqual({ status, code });
      expect(await database.rowCounts()).toEqual(before);
    },
  );

  it('acknowledges a replay under either secret of a rotation, and changes nothing', async () => {
    const before = await database.rowCounts();
    for (const secret of [OLD_SECRET, NEW_SECRET]) {
      expect((await deliver({ secret })).status).toBe(202);
    }
    await simulator.advance(60);
    const { leases: _, job_runs: __, ...after } = await database.rowCounts();
    const { leases: ___, job_runs: ____, ...expected } = before;
    expect(after).toEqual(expected);
  });

  it.each(['text/plain', 'application/xml', 'application/json; charset=utf-8'])(
    'verifies the bytes whatever they are called: %s',
    async (type) => {
      expect((await deliver({ type })).status).toBe(202);
    },
  );

  it('shows what it turned away, and when it was last told something true', async () => {
    const look = async (): Promise<{ rejectedSinceStart: number; lastVerifiedAt: string }> =>
      (
        await service.viewer.get<{ rejectedSinceStart: number; lastVerifiedAt: string }>(
          '/v1/admin/inbox',
        )
      ).body;
    const before = await look();
    await deliver({ secret: `whsec_${Buffer.from('somebody else').toString('base64')}` });
    expect(await look()).toEqual({ ...before, rejectedSinceStart: before.rejectedSinceStart + 1 });
    await simulator.advance(120);
    await deliver({ at: await simulator.now() });
    const verifiedAt = new Date(await simulator.now());
    expect((await look()).lastVerifiedAt).toBe(verifiedAt.toISOString());
    const rows = await database.query<{ at: Date }>(
      'SELECT last_verified_at AS at FROM webhook_subscriptions WHERE retired_at IS NULL',
    );
    expect(rows).toEqual([{ at: verifiedAt }]);
  });

  it('accepts, stores and ignores an event of a type that nobody knows yet', async () => {
    const unknown = JSON.stringify({
      ...(JSON.parse(body) as object),
      event_type: 'telepathy.received',
      event_id: 'evt-of-tomorrow',
    });
    const headers = {
      'webhook-id': 'evt-of-tomorrow',
      'webhook-timestamp': String(Math.floor(now / 1_000)),
      'webhook-signature': new Webhook(NEW_SECRET).sign('evt-of-tomorrow', new Date(now), unknown),
    };
    const answer = await new Http(service.url).send('POST', '/webhooks/linq/v3', unknown, {
      headers,
    });
    expect(answer.status).toBe(202);
    await simulator.advance(60);
    const rows = await database.query<{ state: string }>(
      `SELECT state FROM inbox_events WHERE event_id = 'evt-of-tomorrow'`,
    );
    expect(rows).toEqual([{ state: 'ignored' }]);
  });
});
