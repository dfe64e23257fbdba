import type { ServerResponse } from 'node:http';
import { ProviderProblem } from '@linekeeper/application';
import {
  empty,
  type FakeAnswer,
  FakeLinq,
  hangUp,
  json as plain,
  page,
  silence,
  stall,
} from '../../../../test/support/fake-linq';
import { LinqMessagingProvider } from './linq-messaging-provider';
import { SUBSCRIBED_EVENTS } from './subscribed-events';
import { versionedTarget } from './webhook-target';

const LINE = '+12025550101';
const PERSON = '+14155550123';
const TRACE = '2eff5df5c6f688733c007523c4d61cd9';

const json = (status: number, body: unknown, headers: Record<string, string> = {}): FakeAnswer =>
  plain(status, body, { 'x-trace-id': TRACE, ...headers });
const refusal = (status: number, code: number, more: object = {}): FakeAnswer =>
  json(status, {
    success: false,
    error: { status, code, message: `About ${PERSON}`, ...more },
    trace_id: TRACE,
  });

const chat = (id: string, changes: object = {}): object => ({
  id,
  display_name: null,
  is_group: false,
  service: 'iMessage',
  created_at: '2026-07-01T10:00:00Z',
  updated_at: '2026-07-01T10:00:00Z',
  health_status: { status: 'HEALTHY', doc_url: 'x', updated_at: '2026-07-01T10:00:00Z' },
  handles: [
    { id: 'h1', handle: LINE, is_me: true, service: 'iMessage', status: 'active' },
    { id: 'h2', handle: PERSON, is_me: false, service: 'iMessage', status: 'active' },
  ],
  ...changes,
});
const accepted = json(202, { chat_id: 'chat-1', message: { id: 'message-1' } });
const text = {
  fromPhoneNumber: LINE,
  to: PERSON,
  chatId: 'chat-1',
  text: 'Hi',
  idempotencyKey: 'key-1',
};

