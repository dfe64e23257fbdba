import type { LinqAPIV3 } from '@linqapp/sdk';
import fc from 'fast-check';
import { randomUUID } from 'node:crypto';
import { ourCounts } from '../support/books';
import { createTestDatabase, type TestDatabase } from '../support/database';
import {
  lineNumbers,
  linesOf,
  personNumber,
  raiseMatureFleet,
  sendNoCards,
} from '../support/fleet';
import { ok } from '../support/http';
import { TestService } from '../support/service';
import { SignedWebhooks, TEST_SECRET } from '../support/signed-webhooks';
import { TestSimulator } from '../support/simulator';
import { sdkOf, WebhookCatcher } from '../support/webhook-catcher';

const START = '2026-03-02T10:30:00.000Z';
const MINUTE = 60;

/** What counts, row by row, through the wire: the table of docs/counting.md. */
describe('The counting of messages', () => {
  let database: TestDatabase;
  let simulator: TestSimulator;
  let service: TestService;
  let catcher: WebhookCatcher;
  let wire: SignedWebhooks;
  let linq: LinqAPIV3;
  /** A genuine received message and a genuine sent one, to make others from. */
  let received: string;
  let sent: string;
  let chatId: string;
  const [line = '', other = ''] = lineNumbers(2);
  const person = personNumber(1);

  beforeAll(async () => {
    [database, simulator] = await Promise.all([
      createTestDatabase(),
      TestSimulator.start({ lines: lineNumbers(3), start: START }),
    ]);
    service = await TestService.start(database, simulator, { webhookSecrets: [TEST_SECRET] });
    wire = new SignedWebhooks(service, simulator);
    linq = sdkOf(simulator);
    catcher = await WebhookCatcher.start(simulator, ['message.received', 'message.sent']);
    await raiseMatureFleet(service);
    // Each row is about one message alone: a card that leaves in the same minute would count as well.
    await sendNoCards(service);
    chatId = (await simulator.text(person, line, 'Hello')).chatId;
    await linq.chats.messages.send(chatId, { message: text('Hello you') });
    await linq.contactCard.create({ phone_number: line, first_name: 'Ada' });
    await simulator.advance(MINUTE);
    received = caught('message.received');
    sent = caught('message.sent');
  });

  afterAll(async () => {
    await catcher.stop();
    await service.stop();
    await simulator.stop();
    await database.drop();
  });

  function caught(type: string): string {
    const body = catcher.deliveries.map((each) => each.body).find((each) => each.includes(type));
    if (body === undefined) throw new Error(`No ${type} was caught`);
    return body;
  }

  function text(value: string): { parts: { type: 'text'; value: string }[] } {
    return { parts: [{ type: 'text', value }] };
  }

  const aMessage = (data: object = {}): string =>
    wire.variant(received, { data: { id: randomUUID(), ...data } });

  async function total(): Promise<{ in: number; out: number }> {
    const sum = { in: 0, out: 0 };
    for (const { id } of await linesOf(service)) {
      const path = `/v1/admin/lines/${id}/usage?hours=9600`;
      const { hours } = await ok(service.admin.get<{ hours: { in: number; out: number }[] }>(path));
      for (const hour of hours) {
        sum.in += hour.in;
        sum.out += hour.out;
      }
    }
    return sum;
  }

  const rows: readonly [
    what: string,
    counts: { in: number; out: number },
    happens: () => Promise<unknown>,
  ][] = [
    ['an inbound message', { in: 1, out: 0 }, () => simulator.text(person, line, 'Hi')],
    [
      'an inbound message of many parts',
      { in: 1, out: 0 },
      () =>
        wire.deliver(
          aMessage({
            parts: [
              { type: 'text', value: 'a' },
              { type: 'text', value: 'b' },
              { type: 'link', value: 'https://example.com' },
            ],
          }),
        ),
    ],
    [
      'an outbound message',
      { in: 0, out: 1 },
      () => linq.chats.messages.send(chatId, { message: text('Yes') }),
    ],
    [
      'a message sent by hand in the dashboard',
      { in: 0, out: 1 },
      () =>
        linq.chats.create({
          from: other,
          to: [personNumber(2)],
          message: text('From the dashboard'),
        }),
    ],
    [
      'one message to a group of three',
      { in: 0, out: 1 },
      () =>
        linq.chats.create({
          from: other,
          to: [personNumber(3), personNumber(4), personNumber(5)],
          message: text('All'),
        }),
    ],
    [
      'a message that was refused',
      { in: 0, out: 0 },
      () =>
        linq.chats
          .create({ from: '+12025559999', to: [person], message: text('No') })
          .catch(() => null),
    ],
    [
      'a message accepted that fails later',
      { in: 0, out: 1 },
      async () => {
        const doomed = lineNumbers(3)[2] ?? '';
        await simulator.control.post('/config', { flagged: 'fail' });
        await simulator.control.post(`/lines/${doomed}/status`, { status: 'FLAGGED' });
        await linq.chats.create({ from: doomed, to: [personNumber(6)], message: text('Lost') });
      },
    ],
    ['the same event once more', { in: 0, out: 0 }, () => wire.deliver(received)],
    [
      'the same message under another event id',
      { in: 0, out: 0 },
      () => wire.deliver(wire.variant(received, {})),
    ],
    [
      'a receipt of delivery',
      { in: 0, out: 0 },
      () => wire.deliver(wire.variant(sent, { type: 'message.delivered' })),
    ],
    [
      'a receipt of reading',
      { in: 0, out: 0 },
      () => wire.deliver(wire.variant(sent, { type: 'message.read' })),
    ],
    [
      'a reaction',
      { in: 0, out: 0 },
      () => wire.deliver(wire.variant(received, { type: 'reaction.added' })),
    ],
    [
      'an edit',
      { in: 0, out: 0 },
      () => wire.deliver(wire.variant(received, { type: 'message.edited' })),
    ],
    [
      'typing',
      { in: 0, out: 0 },
      () => wire.deliver(wire.variant(received, { type: 'chat.typing_indicator.started' })),
    ],
    ['a shared contact card', { in: 0, out: 0 }, () => linq.chats.shareContactCard(chatId)],
  ];

  it.each(rows)('%s counts %j', async (_what, counts, happens) => {
    const before = await total();
    await happens();
    await simulator.advance(MINUTE);
    const after = await total();
    expect({ in: after.in - before.in, out: after.out - before.out }).toEqual(counts);
  });

  it('a late message counts in the hour in which it was sent', async () => {
    const hour = Date.parse('2026-03-02T09:00:00.000Z') / 3_600_000;
    expect((await ourCounts(service)).has(`${line} ${hour}`)).toBe(false);
    await wire.deliver(aMessage({ sent_at: '2026-03-02T09:59:59.999Z' }));
    await simulator.advance(MINUTE);
    expect((await ourCounts(service)).get(`${line} ${hour}`)).toBe('in 1, out 0');
  });

  it('does not depend on the order, the repetition or the company in which events come', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.shuffledSubarray([0, 1, 2, 3, 4, 5, 6, 7], { minLength: 8 }),
        fc.array(fc.nat(7), { maxLength: 8 }),
        async (order, again) => {
          const incoming = Array.from({ length: 4 }, () => aMessage());
          const outgoing = { data: { id: randomUUID() } };
          const events = [
            ...incoming,
            ...['message.sent', 'message.delivered', 'message.read', 'message.read'].map((type) =>
              wire.variant(sent, { type, ...outgoing }),
            ),
          ];
          const before = await total();
          for (const index of [...order, ...again]) await wire.deliver(events[index] ?? '');
          await simulator.advance(MINUTE);
          const after = await total();
          expect({ in: after.in - before.in, out: after.out - before.out }).toEqual({
            in: 4,
            out: 1,
          });
        },
      ),
      { numRuns: 12, seed: 7 },
    );
  });

  it('keeps what cannot be processed as a dead letter, and goes on', async () => {
    const before = await total();
    const poison = wire.variant(received, { data: { id: null, chat: null } });
    expect((await wire.deliver(poison)).status).toBe(202);
    await wire.deliver(aMessage());
    await simulator.advance(MINUTE);
    const after = await total();
    expect(after.in - before.in).toBe(1);
    const { data } = await ok(
      service.admin.get<{ data: { eventId: string }[] }>('/v1/admin/inbox'),
    );
    expect(data.map(({ eventId }) => eventId)).toEqual([
      (JSON.parse(poison) as { event_id: string }).event_id,
    ]);
  });
});
