import { APIError, LinqAPIV3 } from '@linqapp/sdk';
import { lineNumbers, personNumber } from '../support/fleet';
import { TestSimulator } from '../support/simulator';
import { type CaughtDelivery, sdkOf, WebhookCatcher } from '../support/webhook-catcher';
import * as shapes from './sdk-shapes';

const NO_SUCH = '00000000-0000-4000-8000-000000000000';

/** Linq's own client, unmodified, against the simulator: every method that is served, by name. */
describe('The Linq client on the simulator', () => {
  let simulator: TestSimulator;
  let linq: LinqAPIV3;
  let chatId: string;
  let messageId: string;
  const [line = '', other = ''] = lineNumbers(2);
  const person = personNumber(1);

  beforeAll(async () => {
    simulator = await TestSimulator.start({ lines: lineNumbers(2) });
    linq = sdkOf(simulator);
    const answer = await linq.chats.create({ from: line, to: [person], message: text('Hello') });
    chatId = answer.chat.id;
    messageId = answer.chat.message.id;
    await linq.contactCard.create({ phone_number: line, first_name: 'Ada' });
    await linq.webhookSubscriptions.create({
      target_url: 'http://127.0.0.1:9/nobody',
      subscribed_events: ['message.read'],
    });
  });

  afterAll(() => simulator.stop());

  const served: readonly [
    name: string,
    shape: { parse(value: unknown): unknown },
    call: () => Promise<unknown>,
  ][] = [
    [
      'chats.create',
      shapes.createdChat,
      () => linq.chats.create({ from: other, to: [person], message: text('Hi') }),
    ],
    ['chats.retrieve', shapes.chat, () => linq.chats.retrieve(chatId)],
    [
      'chats.messages.send',
      shapes.sentAnswer,
      () => linq.chats.messages.send(chatId, { message: text('More') }),
    ],
    ['messages.retrieve', shapes.message, () => linq.messages.retrieve(messageId)],
    ['phoneNumbers.list', shapes.phoneNumbers, () => linq.phoneNumbers.list()],
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- still served, so still tested
    ['phonenumbers.list', shapes.oldPhoneNumbers, () => linq.phonenumbers.list()],
    [
      'phoneNumbers.update',
      shapes.updatedNumber,
      async () => {
        const [first] = (await linq.phoneNumbers.list()).phone_numbers;
        return linq.phoneNumbers.update(first?.id ?? '', { forwarding_number: '+14155559999' });
      },
    ],
    [
      'availableNumber.retrieve',
      shapes.availableNumber,
      () => linq.availableNumber.retrieve({ to: [personNumber(9)] }),
    ],
    [
      'contactCard.create',
      shapes.card,
      () => linq.contactCard.create({ phone_number: other, first_name: 'Bob', last_name: 'Ray' }),
    ],
    [
      'contactCard.update',
      shapes.card,
      () => linq.contactCard.update({ phone_number: line, first_name: 'Eve' }),
    ],
    ['contactCard.retrieve', shapes.cards, () => linq.contactCard.retrieve({ phone_number: line })],
    ['webhookEvents.list', shapes.events, () => linq.webhookEvents.list()],
    [
      'webhookSubscriptions.create',
      shapes.createdSubscription,
      () =>
        linq.webhookSubscriptions.create({
          target_url: 'http://127.0.0.1:9/b',
          subscribed_events: ['message.sent'],
        }),
    ],
    ['webhookSubscriptions.list', shapes.subscriptions, () => linq.webhookSubscriptions.list()],
    [
      'webhookSubscriptions.retrieve',
      shapes.subscription,
      async () => linq.webhookSubscriptions.retrieve(await anySubscription()),
    ],
    [
      'webhookSubscriptions.update',
      shapes.subscription,
      async () => linq.webhookSubscriptions.update(await anySubscription(), { is_active: false }),
    ],
  ];

  it.each(served)('%s returns its typed shape', async (_name, shape, call) => {
    expect(() => shape.parse(undefined)).toThrow();
    shape.parse(await call());
  });

  const silent: readonly [name: string, call: () => Promise<unknown>][] = [
    ['chats.markAsRead', () => linq.chats.markAsRead(chatId)],
    ['chats.typing.start', () => linq.chats.typing.start(chatId)],
    ['chats.typing.stop', () => linq.chats.typing.stop(chatId)],
    ['chats.shareContactCard', () => linq.chats.shareContactCard(chatId)],
    [
      'webhookSubscriptions.delete',
      async () => linq.webhookSubscriptions.delete(await anySubscription()),
    ],
  ];

  it.each(silent)('%s answers without a body', async (_name, call) => {
    expect(await call()).toBeFalsy();
  });

  it('chats.listChats pages to the end, each chat once', async () => {
    for (let i = 0; i < 5; i += 1) {
      await linq.chats.create({ from: line, to: [personNumber(20 + i)], message: text('Hi') });
    }
    const seen: string[] = [];
    for await (const chat of linq.chats.listChats({ from: line, limit: 2 })) {
      shapes.chat.parse(chat);
      seen.push(chat.id);
    }
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen.length).toBe(6);
  });

  it('chats.messages.list pages to the end, each message once', async () => {
    for (let i = 0; i < 5; i += 1)
      await linq.chats.messages.send(chatId, { message: text(`No ${i}`) });
    const seen: string[] = [];
    for await (const message of linq.chats.messages.list(chatId, { limit: 2 })) {
      shapes.message.parse(message);
      seen.push(message.id);
    }
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen).toContain(messageId);
  });

  it('answers a repeated idempotency key with the first message', async () => {
    const message = { ...text('Once'), idempotency_key: 'only-once' };
    const first = await linq.chats.messages.send(chatId, { message });
    const again = await linq.chats.messages.send(chatId, { message });
    expect(again.message.id).toBe(first.message.id);
  });

  const failures: readonly [
    what: string,
    status: number,
    code: number,
    call: () => Promise<unknown>,
  ][] = [
    [
      'a wrong token',
      401,
      2004,
      () =>
        new LinqAPIV3({
          apiKey: 'wrong',
          baseURL: simulator.apiUrl,
          maxRetries: 0,
        }).phoneNumbers.list(),
    ],
    [
      'a line that is not ours',
      403,
      2006,
      () => linq.chats.create({ from: '+12025559999', to: [person], message: text('Hi') }),
    ],
    [
      'a number that is none',
      400,
      1002,
      () => linq.chats.create({ from: line, to: ['12'], message: text('Hi') }),
    ],
    [
      'a link in the first message',
      400,
      1005,
      () =>
        linq.chats.create({
          from: line,
          to: [personNumber(30)],
          message: text('see https://example.com'),
        }),
    ],
    [
      'a message without parts',
      400,
      1004,
      () => linq.chats.messages.send(chatId, { message: { parts: [] } }),
    ],
    ['a chat that is none', 404, 2001, () => linq.chats.retrieve(NO_SUCH)],
    ['a message that is none', 404, 2002, () => linq.messages.retrieve(NO_SUCH)],
  ];

  it.each(failures)('%s is refused with %i and Linq code %i', async (_what, status, code, call) => {
    const error = await call().then(
      () => null,
      (failure: unknown) => failure,
    );
    expect(error).toBeInstanceOf(APIError);
    const { status: given, error: body } = error as APIError & {
      error: { error: { code: number }; trace_id: string };
    };
    expect({ status: given, code: body.error.code }).toEqual({ status, code });
    expect(body.trace_id).toMatch(/^[0-9a-f]{32}$/);
  });

  it('more than 30 messages to one person within a minute are refused with 429 and 1007', async () => {
    const { chat } = await linq.chats.create({
      from: line,
      to: [personNumber(40)],
      message: text('1'),
    });
    for (let i = 2; i <= 30; i += 1)
      await linq.chats.messages.send(chat.id, { message: text(String(i)) });
    const error: unknown = await linq.chats.messages.send(chat.id, { message: text('31') }).then(
      () => null,
      (failure: unknown) => failure,
    );
    expect((error as APIError).status).toBe(429);
    expect(Number((error as APIError).headers?.get('retry-after'))).toBeGreaterThan(0);
  });

  describe('webhooks.unwrap', () => {
    let catcher: WebhookCatcher;
    beforeAll(async () => {
      catcher = await WebhookCatcher.start(simulator, ['message.received', 'message.sent']);
      await simulator.text(person, line, 'Hello you');
      await simulator.advance(60);
    });
    afterAll(() => catcher.stop());
    // The client judges a timestamp by the clock of the machine; the simulator's is virtual.
    beforeEach(async () => {
      jest.useFakeTimers({ now: await simulator.now() });
    });
    afterEach(() => jest.useRealTimers());

    // Receipts of what was sent before may come in between.
    const received = (): CaughtDelivery | undefined =>
      catcher.deliveries.find(({ body }) => body.includes('"message.received"'));
    const headersOf = (): Record<string, string> => received()?.headers as Record<string, string>;
    const bodyOf = (): string => received()?.body ?? '';

    it('accepts what the simulator signed', () => {
      const event = linq.webhooks.unwrap(bodyOf(), { headers: headersOf(), key: catcher.secret });
      expect(event).toMatchObject({ event_type: 'message.received' });
    });

    it.each([
      [
        'body',
        (): [string, Record<string, string>] => [bodyOf().replace('Hello', 'Hallo'), headersOf()],
      ],
      [
        'id',
        (): [string, Record<string, string>] => [
          bodyOf(),
          { ...headersOf(), 'webhook-id': 'other' },
        ],
      ],
      [
        'time',
        (): [string, Record<string, string>] => [
          bodyOf(),
          { ...headersOf(), 'webhook-timestamp': '1' },
        ],
      ],
      [
        'signature',
        (): [string, Record<string, string>] => [
          bodyOf(),
          { ...headersOf(), 'webhook-signature': `v1,${'A'.repeat(43)}=` },
        ],
      ],
    ])('rejects an altered %s', (_, altered) => {
      const [body, headers] = altered();
      expect(() => linq.webhooks.unwrap(body, { headers, key: catcher.secret })).toThrow();
    });
  });

  function text(value: string): { parts: { type: 'text'; value: string }[] } {
    return { parts: [{ type: 'text', value }] };
  }

  async function anySubscription(): Promise<string> {
    return (await linq.webhookSubscriptions.list()).subscriptions[0]?.id ?? '';
  }
});
