import { APIError, type LinqAPIV3 } from '@linqapp/sdk';
import { lineNumbers, personNumber } from '../support/fleet';
import { ok } from '../support/http';
import { TestSimulator } from '../support/simulator';
import { sdkOf } from '../support/webhook-catcher';
import { text } from './sdk-stage';

/** What Linq refuses, and whom it chooses, through its own client. */
describe('The rules of the simulated API', () => {
  let simulator: TestSimulator;
  let linq: LinqAPIV3;
  const [first = '', second = '', third = ''] = lineNumbers(3);
  const [ann = '', bob = '', cleo = '', dan = ''] = [1, 2, 3, 4].map(personNumber);

  beforeEach(async () => {
    simulator = await TestSimulator.start({ lines: lineNumbers(3) });
    linq = sdkOf(simulator);
  });
  afterEach(() => simulator.stop());

  describe('POST /v3/messages', () => {
    it('opens a chat on the healthiest line, then goes on in it', async () => {
      await set(`/lines/${first}/reputation`, { reputation: 'AT_RISK' });
      await set(`/lines/${second}/reputation`, { reputation: 'CRITICAL' });
      const opened = await linq.messages.create({ to: [ann], message: text('Hi') });
      expect(opened).toMatchObject({
        from: third,
        created_new_chat: true,
        previous_chat_id: null,
        from_selection: { reason: 'new_best_number', reused_existing_chat: false },
      });
      // Another line is healthier meanwhile: a chat that can be written in stays where it is.
      await set(`/lines/${third}/reputation`, { reputation: 'CRITICAL' });
      const reused = await linq.messages.create({ to: [ann], message: text('Again') });
      expect(reused).toMatchObject({
        chat_id: opened.chat_id,
        from: third,
        created_new_chat: false,
        from_selection: { reason: 'reused_active_chat', reused_existing_chat: true },
      });
    });

    it('fails over from a flagged line with the continuation, and with it alone', async () => {
      const { chat } = await linq.chats.create({ from: first, to: [ann], message: text('Hi') });
      await set(`/lines/${first}/status`, { status: 'FLAGGED' });
      const moved = await linq.messages.create({
        to: [ann],
        message: text('As I said'),
        continuation_message: { text: 'It is us, from another number' },
      });
      expect(moved).toMatchObject({
        created_new_chat: true,
        previous_chat_id: chat.id,
        from_selection: { reason: 'failover_flagged', reused_existing_chat: false },
      });
      expect(moved.from).not.toBe(first);
      expect(moved.message.parts).toMatchObject([{ value: 'It is us, from another number' }]);
      expect(
        (await simulator.books()).filter(({ chatId }) => chatId === moved.chat_id),
      ).toHaveLength(1);
    });

    it('without a continuation the message itself goes out', async () => {
      await linq.chats.create({ from: first, to: [ann], message: text('Hi') });
      await set(`/lines/${first}/status`, { status: 'FLAGGED' });
      const moved = await linq.messages.create({ to: [ann], message: text('As I said') });
      expect(moved.message.parts).toMatchObject([{ value: 'As I said' }]);
    });

    it('excludes lines from the choice of a new chat only', async () => {
      const { chat } = await linq.chats.create({ from: first, to: [ann], message: text('Hi') });
      const exclude_from = [first, second, '+12029990000'];
      const reused = await linq.messages.create({
        to: [ann],
        message: text('b'),
        exclude_from,
      } as never);
      expect(reused.chat_id).toBe(chat.id);
      const fresh = await linq.messages.create({
        to: [bob],
        message: text('b'),
        exclude_from,
      } as never);
      expect(fresh.from).toBe(third);
      const everyLine = { to: [cleo], message: text('b'), exclude_from: [first, second, third] };
      await refused(linq.messages.create(everyLine), 400, 1005);
      const noNumber = { to: [cleo], message: text('b'), exclude_from: ['abc'] };
      await refused(linq.messages.create(noNumber), 400, 1002);
    });

    it('says 409 and 2015 when no line can send', async () => {
      for (const line of [first, second]) await set(`/lines/${line}/status`, { status: 'FLAGGED' });
      await set(`/lines/${third}/eligible`, { eligible: false });
      await refused(linq.messages.create({ to: [ann], message: text('Hi') }), 409, 2015);
      await refused(linq.availableNumber.retrieve(), 409, 2015);
    });

    it('takes its key from the header, and a link first', async () => {
      const link = { parts: [{ type: 'link' as const, value: 'https://example.com' }] };
      const params = { to: [ann], message: link, 'Idempotency-Key': 'key-1' };
      const sent = await linq.messages.create(params);
      expect(await linq.messages.create(params)).toEqual(sent);
      expect(await simulator.books()).toHaveLength(1);
      await linq.messages.delete(sent.message.id);
      await refused(linq.messages.create(params), 404, 2002);
    });
  });

  describe('GET /v3/available_number', () => {
    it('rotates, honours exclusions in both spellings, and hides them on the card', async () => {
      const seen = new Set<string>();
      for (let i = 0; i < 3; i += 1) {
        await simulator.advance(1);
        seen.add((await linq.availableNumber.retrieve()).phone_number);
      }
      expect([...seen].sort()).toEqual([first, second, third].sort());
      const joined = await linq.availableNumber.retrieve({
        exclude_from: [first, second],
      } as never);
      expect(joined.phone_number).toBe(third);
      const card = await (await fetch(joined.vcf_url)).text();
      expect(card).toContain(`PREF:${third}`);
      expect(card).not.toContain(first);
      const query = `exclude_from=${encodeURIComponent(first)}&exclude_from=${encodeURIComponent(third)}`;
      // The client would fold a repeated parameter into one.
      const answer = await fetch(`${simulator.apiUrl}/v3/available_number?${query}`, {
        headers: { authorization: `Bearer ${simulator.token}` },
      });
      const repeated = (await answer.json()) as { phone_number: string };
      expect(repeated.phone_number).toBe(second);
      const all = { exclude_from: [first, second, third] };
      await refused(linq.availableNumber.retrieve(all as never), 400, 1005);
    });

    it('does not count as use in the mode of July', async () => {
      await set('/config', { availableNumber: 'july' });
      const once = await linq.availableNumber.retrieve();
      await simulator.advance(1);
      expect((await linq.availableNumber.retrieve()).phone_number).toBe(once.phone_number);
    });

    it('the card is gone after its time', async () => {
      await set('/config', { vcfTtlSeconds: 60 });
      const { vcf_url: url } = await linq.availableNumber.retrieve();
      expect((await fetch(url)).status).toBe(200);
      await simulator.advance(61);
      expect((await fetch(url)).status).toBe(403);
    });
  });

  describe('403 is many things', () => {
    it('2024: who opted out, on every line, unless the call says otherwise once', async () => {
      await simulator.text(ann, first, 'STOP');
      await simulator.advance(1);
      const message = text('Hi');
      await refused(linq.chats.create({ from: second, to: [ann], message }), 403, 2024);
      await refused(linq.messages.create({ to: [ann], message }), 403, 2024);
      const forced = { to: [ann], message, override_optout: true };
      expect((await linq.messages.create(forced)).from).toBe(first);
      await refused(linq.messages.create({ to: [ann], message }), 403, 2024);
      // A group is never blocked, and a word that is no keyword lifts it.
      await linq.chats.create({ from: second, to: [ann, bob], message });
      await simulator.text(ann, second, 'hello');
      await linq.chats.create({ from: second, to: [ann], message });
    });

    it('2026: who is blocked is not reached and not heard; groups go on', async () => {
      const blocked = { body: { handle: ann, reason: 'spam' } };
      await linq.post('/v3/blocked_handles', blocked);
      await linq.post('/v3/blocked_handles', blocked);
      const list = await linq.get<{ blocked_handles: object[] }>('/v3/blocked_handles');
      expect(list.blocked_handles).toEqual([
        { handle: ann, reason: 'spam', blocked_at: expect.any(String) as string },
      ]);
      await refused(linq.chats.create({ from: first, to: [ann], message: text('Hi') }), 403, 2026);
      await simulator.text(ann, first, 'Hello?');
      expect(await simulator.books()).toHaveLength(0);
      await linq.chats.create({ from: first, to: [ann, bob], message: text('Hi') });
      await linq.delete('/v3/blocked_handles', { body: { handle: ann } });
      await linq.chats.create({ from: first, to: [ann], message: text('Hi') });
    });

    it('2027: a line that is ineligible does nothing, and is still read', async () => {
      const { chat } = await linq.chats.create({ from: first, to: [ann], message: text('Hi') });
      await simulator.advance(1);
      await set(`/lines/${first}/eligible`, { eligible: false });
      await refused(linq.chats.messages.send(chat.id, { message: text('b') }), 403, 2027);
      await refused(linq.chats.typing.start(chat.id), 403, 2027);
      const reaction = { operation: 'add', type: 'like' } as const;
      await refused(linq.messages.addReaction(chat.message.id, reaction), 403, 2027);
      expect((await linq.chats.retrieve(chat.id)).id).toBe(chat.id);
    });

    it('2027 of a flagged line, and failure of its messages, by the switch', async () => {
      await set(`/lines/${first}/status`, { status: 'FLAGGED' });
      const params = { from: first, to: [ann], message: text('Hi') };
      const { chat } = await linq.chats.create(params);
      await simulator.advance(1);
      expect((await linq.messages.retrieve(chat.message.id)).delivery_status).toBe('failed');
      await set('/config', { flagged: 'refuse' });
      await refused(linq.chats.create(params), 403, 2027);
    });

    it('2008: shared and sandbox lines are written to first, and a sandbox has its hundred', async () => {
      await set('/config', { tier: 'sandbox', pairLimitPer60s: 200 });
      await refused(linq.chats.create({ from: first, to: [ann], message: text('Hi') }), 403, 2008);
      const { chatId } = await simulator.text(ann, first, 'Hello');
      for (let i = 0; i < 100; i += 1) {
        await linq.chats.messages.send(chatId, { message: text(String(i)) });
      }
      await refused(linq.chats.messages.send(chatId, { message: text('101') }), 429, 1007);
      await simulator.advance(86_400);
      await linq.chats.messages.send(chatId, { message: text('tomorrow') });
    });
  });

  describe('Capability', () => {
    it('one check in ten seconds; a fault of the sender is no answer', async () => {
      await set('/people', { people: [{ handle: ann, device: 'android', rcs: true }] });
      const check = { address: ann, from: first };
      expect((await linq.capability.checkIMessage(check)).available).toBe(false);
      const error = await refused(linq.capability.checkRCS(check), 429, 1007);
      expect(error.headers?.get('retry-after')).toBe('10');
      await simulator.advance(10);
      expect((await linq.capability.checkRCS(check)).available).toBe(true);
      for (const code of [4004, 4009, 4010]) {
        await simulator.advance(10);
        await set(`/lines/${first}/checks`, { RCS: code });
        await refused(linq.capability.checkRCS(check), 503, code);
      }
      await refused(linq.capability.checkRCS({ address: 'a@b.co', from: second }), 400, 1002);
    });

    it('preferred_service decides how it travels, or that it fails', async () => {
      await set('/people', { people: [{ handle: ann, device: 'android', rcs: true }] });
      const sent = async (service: 'iMessage' | 'RCS' | 'SMS') => {
        const message = { ...text(service), preferred_service: service };
        const { chat } = await linq.chats.create({ from: first, to: [ann], message });
        await simulator.advance(1);
        return linq.messages.retrieve(chat.message.id);
      };
      expect(await sent('SMS')).toMatchObject({ service: 'RCS', delivery_status: 'delivered' });
      expect(await sent('iMessage')).toMatchObject({ delivery_status: 'failed' });
      await set('/people', { people: [{ handle: ann, rcs: false }] });
      expect(await sent('RCS')).toMatchObject({ service: 'SMS', delivery_status: 'sent' });
    });
  });

  describe('Groups', () => {
    it('a name hides a group from its members, and a departure closes it', async () => {
      const params = { from: first, to: [ann, bob, cleo], message: text('Hi all') };
      const { chat } = await linq.chats.create(params);
      expect((await linq.chats.create({ ...params, to: [cleo, ann, bob] })).chat.id).toBe(chat.id);
      await linq.chats.update(chat.id, { display_name: 'Us' });
      await simulator.advance(1);
      expect((await linq.chats.retrieve(chat.id)).display_name).toBe('Us');
      const other = (await linq.chats.create(params)).chat;
      expect(other.id).not.toBe(chat.id);

      await linq.chats.participants.add(other.id, { handle: dan });
      await simulator.advance(1);
      const grown = await linq.chats.retrieve(other.id);
      expect(grown.handles.map(({ handle }) => handle)).toContain(dan);
      await linq.chats.leaveChat(other.id);
      await simulator.advance(1);
      await refused(linq.chats.messages.send(other.id, { message: text('b') }), 409, 2013);
      await refused(linq.chats.markAsRead(other.id), 409, 2013);
      expect((await linq.chats.retrieve(other.id)).handles[0]).toMatchObject({ status: 'left' });
    });

    it('a direct chat has no members, a small group keeps three, and an Android does not fit', async () => {
      const direct = (await linq.chats.create({ from: first, to: [ann], message: text('Hi') }))
        .chat;
      await refused(linq.chats.participants.add(direct.id, { handle: bob }), 409, 1006);
      await refused(linq.chats.update(direct.id, { display_name: 'x' }), 409, 1006);
      await refused(linq.chats.leaveChat(direct.id), 409, 1006);
      const to = [ann, bob];
      const group = (await linq.chats.create({ from: first, to, message: text('Hi') })).chat;
      await refused(linq.chats.participants.remove(group.id, { handle: bob }), 409, 2015);
      await refused(linq.chats.leaveChat(group.id), 409, 2015);
      await refused(linq.chats.typing.start(group.id), 403, 2011);
      await refused(linq.chats.location.request(group.id), 409, 2016);
      await set('/people', { people: [{ handle: cleo, device: 'android' }] });
      await refused(linq.chats.participants.add(group.id, { handle: cleo }), 409, 2017);
    });
  });

  describe('Messages and files', () => {
    it('an edit has its time and its number', async () => {
      const { chat } = await linq.chats.create({ from: first, to: [ann], message: text('0') });
      await simulator.advance(1);
      for (let i = 1; i <= 5; i += 1) {
        await linq.messages.update(chat.message.id, { text: String(i) });
      }
      await refused(linq.messages.update(chat.message.id, { text: '6' }), 409, 2015);
      const late = await linq.chats.messages.send(chat.id, { message: text('late') });
      await simulator.advance(16 * 60);
      await refused(linq.messages.update(late.message.id, { text: 'x' }), 409, 2015);
    });

    it('a file is uploaded, sent, downloaded and deleted', async () => {
      const bytes = new Uint8Array([1, 2, 3, 4, 5, 255]);
      const file = { filename: 'a.png', content_type: 'image/png', size_bytes: 6 } as const;
      const created = await linq.attachments.create(file);
      const message = { parts: [{ type: 'media' as const, attachment_id: created.attachment_id }] };
      const params = { from: first, to: [ann], message };
      expect(await linq.attachments.retrieve(created.attachment_id)).toMatchObject({
        status: 'pending',
      });
      await refused(linq.chats.create(params), 404, 2007);
      const put = { method: 'PUT', headers: created.required_headers, body: bytes };
      expect((await fetch(created.upload_url, put)).status).toBe(200);
      const { chat } = await linq.chats.create(params);
      const [part] = chat.message.parts;
      if (part?.type !== 'media') throw new Error('No media part');
      const got = await fetch(part.url);
      expect(got.headers.get('content-type')).toBe('image/png');
      expect(new Uint8Array(await got.arrayBuffer())).toEqual(bytes);
      await linq.attachments.delete(created.attachment_id);
      expect((await fetch(part.url)).status).toBe(404);
      await refused(linq.attachments.retrieve(created.attachment_id), 404, 2003);
      await refused(linq.chats.create(params), 404, 2003);
      await refused(linq.attachments.create({ ...file, size_bytes: 200_000_000 }), 400, 5005);
    });

    it('an upload of the wrong size fails, and one that comes late is refused', async () => {
      const file = { filename: 'a.png', content_type: 'image/png', size_bytes: 6 } as const;
      const short = await linq.attachments.create(file);
      const put = { method: 'PUT', headers: short.required_headers, body: 'abc' };
      expect((await fetch(short.upload_url, put)).status).toBe(400);
      expect(await linq.attachments.retrieve(short.attachment_id)).toMatchObject({
        status: 'failed',
      });
      const late = await linq.attachments.create(file);
      await simulator.advance(15 * 60);
      expect((await fetch(late.upload_url, put)).status).toBe(403);
    });

    it('a thread, and what a person reacts and replies', async () => {
      const { chat } = await linq.chats.create({ from: first, to: [ann], message: text('Hi') });
      await ok(
        simulator.control.post(`/chats/${chat.id}/inbound`, {
          from: ann,
          text: 'In reply',
          replyTo: chat.message.id,
        }),
      );
      await set(`/messages/${chat.message.id}/reactions`, { from: ann, type: 'love' });
      const thread = await linq.messages.listMessagesThread(chat.message.id);
      expect(thread.messages.map(({ is_from_me: mine }) => mine)).toEqual([true, false]);
      const [part] = (await linq.messages.retrieve(chat.message.id)).parts ?? [];
      expect(part?.reactions).toMatchObject([{ type: 'love', is_me: false }]);
      await refused(
        linq.messages.updateAppCard(chat.message.id, { layout: { caption: 'x' } }),
        400,
        1008,
      );
    });

    it('a reputation is audited once at a time', async () => {
      const path = `/v3/phone_numbers/${encodeURIComponent(first)}/reputation_audit`;
      const { audit_id: id } = await linq.post<{ audit_id: string }>(path);
      expect(await linq.get(`${path}/${id}`)).toMatchObject({ status: 'pending' });
      await refused(linq.post(path), 409, 2015);
      await simulator.advance(60);
      expect(await linq.get(`${path}/${id}`)).toMatchObject({ status: 'complete', phone: first });
      await refused(linq.post(path), 429, 1007);
      await refused(linq.get(path.replace(first.slice(1), second.slice(1)) + `/${id}`), 404, 2019);
    });
  });

  it('the invented scorer moves a reputation only when it is switched on', async () => {
    const begin = async (from: string, offset: number): Promise<void> => {
      for (let i = 0; i < 3; i += 1) {
        const to = [personNumber(100 + offset + i)];
        await linq.chats.create({ from, to, message: text('Hi') });
      }
    };
    const reputations = async (): Promise<string[]> =>
      (await linq.phoneNumbers.list()).phone_numbers.map(({ reputation }) => reputation.status);
    await set('/config', { scorerNewChatsPerDay: 3 });
    await begin(first, 0);
    expect(await reputations()).toEqual(['HEALTHY', 'HEALTHY', 'HEALTHY']);
    await set('/config', { scorer: 'on' });
    await begin(second, 10);
    expect(await reputations()).toEqual(['HEALTHY', 'AT_RISK', 'HEALTHY']);
  });

  const set = (path: string, body: unknown): Promise<unknown> =>
    ok(simulator.control.post(path, body));

  async function refused(
    call: PromiseLike<unknown>,
    status: number,
    code: number,
  ): Promise<APIError> {
    const error = await call.then(
      () => null,
      (failure: unknown) => failure,
    );
    expect(error).toBeInstanceOf(APIError);
    const given = error as APIError;
    const body = given.error as { error: { code: number; status: number; doc_url: string } };
    expect([given.status, body.error.status, body.error.code]).toEqual([status, status, code]);
    expect(body.error.doc_url).toBe(
      `https://docs.linqapp.com/error/codes/${String(code).charAt(0)}xxx/${code}/`,
    );
    return given;
  }
});
