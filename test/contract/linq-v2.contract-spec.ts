import { lineNumbers, personNumber } from '../support/fleet';
import { type Answer, ok } from '../support/http';
import { TestSimulator } from '../support/simulator';
import { V2Http } from '../support/v2';
import { sdkOf } from '../support/webhook-catcher';
import * as shapes from './v2-shapes';

/** The legacy API, over the wire: each endpoint's shape and its refusals. */
describe('V2 of the simulated API', () => {
  let simulator: TestSimulator;
  let v2: V2Http;
  const [line = '', other = ''] = lineNumbers(2);
  const [ann = '', bob = '', cleo = ''] = [1, 2, 3].map(personNumber);

  beforeEach(async () => {
    simulator = await TestSimulator.start({ lines: lineNumbers(2) });
    v2 = new V2Http(simulator);
  });
  afterEach(() => simulator.stop());

  type Created = ReturnType<typeof shapes.created.parse>['data'];
  type Message = ReturnType<typeof shapes.message.parse>;

  const begin = async (to: readonly string[] = [ann], more: object = {}): Promise<Created> => {
    const message = { text: 'Hi', ...more };
    const body = { send_from: line, chat: { phone_numbers: to }, message };
    return shapes.created.parse(await ok(v2.post('/chats', body))).data;
  };
  const read = async (chatId: number, messageId: number): Promise<Message> =>
    shapes.message.parse(
      (await ok(v2.get<{ data: unknown }>(`/chats/${chatId}/chat_messages/${messageId}`))).data,
    );
  const configure = (config: object): Promise<unknown> =>
    ok(simulator.control.post('/config', config));
  async function refused(call: Promise<Answer<unknown>>): Promise<number> {
    const { status, body } = await call;
    const { errors } = shapes.error.parse(body);
    expect(errors[0]?.status).toBe(status);
    return status;
  }

  it('takes the token in a header of its own, and the bearer of V3 not', async () => {
    expect(await refused(new V2Http(simulator, 'wrong').get('/phone_numbers'))).toBe(401);
    const bearer = { headers: { authorization: `Bearer ${simulator.token}` } };
    const answer = await fetch(`${simulator.apiUrl}/v2/phone_numbers`, bearer);
    expect(answer.status).toBe(401);
    expect(await refused(v2.get('/nothing'))).toBe(404);
    expect(answer.headers.get('x-trace-id')).toBeNull();
  });

  describe('sending', () => {
    it('finds or makes the chat of a line with exactly these people, with 200 either way', async () => {
      const first = await v2.post('/chats', {
        ...{ send_from: line, chat: { phone_numbers: [ann] }, message: { text: 'Hi' } },
      });
      expect(first.status).toBe(200);
      const { data } = shapes.created.parse(first.body);
      expect(data).toMatchObject({
        ...{ display_name: ann, service: 'iMessage', group: false },
        chat_handles: [{ phone_number: ann }],
        chat_messages: { text: 'Hi', delivery_status: 'pending', delivered_at: null },
      });
      const chatOf = async (): Promise<unknown> =>
        (await ok(v2.get<{ data: unknown }>(`/chats/${data.id}`))).data;
      expect(shapes.chat.parse(await chatOf())).toMatchObject({ id: data.id, message_count: 1 });
      // The number without its +1, as people write it.
      expect((await begin([ann.slice(2)])).id).toBe(data.id);
      expect(await chatOf()).toMatchObject({ message_count: 2 });
      expect((await begin([ann, bob])).id).not.toBe(data.id);
      const elsewhere = {
        send_from: other,
        chat: { phone_numbers: [ann] },
        message: { text: 'Hi' },
      };
      expect(shapes.created.parse(await ok(v2.post('/chats', elsewhere))).data.id).not.toBe(
        data.id,
      );
    });

    it('writes into a chat by a form or by JSON, with files and addresses of files', async () => {
      const { id } = await begin();
      const form = await v2.form<{ data: unknown }>(`/chats/${id}/chat_messages`, [
        ['message[text]', 'See'],
        ['message[attachments][]', new File(['abc'], 'a.png', { type: 'image/png' })],
        ['message[attachment_urls][]', 'https://example.com/b.pdf'],
      ]);
      expect(form.status).toBe(201);
      const sent = shapes.message.parse(form.body.data);
      expect(sent).toMatchObject({
        ...{ text: 'See', sent_from: line, delivery_status: 'pending', chat_handle_id: null },
        attachments: [
          { filename: 'a.png', mime_type: 'image/png', file_size: 3 },
          { filename: 'b.pdf', mime_type: 'application/pdf' },
        ],
      });
      expect(await (await fetch(sent.attachments[0]!.url)).text()).toBe('abc');
      const json = await v2.post<{ data: unknown }>(`/chats/${id}/chat_messages`, {
        message: { text: 'More' },
      });
      expect(json.status).toBe(201);
      expect(shapes.message.parse(json.body.data).text).toBe('More');
      const upload = await v2.form('/chats', [
        ['send_from', line],
        ['chat[phone_numbers][]', bob],
        ['message[text]', 'Hi'],
        ['message[attachments][]', new File(['abc'], 'a.png', { type: 'image/png' })],
      ]);
      expect(upload.status).toBe(200);
      expect(shapes.created.parse(upload.body).data.chat_messages.attachments).toHaveLength(1);
    });

    it('takes a key once: the message of then comes back, as it is now', async () => {
      const chat = await begin([ann], { idempotency_key: 'begin_1' });
      expect((await begin([ann], { idempotency_key: 'begin_1' })).chat_messages.id).toBe(
        chat.chat_messages.id,
      );
      const path = `/chats/${chat.id}/chat_messages`;
      const body = { message: { text: 'Once', idempotency_key: 'once-1' } };
      const first = await v2.post<{ data: Message }>(path, body);
      await simulator.advance(1);
      const again = await v2.post<{ data: Message }>(path, body);
      expect([first.status, again.status]).toEqual([201, 200]);
      expect(again.body.data.id).toBe(first.body.data.id);
      expect(again.body.data.delivery_status).toBe('delivered');
      expect(await simulator.books()).toHaveLength(2);
    });

    it.each([
      ['a line that is not ours', { send_from: '+12029999999' }, 422],
      ['no line', { send_from: undefined }, 422],
      ['no people', { chat: { phone_numbers: [] } }, 422],
      ['a person who is no number', { chat: { phone_numbers: ['ann@example.com'] } }, 422],
      ['no text', { message: {} }, 422],
      ['no message', { message: undefined }, 422],
      ['a key of other characters', { message: { text: 'Hi', idempotency_key: 'a b' } }, 422],
      ['files in JSON', { message: { text: 'Hi', attachments: ['abc'] } }, 422],
      ['a list of addresses that is none', { message: { text: 'Hi', attachment_urls: 'x' } }, 422],
      ['an address that is none', { message: { text: 'Hi', attachment_urls: ['x'] } }, 422],
    ])('is refused for %s', async (_name, change, status) => {
      const good = { send_from: line, chat: { phone_numbers: [ann] }, message: { text: 'Hi' } };
      expect(await refused(v2.post('/chats', { ...good, ...change }))).toBe(status);
      expect(await simulator.books()).toEqual([]);
    });

    it('is refused for what is no JSON, no form, or no chat', async () => {
      const headers = { 'x-linq-integration-token': simulator.token };
      for (const type of ['application/json', 'multipart/form-data; boundary=x']) {
        const answer = await fetch(`${simulator.apiUrl}/v2/chats`, {
          ...{ method: 'POST', body: 'a', headers: { ...headers, 'content-type': type } },
        });
        expect(answer.status).toBe(400);
        shapes.error.parse(await answer.json());
      }
      expect(await refused(v2.post('/chats'))).toBe(400);
      const message = { message: { text: 'Hi' } };
      for (const id of ['1', 'abc', '324324']) {
        expect(await refused(v2.post(`/chats/${id}/chat_messages`, message))).toBe(404);
      }
    });

    it('obeys the rules of the account: opt-outs, and thirty a minute to one person', async () => {
      await simulator.text(ann, line, 'STOP');
      const body = { send_from: line, chat: { phone_numbers: [ann] }, message: { text: 'Hi' } };
      expect(await refused(v2.post('/chats', body))).toBe(422);
      await configure({ v2OptOut: 'off', pairLimitPer60s: 1 });
      const { id } = await begin();
      const path = `/chats/${id}/chat_messages`;
      const limited = await v2.post(path, { message: { text: 'Hi' } });
      expect(limited.status).toBe(429);
      expect(shapes.error.parse(limited.body).errors[0]?.detail).toBe(
        'Rate limit exceeded. Please try again after 60 seconds.',
      );
      expect(limited.headers.get('retry-after')).toBeNull();
      await configure({ v2RetryAfter: true });
      const told = await v2.post(path, { message: { text: 'Hi' } });
      expect(told.headers.get('retry-after')).toBe('60');
    });
  });

  describe('the delivery status', () => {
    it('is asked for: pending, then delivered; SMS is never confirmed', async () => {
      await configure({ deliveredDelayMs: 2_000 });
      const { id, chat_messages: message } = await begin();
      await simulator.advance(1);
      expect(await read(id, message.id)).toMatchObject({
        delivery_status: 'pending',
        delivered_at: null,
      });
      await simulator.advance(2);
      expect(await read(id, message.id)).toMatchObject({
        delivery_status: 'delivered',
        delivered_at: '2026-03-02T00:00:02Z',
      });
      await ok(simulator.control.post('/people', { people: [{ handle: bob, device: 'android' }] }));
      const sms = await begin([bob]);
      expect(sms.service).toBe('SMS');
      await simulator.advance(60);
      const status = async (): Promise<string> =>
        (await read(sms.id, sms.chat_messages.id)).delivery_status;
      expect(await status()).toBe('pending');
      await configure({ v2WithoutReceipt: 'delivered' });
      expect(await status()).toBe('delivered');
    });

    it('tells of a flagged line, of a throttled one and of a rate limit', async () => {
      await ok(simulator.control.post(`/lines/${line}/status`, { status: 'FLAGGED' }));
      const { id, chat_messages: message } = await begin();
      await simulator.advance(1);
      expect((await read(id, message.id)).delivery_status).toBe('service_unavailable');
      await configure({ v2Failed: 'paused' });
      expect((await read(id, message.id)).delivery_status).toBe('paused');

      await ok(simulator.control.post(`/lines/${line}/status`, { status: 'ACTIVE' }));
      await configure({ waitingStatus: 'queued' });
      await ok(simulator.control.post('/faults', { kind: 'throttled-line' }));
      const late = await begin();
      await simulator.advance(1);
      expect((await read(id, late.chat_messages.id)).delivery_status).toBe('paused');
      await simulator.advance(1_800);
      expect((await read(id, late.chat_messages.id)).delivery_status).toBe('delivered');

      await ok(simulator.control.post('/faults', { kind: 'failed-message', code: 1007 }));
      expect((await begin()).chat_messages.delivery_status).toBe('rate_limit_exceeded');
    });
  });

  describe('chats', () => {
    it('are listed by line, page by page, the most recently active first', async () => {
      const page = shapes.pageOf(shapes.chat);
      for (const person of [ann, bob, cleo]) {
        await begin([person]);
        await simulator.advance(1);
      }
      const from = encodeURIComponent(line);
      const all = page.parse(await ok(v2.get(`/chats?phone_number=${from}`)));
      expect(all.data.map(({ display_name: name }) => name)).toEqual([cleo, bob, ann]);
      expect(all.meta).toEqual({ page: 1, total_pages: 1, total_count: 3, per_page: 25 });
      const last = page.parse(await ok(v2.get(`/chats?phone_number=${from}&page=2&per_page=2`)));
      expect(last.data.map(({ display_name: name }) => name)).toEqual([ann]);
      expect(last.meta).toEqual({ page: 2, total_pages: 2, total_count: 3, per_page: 2 });
      expect(await ok(v2.get(`/chats?phone_number=${encodeURIComponent(other)}`))).toMatchObject({
        ...{ data: [], meta: { total_count: 0, total_pages: 0 } },
      });
      expect(await refused(v2.get('/chats'))).toBe(422);
      expect(await refused(v2.get(`/chats?phone_number=${from}&page=0`))).toBe(422);
      expect(await refused(v2.get('/chats/1'))).toBe(404);
    });

    it('are found by line and people, and none is no error', async () => {
      const { id } = await begin([ann, bob]);
      const find = (...people: string[]): Promise<unknown> => {
        const query = new URLSearchParams([
          ['phone_number', line],
          ...people.map((each): [string, string] => ['phone_numbers[]', each]),
        ]);
        return ok(v2.get(`/chats/find?${query.toString()}`));
      };
      expect(await find(bob, ann)).toMatchObject({ data: { chat: { id, group: true } } });
      expect(await find(ann)).toEqual({ data: { chat: null, messages: [] } });
      expect(await refused(v2.get(`/chats/find?phone_number=${line.slice(2)}`))).toBe(422);
    });

    it('are read, typed in, and shown who we are', async () => {
      const { id } = await begin();
      const group = await begin([ann, bob]);
      const statuses = async (...calls: Promise<Answer<unknown>>[]): Promise<number[]> =>
        (await Promise.all(calls)).map(({ status }) => status);
      expect(
        await statuses(
          v2.put(`/chats/${id}/mark_as_read`),
          v2.post(`/chats/${id}/start_typing`),
          v2.delete(`/chats/${id}/stop_typing`),
        ),
      ).toEqual([204, 201, 204]);
      expect(await refused(v2.post(`/chats/${group.id}/start_typing`))).toBe(422);
      expect(await refused(v2.put('/chats/1/mark_as_read'))).toBe(404);
      // The card is set up by Linq; here through the other version.
      expect(await refused(v2.post(`/chats/${id}/share_contact`))).toBe(404);
      await sdkOf(simulator).contactCard.create({ phone_number: line, first_name: 'Ada' });
      expect(await statuses(v2.post(`/chats/${id}/share_contact`))).toEqual([201]);
      expect(await refused(v2.post('/chats/1/share_contact'))).toBe(404);
    });
  });

  describe('messages', () => {
    it('are listed between two ends, in either order', async () => {
      const page = shapes.pageOf(shapes.message);
      const { id, chat_messages: first } = await begin();
      await simulator.advance(10);
      await simulator.text(ann, line, 'Hello');
      await simulator.advance(10);
      await ok(v2.post(`/chats/${id}/chat_messages`, { message: { text: 'Bye' } }));
      const list = async (query = ''): Promise<string[]> =>
        page
          .parse(await ok(v2.get(`/chats/${id}/chat_messages${query}`)))
          .data.map(({ text }) => text);
      expect(await list()).toEqual(['Bye', 'Hello', 'Hi']);
      expect(await list('?sort=asc')).toEqual(['Hi', 'Hello', 'Bye']);
      expect(await list(`?after=${first.id}`)).toEqual(['Bye', 'Hello']);
      expect(await list('?after=2026-03-02T00:00:05Z')).toEqual(['Bye', 'Hello']);
      expect(await list('?before=2026-03-02T00:00:15Z&after=2026-03-02T00:00:05Z')).toEqual([
        'Hello',
      ]);
      expect(await list('?per_page=1&page=2')).toEqual(['Hello']);
      expect(await refused(v2.get(`/chats/${id}/chat_messages?after=soon`))).toBe(422);
      const inbound = page.parse(await ok(v2.get(`/chats/${id}/chat_messages`))).data[1];
      expect(inbound).toMatchObject({ sent_from: ann, delivery_status: 'delivered' });
      expect(inbound?.chat_handle_id).not.toBeNull();
    });

    it('are edited and forgotten, one by one', async () => {
      const { id, chat_messages: message } = await begin();
      await simulator.advance(1);
      const path = `/chats/${id}/chat_messages/${message.id}`;
      expect(await ok(v2.post(`${path}/edit`, { text: 'Hello' }))).toEqual({
        message: expect.any(String) as string,
        data: { id: message.id, text: 'Hello' },
      });
      expect(await read(id, message.id)).toMatchObject({
        text: 'Hello',
        edited_at: '2026-03-02T00:00:01Z',
      });
      expect(await refused(v2.post(`${path}/edit`, {}))).toBe(422);
      const elsewhere = await begin([bob]);
      expect(await refused(v2.get(`/chats/${elsewhere.id}/chat_messages/${message.id}`))).toBe(404);
      expect(await v2.delete(path)).toMatchObject({
        ...{ status: 200, body: { message: expect.any(String) as string } },
      });
      expect(await refused(v2.get(path))).toBe(404);
      expect(await refused(v2.delete(path))).toBe(404);
    });

    it('carry reactions, which have ids of their own', async () => {
      const { id, chat_messages: message } = await begin();
      await simulator.advance(1);
      const path = `/chat_messages/${message.id}/reactions`;
      const made = await v2.post<{ data: unknown }>(path, { type: 'love', operation: 'add' });
      expect(made.status).toBe(201);
      const reaction = shapes.reaction.parse(made.body.data);
      expect(reaction).toMatchObject({
        ...{ chat_message_id: message.id, reaction: 'love', is_from_me: true, from_phone: line },
      });
      const found = `/chat_message_reactions/${reaction.id}`;
      expect(await ok(v2.get(found))).toEqual({ data: reaction });
      expect((await read(id, message.id)).reactions).toEqual([reaction]);
      await ok(v2.post(path, { type: 'love', operation: 'remove' }));
      expect(await refused(v2.get(found))).toBe(404);
      expect(await refused(v2.post(path, { type: 'custom', operation: 'add' }))).toBe(422);
      expect(await refused(v2.post('/chat_messages/1/reactions', {}))).toBe(404);
    });
  });

  it('lists lines, and forwards their calls', async () => {
    const list = async (): Promise<unknown[]> =>
      (await ok(v2.get<{ phone_numbers: unknown[] }>('/phone_numbers'))).phone_numbers;
    const [first, second] = (await list()).map((each) => shapes.line.parse(each));
    expect([first?.phone_number, second?.phone_number]).toEqual([line, other]);
    const path = `/phone_numbers/${first?.id ?? 0}`;
    expect(await ok(v2.put(path, { forwarding_number: bob }))).toEqual({
      ...first,
      forwarding_number: bob,
    });
    expect(await ok(v2.put(path, { forwarding_number: '' }))).toEqual(first);
    expect(await refused(v2.put(path, { forwarding_number: 'bob' }))).toBe(422);
    expect(await refused(v2.put('/phone_numbers/1', { forwarding_number: '' }))).toBe(403);
  });

  it('checks for iMessage, once in ten seconds', async () => {
    const check = (person: string): Promise<Answer<unknown>> =>
      v2.post('/i_message_availability/check', { phone_number: person });
    expect((await check(ann)).body).toEqual({ available: true, phone_number: ann });
    await ok(simulator.control.post('/people', { people: [{ handle: bob, device: 'android' }] }));
    expect(await refused(check(bob))).toBe(429);
    await simulator.advance(10);
    expect((await check(bob.slice(2))).body).toEqual({ available: false, phone_number: bob });
    await simulator.advance(10);
    expect(await refused(check('bob'))).toBe(422);
  });

  it('keeps webhook subscriptions, with errors in another form', async () => {
    const wanted = { webhook_url: 'http://127.0.0.1:9/h', version: 2, events: ['message.sent'] };
    const path = '/webhook_subscriptions';
    const made = await v2.post<{ webhook_subscription: unknown }>(path, {
      webhook_subscription: { ...wanted, secret: 's' },
    });
    expect(made.status).toBe(201);
    const first = shapes.subscription.parse(made.body.webhook_subscription);
    expect(first).toMatchObject({ ...wanted, active: true, secret_configured: true });
    // The same address and events twice is no error, and everything comes twice.
    await ok(v2.post(path, { webhook_subscription: wanted }));
    const list = await ok(v2.get<{ webhook_subscriptions: unknown[] }>(path));
    expect(list.webhook_subscriptions).toMatchObject([
      { id: first.id },
      { secret_configured: false },
    ]);
    const change = { webhook_subscription: { active: false } };
    expect(await ok(v2.put(`${path}/${first.id}`, change))).toMatchObject({
      webhook_subscription: { id: first.id, active: false, events: ['message.sent'] },
    });
    expect((await v2.delete(`${path}/${first.id}`)).status).toBe(204);
    const flat = async (call: Promise<Answer<unknown>>): Promise<number> => {
      const { status, body } = await call;
      expect(shapes.flatError.parse(body).status).toBe(status);
      return status;
    };
    expect(await flat(v2.delete(`${path}/${first.id}`))).toBe(404);
    expect(await flat(v2.post(path, wanted))).toBe(422);
    const unknown = { ...wanted, events: ['message.delivered'] };
    expect(await flat(v2.post(path, { webhook_subscription: unknown }))).toBe(422);
    expect(await flat(v2.post(path, { webhook_subscription: { ...wanted, version: 1 } }))).toBe(
      422,
    );
  });

  it('suffers the same faults as the other version', async () => {
    const arm = (fault: object): Promise<unknown> => ok(simulator.control.post('/faults', fault));
    await arm({ kind: 'error', status: 403, path: '/v2/chats', line });
    const body = { send_from: line, chat: { phone_numbers: [ann] }, message: { text: 'Hi' } };
    expect((await v2.post('/chats', { ...body, send_from: other })).status).toBe(200);
    expect(await refused(v2.post('/chats', body))).toBe(403);
    await arm({ failNext: { count: 1, status: 429, code: 1007, retryAfter: 7 } });
    const limited = await v2.post('/chats', body);
    expect([limited.status, limited.headers.get('retry-after')]).toEqual([429, '7']);
    await arm({ loseAnswers: 1 });
    await expect(v2.post('/chats', body)).rejects.toThrow();
    expect(await simulator.books()).toHaveLength(2);
  });
});
