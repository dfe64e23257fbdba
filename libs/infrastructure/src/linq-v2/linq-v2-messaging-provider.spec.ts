import { createHash } from 'node:crypto';
import { ProviderProblem } from '@linekeeper/application';
import {
  empty,
  type FakeAnswer,
  FakeLinq,
  hangUp,
  json,
  page,
  silence,
  stall,
} from '../../../../test/support/fake-linq';
import { LinqV2MessagingProvider } from './linq-v2-messaging-provider';
import { V2_SUBSCRIBED_EVENTS } from './subscribed-events';

const LINE = '+12025550101';
const OTHER_LINE = '+12025550102';
const PERSON = '+14155550123';
const NOW = Date.UTC(2026, 6, 1, 10);

const refusal = (status: number, headers: Record<string, string> = {}): FakeAnswer =>
  json(status, { errors: [{ status, code: 'c', title: 't', detail: `About ${PERSON}` }] }, headers);
const lines = json(200, {
  phone_numbers: [LINE, OTHER_LINE].map((number, i) => ({
    ...{ id: 99 + i, phone_number: number, forwarding_number: null, response_rate: 75 },
  })),
});
const chat = (changes: object = {}): object => ({
  ...{ id: 324324, display_name: PERSON, service: 'iMessage', group: false, message_count: 1 },
  chat_handles: [{ id: 1, phone_number: PERSON, service: 'iMessage', joined_at: 'x' }],
  ...changes,
});
const found = (of: object | null): FakeAnswer => json(200, { data: { chat: of, messages: [] } });
const listed = (rows: readonly object[], pages = 1): FakeAnswer =>
  json(200, { data: rows, meta: { page: 1, total_pages: pages, total_count: 1, per_page: 100 } });
const row = (id: number, changes: object = {}): object => ({
  ...{ id, text: 'Hi', sent_from: LINE, sent_at: '2026-07-01T10:00:00Z' },
  ...changes,
});
const accepted = json(201, { data: { id: 27799380, delivery_status: 'pending' } });
const created = (status = 'pending'): FakeAnswer =>
  json(200, { data: { id: 324324, chat_messages: { id: 27799380, delivery_status: status } } });
const text = {
  ...{ fromPhoneNumber: LINE, to: PERSON, chatId: '324324', text: 'Hi', idempotencyKey: 'key-1' },
};
const UNTOLD = {
  ...{ health: null, service: 'iMessage', createdAt: null, updatedAt: null },
  messages: 1,
};
const SENT = { messageId: '324324/27799380', chatId: '324324' };

