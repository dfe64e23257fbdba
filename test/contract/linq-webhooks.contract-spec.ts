import { createHmac } from 'node:crypto';
import type { LinqAPIV3 } from '@linqapp/sdk';
import { Webhook } from 'standardwebhooks';
import { lineNumbers, personNumber } from '../support/fleet';
import { ok } from '../support/http';
import { TestSimulator } from '../support/simulator';
import { type CaughtDelivery, sdkOf, WebhookCatcher } from '../support/webhook-catcher';
import { messageData2025 } from './old-payload';
import { text } from './sdk-stage';

interface List {
  readonly faults: readonly { readonly id: string }[];
}
interface Envelope {
  readonly event_type: string;
  readonly event_id: string;
  readonly webhook_version: string;
  readonly created_at: string;
  readonly data: Record<string, unknown>;
}
const envelopeOf = ({ body }: CaughtDelivery): Envelope => JSON.parse(body) as Envelope;
const typesOf = (catcher: WebhookCatcher): string[] =>
  catcher.deliveries.map((each) => envelopeOf(each).event_type);
const CORE = ['message.sent', 'message.received', 'message.delivered', 'message.read'] as const;

/** What comes over the wire to subscribers: shapes of both versions, signatures, resulting events, and faults. */
describe('Webhooks of the simulated API', () => {
  let simulator: TestSimulator;
  let linq: LinqAPIV3;
  const catchers: WebhookCatcher[] = [];
  const [line = ''] = lineNumbers(1);
  const [ann = '', bob = '', cleo = '', dan = ''] = [1, 2, 3, 4].map(personNumber);

  beforeEach(async () => {
    simulator = await TestSimulator.start({ lines: lineNumbers(2) });
    linq = sdkOf(simulator);
  });
  afterEach(async () => {
    await Promise.all(catchers.splice(0).map((each) => each.stop()));
    await simulator.stop();
  });

  async function subscriber(
    events: Parameters<typeof WebhookCatcher.start>[1],
    version?: string,
  ): Promise<WebhookCatcher> {
    const catcher = await WebhookCatcher.start(simulator, events, version);
    catchers.push(catcher);
    return catcher;
  }
  const arm = (fault: object): Promise<unknown> => ok(simulator.control.post('/faults', fault));
  const send = async (): Promise<string> => {
    const params = { from: line, to: [ann], message: { ...text('Hi'), idempotency_key: 'k' } };
    return (await linq.chats.create(params)).chat.message.id;
  };

  it('leaves no instant before what came about at it has arrived', async () => {
    const catcher = await subscriber(['phone_number.status_updated']);
    const release = catcher.hold();
    await ok(simulator.control.post(`/lines/${line}/status`, { status: 'FLAGGED' }));
    const before = await simulator.now();
    const leap = simulator.advance(9 * 3_600, 9 * 3_600);
    // Long enough for the leap to have begun, and for the delivery to be there.
    for (let i = 0; i < 20; i += 1) expect(await simulator.now()).toBe(before);
    release();
    await leap;
    expect(catcher.deliveries).toHaveLength(1);
    expect(await simulator.now()).toBe(before + 9 * 3_600_000);
  });

  it('tells one story in both versions, each in its own shape', async () => {
    await ok(simulator.control.post('/config', { readRate: 1, readDelayMs: 1_000 }));
    const newer = await subscriber([...CORE, 'message.edited']);
    const older = await subscriber([...CORE, 'message.edited'], '2025-01-01');
    const id = await send();
    await simulator.advance(2);
    await simulator.text(ann, line, 'Hello');
    await linq.messages.update(id, { text: 'Hello' });
    await simulator.advance(2);

    const told = ['message.sent', 'message.delivered', 'message.read', 'message.received'];
    expect(typesOf(newer)).toEqual([...told, 'message.edited']);
    // Edits exist in the newer version only.
    expect(typesOf(older)).toEqual(told);
    const [sent, delivered, read, received] = older.deliveries.map(envelopeOf);
    for (const each of [sent, delivered, read, received]) {
      expect(each?.webhook_version).toBe('2025-01-01');
      messageData2025.parse(each?.data);
    }
    const ours = { is_from_me: true, from: line, recipient_handle: null, received_at: null };
    expect(sent?.data).toMatchObject({ ...ours, idempotency_key: 'k', message: { id } });
    expect(delivered?.data).toMatchObject({ ...ours, message: { is_delivered: true } });
    expect(read?.data).toMatchObject({ ...ours, message: { is_read: true } });
    expect(received?.data).toMatchObject({
      is_from_me: false,
      from: ann,
      recipient_handle: { handle: line, is_me: true },
      recipient_phone: null,
      received_at: expect.any(String) as string,
    });
    const [, , , newReceived] = newer.deliveries.map(envelopeOf);
    expect(newReceived).toMatchObject({
      webhook_version: '2026-02-03',
      event_id: received?.event_id,
      data: { direction: 'inbound', chat: { owner_handle: { handle: line } } },
    });
  });

  it.each(['2026-02-03', '2025-01-01'])('signs in both schemes, %s', async (version) => {
    const catcher = await subscriber(['message.received'], version);
    await simulator.text(ann, line, 'Hello');
    await simulator.advance(1);
    const [delivery] = catcher.deliveries;
    const { headers, body } = delivery!;
    const header = (name: string): string => String(headers[name]);
    const at = Number(header('webhook-timestamp'));
    const signed = new Webhook(catcher.secret).sign(
      header('webhook-id'),
      new Date(at * 1_000),
      body,
    );
    expect(header('webhook-signature')).toBe(signed);
    const hex = createHmac('sha256', catcher.secret).update(`${at}.${body}`).digest('hex');
    expect(header('x-webhook-signature')).toBe(hex);
    expect(header('x-webhook-timestamp')).toBe(String(at));
    expect(header('x-webhook-event')).toBe('message.received');
    expect(header('webhook-id')).toBe(envelopeOf(delivery!).event_id);
    expect(Math.abs(at * 1_000 - (await simulator.now()))).toBeLessThan(2_000);
  });

  it('reports what becomes of groups, reactions and typing', async () => {
    const catcher = await subscriber([
      ...(['chat.created', 'chat.group_name_updated', 'chat.group_icon_updated'] as const),
      ...(['chat.group_name_update_failed', 'participant.added', 'participant.removed'] as const),
      ...(['reaction.added', 'reaction.removed', 'chat.typing_indicator.started'] as const),
    ]);
    const message = text('Hi');
    const { chat } = await linq.chats.create({ from: line, to: [ann, bob, cleo], message });
    const step = async (call: PromiseLike<unknown>): Promise<void> => {
      await call;
      await simulator.advance(1);
    };
    await step(linq.chats.update(chat.id, { display_name: 'Us' }));
    await step(linq.chats.update(chat.id, { group_chat_icon: 'https://example.com/i.png' }));
    await arm({ kind: 'failed-group-update' });
    await step(linq.chats.update(chat.id, { display_name: 'Them' }));
    await step(linq.chats.participants.add(chat.id, { handle: dan }));
    await step(linq.chats.participants.remove(chat.id, { handle: bob }));
    const reaction = { type: 'custom', custom_emoji: '🎉' } as const;
    await step(linq.messages.addReaction(chat.message.id, { operation: 'add', ...reaction }));
    await step(linq.messages.addReaction(chat.message.id, { operation: 'remove', ...reaction }));
    await step(ok(simulator.control.post(`/chats/${chat.id}/typing`, { started: true })));
    await step(linq.chats.leaveChat(chat.id));

    expect(catcher.deliveries.map(envelopeOf)).toMatchObject([
      { event_type: 'chat.created', data: { id: chat.id, is_group: true } },
      { event_type: 'chat.group_name_updated', data: { old_value: null, new_value: 'Us' } },
      { event_type: 'chat.group_icon_updated', data: { new_value: 'https://example.com/i.png' } },
      { event_type: 'chat.group_name_update_failed', data: { chat_id: chat.id, error_code: 4001 } },
      { event_type: 'participant.added', data: { handle: dan, participant: { status: 'active' } } },
      {
        event_type: 'participant.removed',
        data: { handle: bob, participant: { status: 'removed' } },
      },
      {
        event_type: 'reaction.added',
        data: { reaction_type: 'custom', custom_emoji: '🎉', is_from_me: true, from: line },
      },
      { event_type: 'reaction.removed', data: { message_id: chat.message.id, part_index: 0 } },
      { event_type: 'chat.typing_indicator.started', data: { chat_id: chat.id } },
      {
        event_type: 'participant.removed',
        data: { handle: line, participant: { status: 'left' } },
      },
    ]);
    expect((await linq.chats.retrieve(chat.id)).display_name).toBe('Us');
  });

  describe('with faults', () => {
    it('a lost one never comes; the message is where it is', async () => {
      const catcher = await subscriber([...CORE]);
      await arm({ kind: 'lost-webhook', event: 'message.sent' });
      const id = await send();
      await simulator.advance(3_600);
      expect(typesOf(catcher)).toEqual(['message.delivered']);
      expect((await linq.messages.retrieve(id)).delivery_status).toBe('delivered');
    });

    it('a late one comes when it should, as it was, with a fresh signature', async () => {
      const catcher = await subscriber([...CORE]);
      await arm({ kind: 'late-webhook', event: 'message.sent', seconds: 900 });
      await send();
      await simulator.advance(899);
      expect(typesOf(catcher)).toEqual(['message.delivered']);
      await simulator.advance(2);
      expect(typesOf(catcher)).toEqual(['message.delivered', 'message.sent']);
      const [early, late] = catcher.deliveries;
      const stamp = (each?: CaughtDelivery): number => Number(each?.headers['webhook-timestamp']);
      expect(stamp(late) - stamp(early)).toBe(900);
      expect(envelopeOf(late!).created_at.slice(0, 19)).toBe(
        envelopeOf(early!).created_at.slice(0, 19),
      );
    });

    it('a doubled one comes twice under one id', async () => {
      const catcher = await subscriber(['message.sent']);
      await arm({ kind: 'doubled-webhook', afterSeconds: 5 });
      await send();
      await simulator.advance(6);
      const [once, twice, ...more] = catcher.deliveries;
      expect(more).toEqual([]);
      expect(twice?.body).toBe(once?.body);
      expect(twice?.headers['webhook-id']).toBe(once?.headers['webhook-id']);
    });

    it('a reordered one is overtaken by the next of its chat, or is late', async () => {
      const catcher = await subscriber(['message.sent', 'message.delivered']);
      await arm({ kind: 'reordered-webhook', event: 'message.sent' });
      await send();
      await simulator.advance(1);
      expect(typesOf(catcher)).toEqual(['message.delivered', 'message.sent']);
      await arm({ kind: 'reordered-webhook', event: 'message.delivered', withinSeconds: 30 });
      await linq.messages.create({ to: [ann], message: text('b') });
      await simulator.advance(29);
      expect(typesOf(catcher)).toHaveLength(3);
      await simulator.advance(2);
      expect(typesOf(catcher).slice(2)).toEqual(['message.sent', 'message.delivered']);
    });

    it('a throttled line sends between one and thirty minutes later, and says nothing', async () => {
      const [, other = ''] = lineNumbers(2);
      const catcher = await subscriber(['message.sent', 'phone_number.status_updated']);
      await arm({ kind: 'throttled-line', line, count: null });
      const from = await simulator.now();
      const ids: string[] = [];
      for (let i = 0; i < 10; i += 1) {
        const to = [personNumber(50 + i)];
        const { chat } = await linq.chats.create({ from: line, to, message: text('Hi') });
        ids.push(chat.message.id);
      }
      await linq.chats.create({ from: other, to: [ann], message: text('Hi') });
      await simulator.advance(59);
      expect(catcher.deliveries.map((each) => envelopeOf(each).data)).toMatchObject([
        { sender_handle: { handle: other } },
      ]);
      expect((await linq.messages.retrieve(ids[0] ?? '')).delivery_status).toBe('pending');
      await simulator.advance(1_800);
      const waits: number[] = [];
      for (const id of ids) {
        const { sent_at: at } = await linq.messages.retrieve(id);
        waits.push((Date.parse(at ?? '') - from) / 1_000);
      }
      expect(Math.min(...waits)).toBeGreaterThanOrEqual(60);
      expect(Math.max(...waits)).toBeLessThanOrEqual(1_800);
      expect(new Set(waits).size).toBeGreaterThan(5);
      expect(typesOf(catcher)).not.toContain('phone_number.status_updated');
    });

    it('a message fails and is delivered after all', async () => {
      const catcher = await subscriber(['message.sent', 'message.failed', 'message.delivered']);
      await arm({ kind: 'failed-message', deliveredAfterSeconds: 60 });
      const id = await send();
      await simulator.advance(61);
      expect(catcher.deliveries.map(envelopeOf)).toMatchObject([
        { event_type: 'message.failed', data: { message_id: id, code: 4001 } },
        { event_type: 'message.delivered', data: { id } },
      ]);
      expect((await linq.messages.retrieve(id)).delivery_status).toBe('delivered');
    });

    it('is the same again with the same seed and the same calls', async () => {
      const once = await throttledTimes(simulator);
      const again = await TestSimulator.start({ lines: lineNumbers(2) });
      expect(await throttledTimes(again)).toEqual(once);
      await again.stop();
      const elsewhere = await TestSimulator.start({
        lines: lineNumbers(2),
        env: { SIMULATOR_SEED: '99' },
      });
      expect(await throttledTimes(elsewhere)).not.toEqual(once);
      await elsewhere.stop();
    });

    it('can be listed and cleared; nonsense is refused', async () => {
      await arm({ kind: 'error', status: 500, path: '/v3/phone_numbers', count: 2 });
      await arm({ kind: 'lost-webhook', count: null });
      const { control } = simulator;
      await expect(linq.phoneNumbers.list()).rejects.toMatchObject({ status: 500 });
      const { faults } = await ok(control.get<List>('/faults'));
      expect(faults).toMatchObject([
        { kind: 'error', struck: 1 },
        { kind: 'lost-webhook', struck: 0 },
      ]);
      await ok(control.delete(`/faults/${faults[0]?.id ?? ''}`));
      await linq.phoneNumbers.list();
      await ok(control.delete('/faults'));
      expect((await ok(control.get<List>('/faults'))).faults).toEqual([]);
      for (const bad of [{ kind: 'nonsense' }, { kind: 'error' }, { kind: 'timeout', count: 0 }]) {
        expect((await control.post('/faults', bad)).status).toBe(400);
      }
    });
  });

  /** How long each of ten messages waited. */
  async function throttledTimes(where: TestSimulator): Promise<(string | null | undefined)[]> {
    await ok(where.control.post('/faults', { kind: 'throttled-line', count: 7, probability: 0.7 }));
    const client = sdkOf(where);
    const { chat } = await client.chats.create({ from: line, to: [ann], message: text('1') });
    for (let i = 2; i <= 10; i += 1) {
      await client.chats.messages.send(chat.id, { message: text(String(i)) });
    }
    await where.advance(3_600);
    const { messages } = await client.chats.messages.list(chat.id);
    return messages.map(({ sent_at: at }) => at);
  }
});
