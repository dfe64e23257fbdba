import { Webhook } from 'standardwebhooks';
import { expectEventsAsDocumented } from '../support/catalogued';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { type Problem, personNumber } from '../support/fleet';
import { type Answer, ok } from '../support/http';
import { TestService } from '../support/service';
import { TestSimulator } from '../support/simulator';
import { type PoolWithAll, raiseTwoPools, TWO_POOL_NUMBERS } from '../support/two-pools';
import { until } from '../support/until';
import { type CaughtDelivery, WebhookReceiver } from '../support/webhook-catcher';

const HOUR = 3_600;
const ENDPOINTS = '/v1/admin/webhook-endpoints';
const reason = 'for the test';

interface Endpoint {
  readonly id: string;
  readonly state: string;
  readonly stateReason: string;
  readonly secret: string;
  readonly version: number;
  readonly failuresInARow: number;
  readonly deliveries: { pending: number; delivered: number; givenUp: number };
}
interface Attempt {
  readonly eventId: string;
  readonly type: string;
  readonly attempt: number;
  readonly status: number | null;
  readonly error: string | null;
  readonly latencyMs: number;
}

/** Events on their way to the customer, from two processes on one database. */
describe('An endpoint of the customer', () => {
  let database: TestDatabase;
  let simulator: TestSimulator;
  let service: TestService;
  let other: TestService;
  let receiver: WebhookReceiver;
  let pools: [PoolWithAll, PoolWithAll];
  let people = 100;

  beforeAll(async () => {
    [database, simulator] = await Promise.all([
      createTestDatabase(),
      TestSimulator.start({ lines: TWO_POOL_NUMBERS, start: '2026-03-02T10:00:00.000Z' }),
    ]);
    service = await TestService.start(database, simulator);
    pools = await raiseTwoPools(service, simulator);
    const beside = { name: 'other', webhookBase: service.url };
    other = await TestService.start(database, simulator, beside);
  });
  beforeEach(async () => {
    receiver = await WebhookReceiver.start();
  });
  afterEach(async () => {
    const { data } = await ok(service.admin.get<{ data: Endpoint[] }>(ENDPOINTS));
    for (const { id } of data) await ok(service.admin.delete(`${ENDPOINTS}/${id}`));
    await receiver.stop();
  });
  afterAll(async () => {
    await other.stop();
    await service.stop();
    await simulator.stop();
    await database.drop();
  });

  const create = (more: object = {}): Promise<Endpoint> =>
    ok(service.admin.post<Endpoint>(ENDPOINTS, { url: receiver.url, reason, ...more }));
  const verb = (id: string, name: string, body: object = {}): Promise<Answer<Endpoint>> =>
    service.admin.post<Endpoint>(`${ENDPOINTS}/${id}/${name}`, { reason, ...body });
  const look = (id: string): Promise<Endpoint> =>
    ok(service.admin.get<Endpoint>(`${ENDPOINTS}/${id}`));
  const attempts = async (id: string): Promise<Attempt[]> =>
    (await ok(service.admin.get<{ data: Attempt[] }>(`${ENDPOINTS}/${id}/attempts?limit=200`)))
      .data;

  /** Something happens in a pool; answers with the id of its event. */
  async function happen(pool = pools[0], through = service): Promise<string> {
    people += 1;
    const body = { handle: personNumber(people), startedBy: 'inbound', pool: pool.slug };
    const { user } = await ok(through.app.post<{ user: { id: string } }>('/v1/users', body));
    const [row] = await database.query<{ id: string }>(
      `SELECT id FROM outbox_events WHERE type = 'user.onboarded' AND data ->> 'userId' = $1`,
      [user.id],
    );
    return row?.id ?? '';
  }
  const idsOf = (deliveries: readonly CaughtDelivery[]): string[] =>
    deliveries.map(({ headers }) => String(headers['webhook-id']));

  it('gets what happens, signed as Standard Webhooks says, and is shown its secret once', async () => {
    const { id, secret } = await create({ eventTypes: ['user.onboarded'] });
    const eventId = await happen();
    await until(() => receiver.deliveries.length === 1);
    const [{ headers, body }] = receiver.deliveries as [CaughtDelivery];
    const verified = new Webhook(secret).verify(body, headers as Record<string, string>);
    expect(verified).toMatchObject({
      type: 'user.onboarded',
      timestamp: expect.stringMatching(/^2026-03-02T/) as string,
      data: { lineId: expect.any(String) as string, actor: expect.any(String) as string },
    });
    expect(headers['webhook-id']).toBe(eventId);
    await until(async () => (await look(id)).deliveries.delivered === 1);
    expect(await attempts(id)).toMatchObject([{ eventId, attempt: 1, status: 204, error: null }]);
    const shown = JSON.stringify(await look(id));
    const [kept] = await database.query('SELECT * FROM webhook_endpoints');
    const [log] = await database.query(
      `SELECT change FROM audit WHERE action = 'webhook-endpoint.create' AND subject_id = $1`,
      [id],
    );
    for (const text of [shown, JSON.stringify(kept), JSON.stringify(log)]) {
      expect(text).not.toContain(secret.slice('whsec_'.length));
    }
  });

  it('gets each event once, whichever of two processes looks first', async () => {
    await create({ eventTypes: ['user.onboarded'] });
    const ids: string[] = [];
    for (let i = 0; i < 12; i += 1) ids.push(await happen(pools[0], i % 2 ? service : other));
    const run = (through: TestService): Promise<unknown> =>
      through.admin.post('/v1/admin/jobs/deliver-events/run', { reason });
    await Promise.all([run(service), run(other), run(service), run(other)]);
    await until(() => receiver.deliveries.length >= ids.length);
    await until(async () => {
      const [row] = await database.query<{ n: number }>(
        `SELECT count(*)::int AS n FROM event_deliveries WHERE state = 'pending'`,
      );
      return row?.n === 0;
    });
    expect(idsOf(receiver.deliveries).sort()).toEqual([...ids].sort());
  });

  it('gets the types and the pools that it asked for, and nothing from before it was made', async () => {
    await happen();
    const second = { poolIds: [pools[1].id], eventTypes: ['user.onboarded', 'fleet.frozen'] };
    await create(second);
    await happen(pools[0]);
    const wanted = await happen(pools[1]);
    // It concerns the whole fleet, so it is not for one pool.
    await ok(service.admin.post('/v1/admin/fleet/freeze', { reason }));
    await ok(service.admin.post('/v1/admin/fleet/unfreeze', { reason }));
    const last = await happen(pools[1]);
    await until(() => receiver.deliveries.length >= 2);
    expect(idsOf(receiver.deliveries).sort()).toEqual([wanted, last].sort());
  });

  it('that fails is tried again under the same id until it takes the event', async () => {
    const { id } = await create({ eventTypes: ['user.onboarded'] });
    receiver.status = 500;
    const eventId = await happen();
    await until(async () => (await attempts(id)).length === 1);
    receiver.status = 200;
    // The second try is due within five seconds.
    await simulator.advance(6);
    await until(async () => (await look(id)).deliveries.delivered === 1);
    expect(idsOf(receiver.deliveries)).toEqual([eventId, eventId]);
    expect(await attempts(id)).toMatchObject([
      { attempt: 2, status: 200, error: null },
      { attempt: 1, status: 500, error: 'status 500' },
    ]);
    expect((await look(id)).failuresInARow).toBe(0);
  });

  it('that fails for a day loses the event, is disabled with an event, and gets all by a replay', async () => {
    const alarms = await WebhookReceiver.start();
    await create({ url: alarms.url, eventTypes: ['webhook-endpoint.disabled'] });
    const { id } = await create({ eventTypes: ['user.onboarded'] });
    receiver.status = 503;
    const since = new Date(await simulator.now()).toISOString();
    const ids = [await happen(), await happen()];
    const before = receiver.deliveries.length;
    expect(before).toBeLessThanOrEqual(2);
    for (let hour = 0; hour < 26 && (await look(id)).state === 'enabled'; hour += 1) {
      await simulator.advance(HOUR, HOUR);
      await ok(service.admin.post('/v1/admin/jobs/deliver-events/run', { reason }));
    }
    const disabled = await look(id);
    expect(disabled).toMatchObject({
      state: 'disabled',
      stateReason: expect.stringMatching(
        /tries failed in a row, over more than 12 hours/,
      ) as string,
    });
    await until(() => alarms.deliveries.length === 1);
    expect(JSON.parse(alarms.deliveries[0]?.body ?? '')).toMatchObject({
      data: { endpointId: id },
    });
    // It is left alone, whatever happens.
    const tried = receiver.deliveries.length;
    const missed = await happen();
    await simulator.advance(60);
    await ok(service.admin.post('/v1/admin/jobs/deliver-events/run', { reason }));
    expect(receiver.deliveries).toHaveLength(tried);
    expect((await verb(id, 'replay', { since })).status).toBe(409);

    receiver.status = 200;
    expect((await verb(id, 'enable')).body.state).toBe('enabled');
    expect((await verb(id, 'replay', { since })).status).toBe(202);
    await until(async () => (await look(id)).deliveries.delivered === 3);
    const again = new Set(idsOf(receiver.deliveries.slice(tried)));
    expect([...again].sort()).toEqual([...ids, missed].sort());
    // One that it has already, on its own.
    const had = receiver.deliveries.length;
    expect((await verb(id, 'replay', { eventId: missed })).status).toBe(202);
    await until(() => receiver.deliveries.length === had + 1);
    expect(idsOf(receiver.deliveries).at(-1)).toBe(missed);
    await alarms.stop();
  });

  it('that says it is gone is disabled at once', async () => {
    const { id } = await create({ eventTypes: ['user.onboarded'] });
    receiver.status = 410;
    await happen();
    await until(async () => (await look(id)).state === 'disabled');
    expect(await look(id)).toMatchObject({ stateReason: 'it answered 410 Gone' });
  });

  it('that hangs holds up no other, and no job', async () => {
    const stuck = await WebhookReceiver.start();
    const release = stuck.hold();
    await create({ url: stuck.url, eventTypes: ['user.onboarded'] });
    await create({ eventTypes: ['user.onboarded'] });
    await happen();
    await until(() => stuck.deliveries.length === 1);
    const later = await happen();
    await until(() => idsOf(receiver.deliveries).includes(later));
    await ok(service.admin.post('/v1/admin/jobs/expire-reservations/run', { reason }));
    release();
    await until(() => stuck.deliveries.length === 2);
    await stuck.stop();
  });

  it('knows two secrets while one is being replaced', async () => {
    const { id, secret } = await create({ eventTypes: ['user.onboarded'] });
    const { secret: next } = (await verb(id, 'rotate-secret')).body;
    await happen();
    await until(() => receiver.deliveries.length === 1);
    const verify = (key: string, { headers, body }: CaughtDelivery): unknown =>
      new Webhook(key).verify(body, headers as Record<string, string>);
    const [first] = receiver.deliveries as [CaughtDelivery];
    for (const key of [secret, next]) expect(verify(key, first)).toBeTruthy();
    await simulator.advance(25 * HOUR, 12 * HOUR);
    await happen();
    await until(() => receiver.deliveries.length === 2);
    const last = receiver.deliveries[1]!;
    expect(verify(next, last)).toBeTruthy();
    expect(() => verify(secret, last)).toThrow();
  });

  it('is refused with a reason when what is said of it is wrong, and nothing changes', async () => {
    const { id, version } = await create();
    const refused = async (answer: Promise<Answer<unknown>>): Promise<[number, string]> => {
      const { status, body } = await answer;
      return [status, (body as Problem).code];
    };
    const make = (more: object): Promise<[number, string]> =>
      refused(service.admin.post(ENDPOINTS, { url: receiver.url, reason, ...more }));
    for (const url of [
      'http://app.example/hook',
      'https://10.0.0.1/hook',
      'https://[::1]/hook',
      'https://user:secret@93.184.215.14/',
      'http://localhost:3000/',
    ]) {
      expect(await make({ url })).toEqual([422, 'endpoint.address']);
    }
    expect(await make({ url: 'nowhere' })).toEqual([422, 'request.invalid']);
    expect(await make({ eventTypes: ['line.flagged'] })).toEqual([422, 'request.invalid']);
    expect(await make({ colour: 'red' })).toEqual([422, 'request.invalid']);
    const nobody = '00000000-0000-7000-8000-0000000000ff';
    expect(await make({ poolIds: [nobody] })).toEqual([404, 'pool.not_found']);
    const edit = (body: object, ifMatch: string): Promise<Answer<Endpoint>> =>
      service.admin.patch<Endpoint>(
        `${ENDPOINTS}/${id}`,
        { reason, ...body },
        { headers: { 'if-match': ifMatch } },
      );
    expect(await refused(edit({ description: 'x' }, '"7"'))).toEqual([412, 'precondition.stale']);
    const edited = await ok(edit({ description: 'the app' }, `"${version}"`));
    expect(edited).toMatchObject({ description: 'the app', version: version + 1 });
    expect(await refused(verb(id, 'replay', { eventId: nobody }))).toEqual([
      404,
      'event.not_found',
    ]);
    expect(await refused(verb(nobody, 'enable'))).toEqual([404, 'endpoint.not_found']);
    const { data } = await ok(service.admin.get<{ data: Endpoint[] }>(ENDPOINTS));
    expect(data).toHaveLength(1);
  });

  it('is told what docs/events.md says', () => expectEventsAsDocumented(database));
});