describe('LinqMessagingProvider', () => {
  const linq = new FakeLinq();
  const waited: number[] = [];
  let baseUrl = '';
  let provider: LinqMessagingProvider;

  const make = (changes: object = {}): LinqMessagingProvider =>
    new LinqMessagingProvider({
      apiKey: 'token-1',
      baseUrl,
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

  beforeAll(async () => {
    baseUrl = await linq.start();
  });
  afterAll(() => linq.stop());
  beforeEach(() => {
    waited.length = 0;
    provider = make();
  });

  describe('lines', () => {
    it('are read with their reputation under either name, and a status where there is one', async () => {
      const of = (id: string, more: object): object => ({ id, phone_number: `+1${id}`, ...more });
      linq.answers(
        json(200, {
          phone_numbers: [
            of('1', { reputation: { status: 'AT_RISK' }, health_status: { status: 'HEALTHY' } }),
            of('2', { health_status: { status: 'CRITICAL' }, status: 'FLAGGED' }),
            of('3', { reputation: { status: 'SPLENDID' }, status: 'ASSIGNED' }),
            of('4', { reputation: null }),
          ],
        }),
      );
      expect(await provider.listLines()).toMatchObject([
        { providerLineId: '1', phoneNumber: '+11', reputation: 'AT_RISK', status: null },
        { providerLineId: '2', phoneNumber: '+12', reputation: 'CRITICAL', status: 'FLAGGED' },
        { providerLineId: '3', phoneNumber: '+13', reputation: null, status: null },
        { providerLineId: '4', phoneNumber: '+14', reputation: null, status: null },
      ]);
      expect(linq.asked).toMatchObject([
        {
          method: 'GET',
          path: '/api/partner/v3/phone_numbers',
          headers: { authorization: 'Bearer token-1' },
        },
      ]);
    });

    it.each([
      ['a page of a proxy', page],
      ['another shape', json(200, { numbers: [] })],
      ['a line without its number', json(200, { phone_numbers: [{ id: '1' }] })],
      ['nothing', empty],
    ])('are never read as fewer than they are from %s', async (_name, answer) => {
      linq.answers(answer);
      expect(await problem(provider.listLines())).toMatchObject({ kind: 'unavailable' });
    });
  });

  describe('chats', () => {
    it('name the line and the others who are still there', async () => {
      const handles = [
        { handle: PERSON, is_me: false, status: 'active' },
        { handle: 'gone@example.com', is_me: false, status: 'left' },
        { handle: LINE, is_me: true },
      ];
      linq.answers(json(200, chat('chat/1', { handles, health_status: { status: 'OPTED_OUT' } })));
      expect(await provider.chat('chat/1')).toEqual({
        chatId: 'chat/1',
        linePhoneNumber: LINE,
        participants: [PERSON],
        isGroup: false,
        health: 'OPTED_OUT',
        service: 'iMessage',
      });
      expect(linq.asked[0]?.path).toBe('/api/partner/v3/chats/chat%2F1');
    });

    it.each([
      [undefined, 'HEALTHY'],
      [{ status: 'CRITICAL' }, 'CRITICAL'],
      [{ status: 'SHAKY' }, 'AT_RISK'],
    ])('with the health %j are %s', async (health, expected) => {
      linq.answers(json(200, chat('chat-1', { health_status: health })));
      expect(await provider.chat('chat-1')).toMatchObject({ health: expected });
    });

    it('without a line of ours are refused', async () => {
      linq.answers(json(200, chat('chat-1', { handles: [{ handle: PERSON }] })));
      expect(await problem(provider.chat('chat-1'))).toMatchObject({ kind: 'unavailable' });
    });

    it('that cannot be asked for are told apart before anything is sent', async () => {
      linq.answers(empty);
      expect(await problem(provider.chat('..'))).toMatchObject({ kind: 'invalid' });
      expect(linq.asked).toEqual([]);
    });

    it('of a line with a person are read over all pages, newest first and without groups', async () => {
      const other = [{ handle: '+12025550199', is_me: true }, { handle: PERSON }];
      linq.answers(
        json(200, {
          chats: [
            chat('old', { updated_at: '2026-07-01T10:00:00Z' }),
            chat('group', { is_group: true }),
            chat('elsewhere', { handles: other }),
          ],
          next_cursor: '20',
        }),
        json(200, {
          chats: [
            chat('new', { updated_at: '2026-07-02T10:00:00Z' }),
            chat('left', { handles: [] }),
          ],
          next_cursor: null,
        }),
      );
      const found = await provider.chatsWith(LINE, PERSON);
      expect(found.map(({ chatId }) => chatId)).toEqual(['new', 'old']);
      const queries = linq.asked.map(({ path }) => new URL(path, baseUrl).searchParams);
      expect(queries.map((query) => Object.fromEntries(query))).toEqual([
        { from: LINE, to: PERSON, limit: '100' },
        { from: LINE, to: PERSON, limit: '100', cursor: '20' },
      ]);
    });

    it('end even when the list does not', async () => {
      let cursor = 0;
      linq.answers((response, asked) => {
        cursor += 1;
        json(200, { chats: [], next_cursor: String(cursor) })(response, asked);
      });
      expect(await provider.chatsWith(LINE, PERSON)).toEqual([]);
      expect(linq.asked).toHaveLength(10);
      linq.answers(json(200, { chats: [], next_cursor: 'same' }));
      expect(await provider.chatsWith(LINE, PERSON)).toEqual([]);
      expect(linq.asked).toHaveLength(2);
    });

    it.each([
      ['a page of a proxy', page],
      ['another shape', json(200, {})],
    ])('are never read as none from %s', async (_name, answer) => {
      linq.answers(answer);
      expect(await problem(provider.chatsWith(LINE, PERSON))).toMatchObject({
        kind: 'unavailable',
      });
    });
  });

  describe('the list of the chats of a line', () => {
    it('is read page by page, with when something last happened and how the provider judges them', async () => {
      const group = [
        { handle: LINE, is_me: true },
        { handle: PERSON },
        { handle: 'ada@example.com' },
        { handle: 'gone@example.com', status: 'left' },
      ];
      linq.answers(
        json(200, {
          chats: [
            chat('one', { updated_at: '2026-07-02T10:00:00.123456789Z', is_group: null }),
            chat('two', { handles: group, is_group: null, health_status: { status: 'SPLENDID' } }),
            chat('three', { updated_at: null, created_at: null }),
          ],
          next_cursor: 'more',
        }),
      );
      expect(await provider.chatsOf(LINE, null)).toEqual({
        rows: [
          {
            chatId: 'one',
            linePhoneNumber: LINE,
            participants: [PERSON],
            isGroup: false,
            health: { health: 'HEALTHY', at: Date.parse('2026-07-01T10:00:00Z') },
            service: 'iMessage',
            createdAt: Date.parse('2026-07-01T10:00:00Z'),
            updatedAt: Date.parse('2026-07-02T10:00:00.123Z'),
            messages: null,
          },
          expect.objectContaining({
            chatId: 'two',
            participants: [PERSON, 'ada@example.com'],
            isGroup: true,
            health: null,
          }),
          expect.objectContaining({ chatId: 'three', createdAt: null, updatedAt: null }),
        ],
        unreadable: 0,
        next: 'more',
      });
      await provider.chatsOf(LINE, 'more');
      const queries = linq.asked.map(({ path }) => new URL(path, baseUrl).searchParams);
      expect(queries.map((query) => Object.fromEntries(query))).toEqual([
        { from: LINE, limit: '100' },
        { from: LINE, limit: '100', cursor: 'more' },
      ]);
    });

    it('leaves out what is of another line or of none, and counts what cannot be read', async () => {
      linq.answers(
        json(200, {
          chats: [
            chat('ours'),
            chat('left', { handles: [{ handle: PERSON }] }),
            chat('elsewhere', { handles: [{ handle: '+12025550199', is_me: true }] }),
            chat('', {}),
            'no chat',
          ],
        }),
      );
      const { rows, unreadable, next } = await provider.chatsOf(LINE, null);
      expect(rows.map(({ chatId }) => chatId)).toEqual(['ours']);
      expect({ unreadable, next }).toEqual({ unreadable: 2, next: null });
    });

    it.each([
      ['a page of a proxy', page],
      ['another shape', json(200, {})],
      ['rows of which none can be read', json(200, { chats: [{ chat_id: 'one' }] })],
    ])('is never read as empty from %s', async (_name, answer) => {
      linq.answers(answer);
      expect(await problem(provider.chatsOf(LINE, null))).toMatchObject({ kind: 'unavailable' });
    });

    it.each([
      ['an empty page with a cursor', { chats: [], next_cursor: '20' }, null],
      ['a cursor that leads back to itself', { chats: [chat('one')], next_cursor: '20' }, '20'],
      ['an empty cursor', { chats: [chat('one')], next_cursor: '' }, null],
    ])('ends with %s', async (_name, answer, cursor) => {
      linq.answers(json(200, answer));
      expect(await provider.chatsOf(LINE, cursor)).toMatchObject({ next: null });
    });
  });

  describe('the list of the messages of a chat', () => {
    const MADE = '2026-07-01T10:00:00Z';
    const message = (id: string, changes: object = {}): object => ({
      id,
      is_from_me: true,
      delivery_status: 'sent',
      created_at: MADE,
      sent_at: '2026-07-01T10:20:00Z',
      service: 'iMessage',
      parts: [{ type: 'text', value: 'Hi' }],
      from_handle: { handle: LINE, is_me: true },
      ...changes,
    });

    it('tells who wrote what, when it was sent and what became of it', async () => {
      const inbound = {
        is_from_me: false,
        delivery_status: 'read',
        from_handle: { handle: PERSON },
      };
      linq.answers(
        json(200, {
          messages: [
            message('out'),
            message('in', {
              ...inbound,
              parts: [
                { type: 'text', value: 'ST' },
                { type: 'media' },
                { type: 'text', value: 'OP' },
              ],
            }),
            message('old', { ...inbound, from_handle: null, from: PERSON, parts: null }),
          ],
          next_cursor: '100',
        }),
      );
      const at = Date.parse('2026-07-01T10:20:00Z');
      const common = { at, madeAt: Date.parse(MADE), service: 'iMessage' };
      expect(await provider.messagesOf({ chatId: 'chat/1' }, null)).toEqual({
        rows: [
          { ...common, messageId: 'out', direction: 'out', status: 'sent', from: LINE, text: 'Hi' },
          {
            ...common,
            messageId: 'in',
            direction: 'in',
            status: 'received',
            from: PERSON,
            text: 'ST\nOP',
          },
          {
            ...common,
            messageId: 'old',
            direction: 'in',
            status: 'received',
            from: PERSON,
            text: '',
          },
        ],
        unreadable: 0,
        next: '100',
      });
      expect(linq.asked[0]?.path).toBe('/api/partner/v3/chats/chat%2F1/messages?limit=100');
    });

    it.each([
      ['pending', null, 'waiting'],
      ['queued', MADE, 'waiting'],
      ['delivered', MADE, 'delivered'],
      ['failed', null, 'failed'],
      ['a new word', MADE, 'sent'],
      ['a new word', null, 'waiting'],
      [null, MADE, 'sent'],
    ])('takes %j, sent at %j, for %s', async (delivery_status, sent_at, status) => {
      linq.answers(json(200, { messages: [message('one', { delivery_status, sent_at })] }));
      expect((await provider.messagesOf({ chatId: 'chat-1' }, null)).rows).toMatchObject([
        { status },
      ]);
    });

    it('counts messages that cannot be read, and none of which no instant is told', async () => {
      const timeless = message('two', { created_at: null, sent_at: 'yesterday' });
      linq.answers(json(200, { messages: [message('one'), timeless, { id: 'three' }] }));
      const { rows, unreadable } = await provider.messagesOf({ chatId: 'chat-1' }, null);
      expect(rows.map(({ messageId }) => messageId)).toEqual(['one']);
      expect(unreadable).toBe(2);
    });

    it('is refused like any read', async () => {
      linq.answers(refusal(404, 2001));
      expect(await problem(provider.messagesOf({ chatId: 'chat-1' }, null))).toMatchObject({
        kind: 'not-found',
      });
      linq.answers(refusal(429, 1007, { retry_after: 30 }));
      expect(await problem(provider.messagesOf({ chatId: 'chat-1' }, null))).toMatchObject({
        kind: 'rate-limited',
        retryAfterSeconds: 30,
      });
    });
  });

  describe('send', () => {
    it('goes into the known chat', async () => {
      linq.answers(accepted);
      expect(await provider.send(text)).toEqual({ messageId: 'message-1', chatId: 'chat-1' });
      expect(linq.asked).toMatchObject([
        {
          method: 'POST',
          path: '/api/partner/v3/chats/chat-1/messages',
          body: {
            message: { parts: [{ type: 'text', value: 'Hi' }], idempotency_key: 'key-1' },
          },
        },
      ]);
    });

    it('finds or makes the chat when none is known', async () => {
      linq.answers(json(201, { chat: { id: 'chat-2', message: { id: 'message-2' } } }));
      expect(await provider.send({ ...text, chatId: null })).toEqual({
        messageId: 'message-2',
        chatId: 'chat-2',
      });
      expect(linq.asked).toMatchObject([
        {
          method: 'POST',
          path: '/api/partner/v3/chats',
          body: {
            from: LINE,
            to: [PERSON],
            message: { parts: [{ type: 'text', value: 'Hi' }], idempotency_key: 'key-1' },
          },
        },
      ]);
    });

    it.each([
      ['a lost connection', hangUp],
      ['a broken server', refusal(500, 3006)],
      ['a broken gateway', page],
      ['a gateway without a body', (response: ServerResponse) => response.writeHead(502).end()],
      ['an unavailable service', refusal(503, 4004)],
      ['a time-out upstream', (response: ServerResponse) => response.writeHead(408).end()],
      ['a chat in the making', refusal(409, 2009)],
      ['an answer in another shape', json(202, { message: {} })],
    ])('is tried again with the same key after %s', async (_name, failure) => {
      linq.answers(failure, failure, accepted);
      expect(await provider.send(text)).toEqual({ messageId: 'message-1', chatId: 'chat-1' });
      expect(waited).toEqual([1_000, 2_000]);
      const [first, ...others] = linq.asked.map(({ path, body }) => ({ path, body }));
      expect(others).toEqual([first, first]);
    });

    it('is of unknown fate when three answers are lost', async () => {
      for (const failure of [hangUp, refusal(504, 3005), json(200, null)]) {
        linq.answers(failure);
        expect(await problem(provider.send(text))).toMatchObject({ kind: 'unknown-fate' });
        expect(linq.asked).toHaveLength(3);
      }
    });

    it('is of unknown fate when no answer comes in time, or only its beginning', async () => {
      for (const failure of [silence, stall]) {
        linq.answers(failure);
        const hasty = make({ sendTimeoutMs: 60 });
        expect(await problem(hasty.send(text))).toMatchObject({ kind: 'unknown-fate' });
        expect(linq.asked).toHaveLength(3);
      }
    });

    it('stays of unknown fate when a later try is refused: the first may have been accepted', async () => {
      linq.answers(hangUp, refusal(403, 2027));
      expect(await problem(provider.send(text))).toMatchObject({
        kind: 'unknown-fate',
        code: 2027,
        traceId: TRACE,
      });
      expect(linq.asked).toHaveLength(2);
    });

    it('is known not to have happened when nobody could be reached', async () => {
      const gone = new FakeLinq();
      const url = await gone.start();
      await gone.stop();
      // The name has an address in each family, the number only one: Node tells of them differently.
      for (const host of ['127.0.0.1', 'localhost']) {
        waited.length = 0;
        const call = make({ baseUrl: url.replace('127.0.0.1', host) }).send(text);
        expect(await problem(call)).toMatchObject({ kind: 'unavailable', code: null });
        expect(waited).toHaveLength(2);
      }
    });

    it('ends as try-again when the chat is still in the making', async () => {
      linq.answers(refusal(409, 2009));
      expect(await problem(provider.send(text))).toMatchObject({ kind: 'try-again', code: 2009 });
      expect(linq.asked).toHaveLength(3);
    });

    it.each([
      [400, 1002, 'invalid'],
      [400, 1005, 'invalid'],
      [422, 1003, 'invalid'],
      [422, 4005, 'invalid'],
      [401, 2004, 'unauthorized'],
      [403, 2005, 'unauthorized'],
      [403, 2006, 'line-not-ours'],
      [403, 2008, 'recipient-not-allowed'],
      [403, 2024, 'recipient-opted-out'],
      [403, 2026, 'recipient-blocked'],
      [403, 2027, 'line-ineligible'],
      [404, 2001, 'not-found'],
      [409, 2013, 'not-found'],
      [409, 2015, 'no-line'],
      [409, 2018, 'invalid'],
      [429, 1007, 'rate-limited'],
      // The code decides, not the status beside it.
      [500, 2024, 'recipient-opted-out'],
      [400, 2999, 'invalid'],
      [403, 2999, 'unauthorized'],
    ] as const)('refused with %i/%i is %s, and is not tried again', async (status, code, kind) => {
      linq.answers(refusal(status, code));
      const { message, ...facts } = await problem(provider.send(text));
      expect(facts).toMatchObject({ kind, code, traceId: TRACE });
      expect(message).not.toContain(PERSON);
      expect(linq.asked).toHaveLength(1);
      expect(waited).toEqual([]);
    });

    it('does not follow a redirect with the token', async () => {
      const elsewhere = new FakeLinq();
      const url = await elsewhere.start();
      elsewhere.answers(accepted);
      linq.answers((response) => response.writeHead(307, { location: `${url}/v3/x` }).end());
      expect(await problem(provider.send(text))).toMatchObject({ kind: 'unavailable' });
      expect(elsewhere.asked).toEqual([]);
      await elsewhere.stop();
    });
  });

  describe('rate limits', () => {
    const limited = async (answer: FakeAnswer): Promise<number | null> => {
      linq.answers(answer);
      const found = await problem(provider.send(text));
      expect(found.kind).toBe('rate-limited');
      return found.retryAfterSeconds;
    };
    const withHeader = (headers: Record<string, string>, more: object = {}): FakeAnswer =>
      json(429, { error: { code: 1007, ...more } }, headers);

    it('tell how long to wait, from the body or else the header', async () => {
      expect(await limited(withHeader({ 'retry-after': '9' }, { retry_after: 45 }))).toBe(45);
      expect(await limited(withHeader({ 'retry-after': '9' }))).toBe(9);
      expect(await limited(withHeader({ 'retry-after': '0.5' }, { retry_after: 'soon' }))).toBe(1);
      expect(await limited(withHeader({}))).toBeNull();
      expect(await limited(withHeader({ 'retry-after': 'soon' }))).toBeNull();
    });

    it("count a date from the answer's own", async () => {
      const date = 'Wed, 01 Jul 2026 10:00:00 GMT';
      const later = 'Wed, 01 Jul 2026 10:00:30 GMT';
      expect(await limited(withHeader({ date, 'retry-after': later }))).toBe(30);
      expect(await limited(withHeader({ date: later, 'retry-after': date }))).toBe(0);
    });
  });

  describe('message', () => {
    it('is read back', async () => {
      linq.answers(
        json(200, {
          id: 'message-1',
          delivery_status: 'delivered',
          created_at: '2026-07-01T10:00:00Z',
          sent_at: '2026-07-01T10:00:01.5Z',
        }),
        json(200, { delivery_status: 'queued', created_at: '2026-07-01T10:00:00Z', sent_at: null }),
        json(200, { delivery_status: 'teleported' }),
      );
      expect(await provider.message('message-1')).toEqual({
        status: 'delivered',
        at: Date.UTC(2026, 6, 1, 10, 0, 1, 500),
      });
      expect(await provider.message('message-1')).toEqual({
        status: 'queued',
        at: Date.UTC(2026, 6, 1, 10),
      });
      expect(await provider.message('message-1')).toEqual({ status: 'teleported', at: null });
    });

    it('is null only when Linq itself does not know it', async () => {
      linq.answers(refusal(404, 2002));
      expect(await provider.message('message-1')).toBeNull();
      linq.answers((response) => response.writeHead(404).end('no such page'));
      expect(await problem(provider.message('message-1'))).toMatchObject({ kind: 'unavailable' });
    });
  });

  describe('reads', () => {
    it.each([
      ['a lost connection', hangUp],
      ['a broken server', refusal(500, 3006)],
    ])('are unavailable after %s and not tried again', async (_name, failure) => {
      linq.answers(failure);
      expect(await problem(provider.chat('chat-1'))).toMatchObject({ kind: 'unavailable' });
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
    it('are there when the line has an active one of its own', async () => {
      const of = (phoneNumber: string, active: boolean): FakeAnswer =>
        json(200, { contact_cards: [{ phone_number: phoneNumber, is_active: active }] });
      linq.answers(of(LINE, true), of(LINE, false), of('+1', true), refusal(404, 2012));
      const found: boolean[] = [];
      for (let i = 0; i < 4; i += 1) found.push(await provider.hasContactCard(LINE));
      expect(found).toEqual([true, false, false, false]);
      expect(linq.asked[0]?.path).toBe('/api/partner/v3/contact_card?phone_number=%2B12025550101');
    });

    it('are made, or renamed when there is one', async () => {
      linq.answers(json(200, {}));
      await provider.setContactCard(LINE, 'Ada', null);
      expect(linq.asked).toMatchObject([
        { method: 'POST', body: { phone_number: LINE, first_name: 'Ada' } },
      ]);
      linq.answers(refusal(409, 2014), json(200, {}));
      await provider.setContactCard(LINE, 'Ada', null);
      expect(linq.asked[1]).toMatchObject({
        method: 'PATCH',
        path: '/api/partner/v3/contact_card?phone_number=%2B12025550101',
        body: { first_name: 'Ada' },
      });
      linq.answers(refusal(500, 2022));
      expect(await problem(provider.setContactCard(LINE, 'Ada', null))).toMatchObject({
        kind: 'try-again',
      });
    });

    it('are told as the provider has them', async () => {
      const told = { phone_number: LINE, is_active: false, first_name: 'Ada', last_name: 'Ray' };
      const all = (card: object) => json(200, { contact_cards: [card] });
      const whole = { ...told, image_url: 'https://cdn.linqapp.com/a.jpg', is_active: true };
      linq.answers(all(told), all(whole), refusal(404, 2012));
      expect(await provider.contactCard(LINE)).toEqual({
        ...{ isActive: false, name: 'Ada Ray', hasPhoto: false },
      });
      expect(await provider.contactCard(LINE)).toMatchObject({ isActive: true, hasPhoto: true });
      expect(await provider.contactCard(LINE)).toBeNull();
    });

    it('have a photo when one is given', async () => {
      linq.answers(json(200, {}));
      await provider.setContactCard(LINE, 'Ada', 'https://lines.example/a.jpg');
      expect(linq.asked[0]?.body).toMatchObject({ image_url: 'https://lines.example/a.jpg' });
    });

    it('are shared into a chat', async () => {
      linq.answers(empty);
      await expect(provider.shareContactCard('chat-1')).resolves.toBeUndefined();
      expect(linq.asked).toMatchObject([
        { method: 'POST', path: '/api/partner/v3/chats/chat-1/share_contact_card', body: null },
      ]);
      linq.answers(refusal(404, 2012));
      expect(await problem(provider.shareContactCard('chat-1'))).toMatchObject({
        kind: 'not-found',
        code: 2012,
      });
    });
  });

  describe('files', () => {
    const file = {
      ...{ name: 'contact.vcf', contentType: 'text/vcard' as const },
      bytes: new TextEncoder().encode('BEGIN:VCARD'),
    };
    const place = (path: string): FakeAnswer =>
      json(200, {
        attachment_id: 'file-1',
        upload_url: new URL(path, baseUrl).href,
        required_headers: { 'Content-Type': 'text/vcard' },
      });
    const put: FakeAnswer = (response) => void response.writeHead(200).end();

    it('are announced, then put where the provider says, without our key', async () => {
      linq.answers(place('/uploads/1?signed'), put);
      expect(await provider.uploadFile(file)).toBe('file-1');
      expect(linq.asked).toMatchObject([
        {
          ...{ method: 'POST', path: '/api/partner/v3/attachments' },
          body: { filename: 'contact.vcf', content_type: 'text/vcard', size_bytes: 11 },
        },
        { method: 'PUT', path: '/uploads/1?signed', text: 'BEGIN:VCARD' },
      ]);
      expect(linq.asked[1]?.headers).toMatchObject({ 'content-type': 'text/vcard' });
      expect(linq.asked[1]?.headers.authorization).toBeUndefined();
    });

    it.each<[string, FakeAnswer]>([
      ['refused', (response) => void response.writeHead(403).end()],
      ['sent elsewhere', (response) => void response.writeHead(302, { location: '/x' }).end()],
    ])('are tried again later when they are %s', async (_name, answer) => {
      linq.answers(place('/uploads/1'), answer);
      expect(await problem(provider.uploadFile(file))).toMatchObject({ kind: 'try-again' });
      expect(linq.asked).toHaveLength(2);
    });

    it('are sent by the name that the provider gave them', async () => {
      linq.answers(json(202, { chat_id: 'chat-1', message: { id: 'message-1' } }));
      await provider.send({ ...text, attachmentId: 'file-1' });
      expect(linq.asked[0]?.body).toMatchObject({
        message: { parts: [{ type: 'media', attachment_id: 'file-1' }] },
      });
    });
  });

  describe('subscriptions', () => {
    it('are listed', async () => {
      const all: readonly string[] = [...SUBSCRIBED_EVENTS, 'something.new'];
      const of = (id: string, phoneNumbers: unknown, events = all): object => ({
        id,
        target_url: 'https://app.example/hook?version=2026-02-03',
        subscribed_events: events,
        is_active: id !== 'c',
        phone_numbers: phoneNumbers,
      });
      linq.answers(
        json(200, {
          subscriptions: [
            of('a', null),
            of('b', [LINE]),
            of('c', []),
            of(
              'd',
              null,
              all.filter((event) => event !== 'message.received'),
            ),
          ],
        }),
      );
      const common = { targetUrl: 'https://app.example/hook?version=2026-02-03', complete: true };
      expect(await provider.subscriptions()).toEqual([
        { ...common, id: 'a', active: true, filtered: false },
        { ...common, id: 'b', active: true, filtered: true },
        { ...common, id: 'c', active: false, filtered: false },
        { ...common, id: 'd', active: true, filtered: false, complete: false },
      ]);
    });

    it('are made for all lines, for what we need, in one version', async () => {
      linq.answers(json(201, { id: 'a', signing_secret: 'whsec_AA==' }));
      expect(await provider.subscribe('https://app.example/hook')).toEqual({
        id: 'a',
        secret: 'whsec_AA==',
      });
      expect(linq.asked[0]?.body).toEqual({
        target_url: 'https://app.example/hook?version=2026-02-03',
        subscribed_events: [...SUBSCRIBED_EVENTS],
      });
      linq.answers(json(201, { id: 'a' }));
      expect(await problem(provider.subscribe('https://app.example/hook'))).toMatchObject({
        kind: 'unavailable',
      });
    });

    it('are ended', async () => {
      linq.answers(empty);
      await expect(provider.unsubscribe('a')).resolves.toBeUndefined();
      expect(linq.asked).toMatchObject([
        { method: 'DELETE', path: '/api/partner/v3/webhook-subscriptions/a' },
      ]);
    });
  });

  it('never logs what it sends, whatever the environment says', async () => {
    process.env['LINQ_API_V3_LOG'] = 'debug';
    const spies = (['debug', 'info', 'log', 'warn', 'error'] as const).map((level) =>
      jest.spyOn(console, level).mockImplementation(() => undefined),
    );
    try {
      linq.answers(accepted);
      await make().send(text);
      for (const spy of spies) expect(spy).not.toHaveBeenCalled();
    } finally {
      delete process.env['LINQ_API_V3_LOG'];
      for (const spy of spies) spy.mockRestore();
    }
  });
});

describe('versionedTarget', () => {
  it.each([
    ['https://a.example', 'https://a.example?version=2026-02-03'],
    ['https://a.example/h?x=1', 'https://a.example/h?x=1&version=2026-02-03'],
    ['https://a.example/h?', 'https://a.example/h?version=2026-02-03'],
    [
      'https://a.example/h?version=2025-01-01&x=%2B',
      'https://a.example/h?x=%2B&version=2026-02-03',
    ],
    ['https://a.example/h?versions=2#top', 'https://a.example/h?versions=2&version=2026-02-03'],
  ])('makes %s into %s', (url, expected) => {
    expect(versionedTarget(url)).toBe(expected);
  });

  it('changes nothing when done again', () => {
    const once = versionedTarget('https://a.example/h?x=1');
    expect(versionedTarget(once)).toBe(once);
  });
});
