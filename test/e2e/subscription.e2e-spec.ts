import LinqAPIV3 from '@linqapp/sdk';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { lineNumbers, linesOf } from '../support/fleet';
import { ok } from '../support/http';
import { TestService } from '../support/service';
import { TestSimulator } from '../support/simulator';

interface Run {
  readonly lastError: string | null;
  readonly lastResult: { readonly subscription?: string };
}

describe('The subscription to the events of the provider', () => {
  let simulator: TestSimulator;
  let database: TestDatabase;
  let service: TestService;
  let sdk: LinqAPIV3;

  beforeEach(async () => {
    [database, simulator] = await Promise.all([
      createTestDatabase(),
      TestSimulator.start({ lines: lineNumbers(2) }),
    ]);
    service = await TestService.start(database, simulator);
    sdk = new LinqAPIV3({ apiKey: simulator.token, baseURL: simulator.apiUrl, maxRetries: 0 });
  });

  afterEach(async () => {
    await service.stop();
    await simulator.stop();
    await database.drop();
  });

  const only = async () => {
    const { subscriptions } = await sdk.webhookSubscriptions.list();
    expect(subscriptions).toHaveLength(1);
    return subscriptions[0]!;
  };
  const poll = (): Promise<Run> =>
    ok(service.admin.post<Run>('/v1/admin/jobs/poll-lines/run', { reason: 'to see' }));

  it.each([
    ['brings too few events', { subscribed_events: ['message.read'] as const }],
    ['was turned off', { is_active: false }],
    ['brings only some lines', { phone_numbers: [lineNumbers(1)[0]!] }],
  ])('is made anew when it %s', async (_what, change) => {
    const before = await only();
    const { subscribed_events: events, ...rest } = { subscribed_events: undefined, ...change };
    await sdk.webhookSubscriptions.update(before.id, {
      ...rest,
      ...(events ? { subscribed_events: [...events] } : {}),
    });

    expect(await poll()).toMatchObject({
      lastError: null,
      lastResult: { subscription: 'created' },
    });
    const after = await only();
    expect(after.id).not.toBe(before.id);
    expect(after).toMatchObject({
      target_url: before.target_url,
      subscribed_events: before.subscribed_events,
      is_active: true,
    });
    expect(await poll()).toMatchObject({ lastResult: { subscription: 'kept' } });
  });

  it('that cannot be looked at hides no line, and is told', async () => {
    const away = { kind: 'error', status: 503, path: '/v3/webhook-subscriptions', method: 'GET' };
    await ok(simulator.control.post('/faults', { ...away, count: null }));
    expect((await poll()).lastError).toContain('503');
    expect((await linesOf(service)).map(({ phoneNumber }) => phoneNumber).sort()).toEqual(
      lineNumbers(2),
    );
  });
});