describe('LinqV2MessagingProvider', () => {
  const linq = new FakeLinq();
  const waited: number[] = [];
  let baseUrl = '';
  let provider: LinqV2MessagingProvider;

  const make = (changes: object = {}): LinqV2MessagingProvider =>
    new LinqV2MessagingProvider({
      ...{ token: 'token-1', baseUrl, now: () => NOW, makeSecret: () => 'secret-1' },
      cardsAreSetUp: true,
      wait: (ms) => {
        waited.push(ms);
        return Promise.resolve();
      },
      ...changes,
    });
  const problem = async (call: Promise<unknown>): Promise<ProviderProblem> => {
    const outcome = await call.then(
      () => null,
      (error: unknown) => error,
    );
    expect(outcome).toBeInstanceOf(ProviderProblem);
    return outcome as ProviderProblem;
  };
  const asked = (): string[] =>
    linq.asked.map(({ method, path }) => `${method} ${path.replace('/api/partner/v2', '')}`);

  beforeAll(async () => {
    baseUrl = await linq.start();
  });
  afterAll(() => linq.stop());
  beforeEach(() => {
    waited.length = 0;
    provider = make();
  });

  describe('lines', () => {
    it('are read without a status and a reputation, which V2 has not', async () => {
      linq.answers(lines);
      const unknown = { reputation: null, status: null, listedBy: 'v2', forwardingNumber: null };
      expect(await provider.listLines()).toEqual([
        { providerLineId: '99', phoneNumber: LINE, ...unknown },
        { providerLineId: '100', phoneNumber: OTHER_LINE, ...unknown },
      ]);
      expect(asked()).toEqual(['GET /phone_numbers']);
      const { headers } = linq.asked[0]!;
      expect(headers['x-linq-integration-token']).toBe('token-1');
      expect(headers.authorization).toBeUndefined();
    });

    it.each([
      ['a page of a proxy', page],
      ['another shape', json(200, { numbers: [] })],
      ['a line without its number', json(200, { phone_numbers: [{ id: 1 }] })],
      ['nothing', empty],
    ])('are never read as fewer than they are from %s', async (_name, answer) => {
      linq.answers(answer);
      expect(await problem(provider.listLines())).toMatchObject({ kind: 'unavailable' });
    });
  });

  describe('chats', () => {
    const expected = {
      ...{ chatId: '324324', linePhoneNumber: LINE, participants: [PERSON], isGroup: false },
      ...{ health: 'HEALTHY', service: 'iMessage' },
    };
    const MESSAGES = 'GET /chats/324324/chat_messages?page=1&per_page=100';

    it('are put on the line that has written in them', async () => {
      linq.answers(
        json(200, { data: chat() }),
        lines,
        listed([row(2, { sent_from: PERSON }), row(1)]),
      );
      expect(await provider.chat('324324')).toEqual(expected);
      expect(asked()).toEqual(['GET /chats/324324', 'GET /phone_numbers', MESSAGES]);
    });

    it('or on the one that is a member, or on the one under which they are found', async () => {
      const handles = [{ phone_number: LINE }, { phone_number: PERSON }];
      linq.answers(json(200, { data: chat({ chat_handles: handles }) }), lines);
      expect(await provider.chat('324324')).toEqual(expected);
      expect(linq.asked).toHaveLength(2);
      const inbound = listed([row(1, { sent_from: PERSON })]);
      const elsewhere = found(chat({ id: 324325 }));
      linq.answers(json(200, { data: chat() }), lines, inbound, elsewhere, found(chat()));
      expect(await provider.chat('324324')).toEqual({ ...expected, linePhoneNumber: OTHER_LINE });
      expect(asked().slice(3)).toEqual(
        [LINE, OTHER_LINE].map((line) => {
          const query = new URLSearchParams([
            ['phone_number', line],
            ['phone_numbers[]', PERSON],
          ]);
          return `GET /chats/find?${query.toString()}`;
        }),
      );
    });

    it('on none of our lines are not found, and none is guessed', async () => {
      linq.answers(json(200, { data: chat() }), lines, listed([]), found(null));
      expect(await problem(provider.chat('324324'))).toMatchObject({ kind: 'not-found' });
    });

    it('that cannot be asked for are told apart before anything is sent', async () => {
      linq.answers(empty);
      for (const id of ['..', '', '0b6c1c56-8c5e-4c6e-9d52-0d9a1a7f0001', '1/2']) {
        expect(await problem(provider.chat(id))).toMatchObject({ kind: 'invalid' });
      }
      expect(linq.asked).toEqual([]);
    });

    it('of a line with a person are one, or none, and never a group', async () => {
      linq.answers(found(chat()));
      expect(await provider.chatsWith(LINE, PERSON)).toEqual([expected]);
      expect(new URL(linq.asked[0]!.path, baseUrl).searchParams.getAll('phone_numbers[]')).toEqual([
        PERSON,
      ]);
      linq.answers(found(null));
      expect(await provider.chatsWith(LINE, PERSON)).toEqual([]);
      linq.answers(found(chat({ group: true })));
      expect(await provider.chatsWith(LINE, PERSON)).toEqual([]);
      linq.answers(json(200, {}));
      expect(await problem(provider.chatsWith(LINE, PERSON))).toMatchObject({
        kind: 'unavailable',
      });
    });
  });

  describe('send', () => {
    it('goes into the known chat, as a form and as it was written', async () => {
      linq.answers(accepted);
      const lively = { ...text, text: 'Grüße,\n🎉 "quoted"\r\n--x' };
      expect(await provider.send(lively)).toEqual(SENT);
      expect(asked()).toEqual(['POST /chats/324324/chat_messages']);
      const { text: body, headers } = linq.asked[0]!;
      const boundary = /^multipart\/form-data; boundary=(\w+)$/.exec(headers['content-type'] ?? '');
      const of = (name: string): string => `content-disposition: form-data; name="${name}"\r\n\r\n`;
      expect(body.split(`--${boundary?.[1] ?? ''}`)).toEqual([
        '',
        `\r\n${of('message[text]')}${lively.text}\r\n`,
        `\r\n${of('message[idempotency_key]')}key-1\r\n`,
        '--\r\n',
      ]);
    });

    it('finds or makes the chat when none is known', async () => {
      linq.answers(created());
      expect(await provider.send({ ...text, chatId: null })).toEqual(SENT);
      expect(asked()).toEqual(['POST /chats']);
      expect(linq.asked[0]!.body).toEqual({
        send_from: LINE,
        chat: { phone_numbers: [PERSON] },
        message: { text: 'Hi', idempotency_key: 'key-1' },
      });
    });

    it('takes a repeated key, whose answer is the message of then', async () => {
      linq.answers(json(200, { data: { id: 27799380, delivery_status: 'delivered' } }));
      expect(await provider.send(text)).toEqual(SENT);
    });

    it('sends a digest for a key that V2 does not take, the same each time', async () => {
      const key = `canary-x-${PERSON}-1`;
      linq.answers(created());
      await provider.send({ ...text, chatId: null, idempotencyKey: key });
      expect(linq.asked[0]!.body).toMatchObject({
        message: { idempotency_key: createHash('sha256').update(key).digest('hex') },
      });
    });

    it('is over the rate limit when V2 took it and says so', async () => {
      linq.answers(created('rate_limit_exceeded'));
      expect(await problem(provider.send({ ...text, chatId: null }))).toMatchObject({
        kind: 'rate-limited',
      });
      expect(linq.asked).toHaveLength(1);
    });

    const lost = [
      ['a lost connection', hangUp],
      ['a broken server', refusal(500)],
      ['a page of a proxy', page],
      ['a time-out upstream', refusal(408)],
      ['an answer in another shape', json(201, { data: {} })],
    ] as const;

    it.each(lost)('after %s is looked for first, and found', async (_name, failure) => {
      linq.answers(failure, listed([row(27799380), row(5, { sent_from: PERSON })]));
      expect(await provider.send(text)).toEqual(SENT);
      expect(asked()).toEqual([
        'POST /chats/324324/chat_messages',
        'GET /chats/324324/chat_messages?page=1&per_page=100',
      ]);
      expect(waited).toEqual([1_000]);
    });

    it.each(lost)('after %s and a look at nothing goes out once more', async (_name, failure) => {
      linq.answers(failure, listed([]), accepted);
      expect(await provider.send(text)).toEqual(SENT);
      const [first, , again] = linq.asked;
      expect([again?.path, again?.text]).toEqual([first?.path, first?.text]);
    });

    it('that began a chat is looked for in the one that is found', async () => {
      linq.answers(hangUp, found(chat()), listed([row(27799380)]));
      expect(await provider.send({ ...text, chatId: null })).toEqual(SENT);
      linq.answers(hangUp, found(null), created());
      expect(await provider.send({ ...text, chatId: null })).toEqual(SENT);
      expect(linq.asked).toHaveLength(3);
    });

    it('is looked for at both ends of a long chat', async () => {
      linq.answers(hangUp, listed([row(1, { text: 'Older' })], 3), listed([row(27799380)], 3));
      expect(await provider.send(text)).toEqual(SENT);
      expect(asked()[2]).toBe('GET /chats/324324/chat_messages?page=3&per_page=100');
    });

    it.each([
      ['with another text', { text: 'Hi!' }],
      ['of the person', { sent_from: PERSON }],
      ['of another line', { sent_from: OTHER_LINE }],
      ['of earlier', { sent_at: '2026-07-01T09:59:54Z' }],
      ['of no time', { sent_at: 'soon' }],
    ])('is not taken for a message %s', async (_name, change) => {
      linq.answers(hangUp, listed([row(7, change)]), accepted);
      expect(await provider.send(text)).toEqual(SENT);
      expect(linq.asked).toHaveLength(3);
    });

    it('is not taken for an earlier one of the same words under another key', async () => {
      const earlier = json(201, { data: { id: 7, delivery_status: 'pending' } });
      linq.answers(earlier, hangUp, listed([row(7)]), accepted);
      await provider.send({ ...text, idempotencyKey: 'key-0' });
      expect(await provider.send(text)).toEqual(SENT);
      linq.answers(hangUp, listed([row(7), row(27799380)]));
      expect(await provider.send(text)).toEqual(SENT);
    });

    it('stays of unknown fate when the look tells too much or nothing, and is not sent again', async () => {
      for (const answer of [listed([row(7), row(8)]), hangUp, refusal(429), page]) {
        linq.answers(hangUp, answer);
        expect(await problem(provider.send(text))).toMatchObject({ kind: 'unknown-fate' });
        expect(asked().filter((each) => each.startsWith('POST'))).toHaveLength(1);
      }
    });

    it('stays of unknown fate after a second lost answer that left no trace', async () => {
      linq.answers(hangUp, listed([]), refusal(502), listed([]));
      expect(await problem(provider.send(text))).toMatchObject({ kind: 'unknown-fate' });
      expect(linq.asked).toHaveLength(4);
      expect(waited).toEqual([1_000, 2_000]);
    });

    it('stays of unknown fate when the second try is refused, unless the first is found then', async () => {
      linq.answers(hangUp, listed([]), refusal(422), listed([]));
      expect(await problem(provider.send(text))).toMatchObject({ kind: 'unknown-fate' });
      linq.answers(hangUp, listed([]), refusal(422), listed([row(27799380)]));
      expect(await provider.send(text)).toEqual(SENT);
    });

    it('is of unknown fate when no answer comes in time, or only its beginning', async () => {
      for (const failure of [silence, stall]) {
        linq.answers(failure, refusal(503));
        const hasty = make({ sendTimeoutMs: 60 });
        expect(await problem(hasty.send(text))).toMatchObject({ kind: 'unknown-fate' });
      }
    });

    it('is known not to have happened when nobody could be reached', async () => {
      const gone = new FakeLinq();
      const url = await gone.start();
      await gone.stop();
      for (const host of ['127.0.0.1', 'localhost']) {
        waited.length = 0;
        const call = make({ baseUrl: url.replace('127.0.0.1', host) }).send(text);
        expect(await problem(call)).toMatchObject({ kind: 'unavailable', code: null });
        expect(waited).toEqual([1_000]);
      }
    });

    it('goes out again, without a look, after what cannot have sent it', async () => {
      linq.answers(refusal(409), accepted);
      expect(await provider.send(text)).toEqual(SENT);
      linq.answers(refusal(409));
      expect(await problem(provider.send(text))).toMatchObject({ kind: 'try-again' });
      expect(linq.asked).toHaveLength(2);
    });

    it.each([
      [400, 'invalid'],
      [401, 'unauthorized'],
      [403, 'unauthorized'],
      [404, 'not-found'],
      [422, 'invalid'],
      [429, 'rate-limited'],
    ] as const)('refused with %i is %s, and is not tried again', async (status, kind) => {
      linq.answers(refusal(status));
      const { message, ...facts } = await problem(provider.send(text));
      expect(facts).toMatchObject({ kind, code: null, traceId: null, retryAfterSeconds: null });
      expect(message).not.toContain(PERSON);
      expect(linq.asked).toHaveLength(1);
      expect(waited).toEqual([]);
    });

    it('waits as long as a header says, and never reads the text for it', async () => {
      linq.answers(refusal(429, { 'retry-after': '9' }));
      expect(await problem(provider.send(text))).toMatchObject({ retryAfterSeconds: 9 });
    });

    it('does not follow a redirect with the token', async () => {
      const elsewhere = new FakeLinq();
      const url = await elsewhere.start();
      elsewhere.answers(accepted);
      linq.answers((response) => response.writeHead(307, { location: `${url}/v2/x` }).end());
      expect(await problem(provider.send(text))).toMatchObject({ kind: 'unavailable' });
      expect(elsewhere.asked).toEqual([]);
      await elsewhere.stop();
    });
  });

  describe('message', () => {
    it.each([
      ['pending', false, 'pending'],
      ['delivered', false, 'delivered'],
      ['delivered', true, 'read'],
      ['paused', false, 'queued'],
      ['service_unavailable', false, 'failed'],
      ['rate_limit_exceeded', false, 'failed'],
      ['teleported', false, 'teleported'],
    ])('with the status %s (read: %s) is %s', async (status, isRead, expected) => {
      const sentAt = '2026-07-01T10:00:01Z';
      const data = { id: 1, delivery_status: status, is_read: isRead, sent_at: sentAt };
      linq.answers(json(200, { data }));
      expect(await provider.message(SENT.messageId)).toEqual({
        status: expected,
        at: Date.UTC(2026, 6, 1, 10, 0, 1),
      });
      expect(asked()).toEqual(['GET /chats/324324/chat_messages/27799380']);
    });

    it('is null only when Linq itself does not know it, or it is none of V2', async () => {
      linq.answers(refusal(404));
      expect(await provider.message(SENT.messageId)).toBeNull();
      linq.answers((response) => response.writeHead(404).end('no such page'));
      expect(await problem(provider.message(SENT.messageId))).toMatchObject({
        kind: 'unavailable',
      });
      linq.answers(empty);
      for (const id of ['6e2d3c8e-0a5c-4b0e-8f3b-7f7b4a1c0002', '1', '1/2/3', '../2']) {
        expect(await provider.message(id)).toBeNull();
      }
      expect(linq.asked).toEqual([]);
    });
  });

  describe('reads', () => {
    it.each([
      ['a lost connection', hangUp],
      ['a broken server', refusal(500)],
    ])('are unavailable after %s and not tried again', async (_name, failure) => {
      linq.answers(failure);
      expect(await problem(provider.listLines())).toMatchObject({ kind: 'unavailable' });
      expect(linq.asked).toHaveLength(1);
    });

    it('are given up after their time, in the middle of an answer too', async () => {
      for (const failure of [silence, stall]) {
        linq.answers(failure);
        const hasty = make({ readTimeoutMs: 60 });
        expect(await problem(hasty.listLines())).toMatchObject({ kind: 'unavailable' });
      }
    });
  });

  describe('contact cards', () => {
    it('are there when the operator says so, and are never made', async () => {
      linq.answers(empty);
      expect(await provider.hasContactCard(LINE)).toBe(true);
      expect(await make({ cardsAreSetUp: false }).hasContactCard(LINE)).toBe(false);
      expect(await problem(provider.setContactCard(LINE, 'Ada'))).toMatchObject({
        kind: 'invalid',
      });
      expect(linq.asked).toEqual([]);
    });

    it('are shared into a chat', async () => {
      linq.answers((response) => response.writeHead(201).end());
      await expect(provider.shareContactCard('324324')).resolves.toBeUndefined();
      expect(asked()).toEqual(['POST /chats/324324/share_contact']);
      linq.answers(refusal(404));
      expect(await problem(provider.shareContactCard('324324'))).toMatchObject({
        kind: 'not-found',
      });
    });
  });

  describe('reading back', () => {
    const here = { chatId: '324324', linePhoneNumber: LINE };

    it('goes over the chats of a line by the numbers of their pages', async () => {
      const group = { id: 2, group: true, chat_handles: [{ phone_number: PERSON.slice(2) }] };
      linq.answers(listed([chat(), { odd: true }, chat(group)], 2), listed([], 2));
      expect(await provider.chatsOf(LINE, null)).toEqual({
        rows: [
          { ...here, participants: [PERSON], isGroup: false, ...UNTOLD },
          { ...here, chatId: '2', participants: [PERSON], isGroup: true, ...UNTOLD },
        ],
        unreadable: 1,
        next: '2',
      });
      expect(await provider.chatsOf(LINE, '2')).toEqual({ rows: [], unreadable: 0, next: null });
      const number = encodeURIComponent(LINE);
      expect(asked()).toEqual([
        `GET /chats?phone_number=${number}&page=1&per_page=100`,
        `GET /chats?phone_number=${number}&page=2&per_page=100`,
      ]);
    });

    it('tells what came in from what went out', async () => {
      linq.answers(
        listed([
          row(3, { delivery_status: 'delivered', sent_from: LINE.slice(2) }),
          row(2, { delivery_status: 'delivered', sent_from: PERSON, text: 'A\u0000\ud83d' }),
          row(1, { sent_at: null }),
        ]),
      );
      const at = Date.UTC(2026, 6, 1, 10);
      const common = { at, madeAt: at, service: null };
      expect(await provider.messagesOf(here, null)).toEqual({
        rows: [
          {
            ...{ messageId: '324324/3', direction: 'out', status: 'delivered', from: LINE },
            ...{ text: 'Hi', ...common },
          },
          {
            ...{ messageId: '324324/2', direction: 'in', status: 'received', from: PERSON },
            ...{ text: 'A\ufffd', ...common },
          },
        ],
        unreadable: 1,
        next: null,
      });
      expect(asked()).toEqual(['GET /chats/324324/chat_messages?page=1&per_page=100']);
    });

    it.each([
      ['pending', {}, 'sent'],
      ['a word of tomorrow', {}, 'sent'],
      [null, {}, 'sent'],
      ['paused', {}, 'waiting'],
      ['delivered', { is_read: true }, 'read'],
      ['service_unavailable', {}, 'failed'],
    ])('reads a delivery status of %s', async (status, more, expected) => {
      linq.answers(listed([row(1, { delivery_status: status, ...more })]));
      const { rows } = await provider.messagesOf(here, null);
      expect(rows).toMatchObject([{ status: expected }]);
    });

    it('gives up on a list of which nothing can be read, and on a chat of another version', async () => {
      linq.answers(listed([{ odd: true }]));
      expect(await problem(provider.chatsOf(LINE, null))).toMatchObject({ kind: 'unavailable' });
      const chatId = '6e2d3c8e-0a5c-4b0e-8f3b-7f7b4a1c0002';
      expect(await problem(provider.messagesOf({ ...here, chatId }, null))).toMatchObject({
        kind: 'invalid',
      });
    });
  });

  describe('subscriptions', () => {
    it('are complete when they bring what we need, signed', async () => {
      const of = (id: number, changes: object = {}): object => ({
        ...{ id, webhook_url: 'https://app.example/hook', version: 2, active: true },
        ...{ events: [...V2_SUBSCRIBED_EVENTS, 'something.new'], secret_configured: true },
        ...changes,
      });
      linq.answers(
        json(200, {
          webhook_subscriptions: [
            of(1),
            of(2, { active: false }),
            of(3, { events: ['message.sent'] }),
            of(4, { secret_configured: false }),
          ],
        }),
      );
      const common = { targetUrl: 'https://app.example/hook', filtered: false };
      expect(await provider.subscriptions()).toEqual([
        { ...common, id: '1', active: true, complete: true },
        { ...common, id: '2', active: false, complete: true },
        { ...common, id: '3', active: true, complete: false },
        { ...common, id: '4', active: true, complete: false },
      ]);
    });

    it('are made with a secret of our own', async () => {
      linq.answers(json(201, { webhook_subscription: { id: 7 } }));
      expect(await provider.subscribe('https://app.example/hook')).toEqual({
        id: '7',
        secret: 'secret-1',
      });
      expect(linq.asked[0]!.body).toEqual({
        webhook_subscription: {
          ...{ webhook_url: 'https://app.example/hook', version: 2, active: true },
          ...{ events: [...V2_SUBSCRIBED_EVENTS], secret: 'secret-1' },
        },
      });
    });

    it('are ended; their refusals have another form', async () => {
      linq.answers(empty);
      await expect(provider.unsubscribe('7')).resolves.toBeUndefined();
      expect(asked()).toEqual(['DELETE /webhook_subscriptions/7']);
      linq.answers(json(404, { status: 404, error_code: 'x', message: 'y', errors: ['z'] }));
      expect(await problem(provider.unsubscribe('7'))).toMatchObject({ kind: 'not-found' });
    });
  });
});
