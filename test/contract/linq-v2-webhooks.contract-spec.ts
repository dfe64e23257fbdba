import { createHmac } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { lineNumbers, personNumber } from '../support/fleet';
import { ok } from '../support/http';
import { TestSimulator } from '../support/simulator';
import { V2Http } from '../support/v2';
import { type CaughtDelivery, sdkOf, WebhookCatcher } from '../support/webhook-catcher';
import { text } from './sdk-stage';

interface Envelope {
  readonly event_type: string;
  readonly event_id: string;
  readonly created_at: string;
  readonly data: Record<string, unknown>;
}
interface Created {
  readonly data: { readonly id: number; readonly chat_messages: { readonly id: number } };
}
const envelopeOf = ({ body }: CaughtDelivery): Envelope => JSON.parse(body) as Envelope;
const told = (catcher: WebhookCatcher): Envelope[] => catcher.deliveries.map(envelopeOf);
const types = (catcher: WebhookCatcher): string[] => told(catcher).map((each) => each.event_type);

const MESSAGES = ['message.sent', 'message.received', 'message.read'];
const ALL = [
  ...[...MESSAGES, 'chat.created', 'reaction.sent', 'reaction.received'],
  ...['typing_indicator.received', 'typing_indicator.removed'],
  ...['participant.added', 'participant.removed'],
];
const SPACED = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d -0600$/;

describe('Webhooks of V2', () => {
  let simulator: TestSimulator;
  let v2: V2Http;
  const catchers: WebhookCatcher[] = [];
  const [line = '', newer = ''] = lineNumbers(2);
  const [ann = '', bob = '', cleo = ''] = [1, 2, 3].map(personNumber);

  beforeEach(async () => {
    simulator = await TestSimulator.start({ lines: lineNumbers(2) });
    v2 = new V2Http(simulator);
    await ok(simulator.control.post(`/lines/${line}/version`, { version: 'v2' }));
  });
  afterEach(async () => {
    await Promise.all(catchers.splice(0).map((each) => each.stop()));
    await simulator.stop();
  });

  async function subscriber(events: readonly string[], secret?: string): Promise<WebhookCatcher> {
    const catcher = await WebhookCatcher.onV2(simulator, events, secret);
    catchers.push(catcher);
    return catcher;
  }
  const arm = (fault: object): Promise<unknown> => ok(simulator.control.post('/faults', fault));
  const send = (from = line): Promise<Created> =>
    ok(
      v2.post<Created>('/chats', {
        ...{ send_from: from, chat: { phone_numbers: [ann] }, message: { text: 'Hi' } },
      }),
    );

  it('tell of messages with ids as texts and times that are not RFC 3339', async () => {
    await ok(simulator.control.post('/config', { readRate: 1, readDelayMs: 1_000 }));
    const catcher = await subscriber(ALL);
    const { data } = await send();
    await simulator.advance(2);
    await simulator.text(ann, line, 'Hello');
    await simulator.advance(1);
    // Delivered is not told, and the new chat is.
    const expected = ['chat.created', 'message.sent', 'message.read', 'message.received'];
    expect(types(catcher)).toEqual(expected);
    const [created, sent, read, received] = told(catcher);
    const chatId = String(data.id);
    const id = String(data.chat_messages.id);
    const handles = [
      { identifier: line, display_name: line, is_me: true },
      { identifier: ann, display_name: ann, is_me: false },
    ];
    expect(created?.data).toMatchObject({ id: chatId, chat_handles: handles });
    expect(sent).toEqual({
      api_version: 'v2',
      created_at: '2026-03-01T18:00:00-06:00',
      event_id: expect.any(String) as string,
      event_type: 'message.sent',
      data: {
        ...{ id, chat_id: chatId, text: 'Hi', is_read: false, from_phone: line },
        ...{ sent_at: '2026-03-01 18:00:00 -0600', service: 'iMessage', reaction_id: null },
        ...{ chat_handles: handles, attachments: [] },
      },
    });
    expect(read?.data).toEqual({ id, chat_id: chatId, read_at: '2026-03-01 18:00:01 -0600' });
    expect(received?.data).toMatchObject({ chat_id: chatId, text: 'Hello', from_phone: ann });
    expect(received?.data['sent_at']).toMatch(SPACED);
    expect(received?.data).not.toHaveProperty('replied_to_chat_message_id');
  });

  it('tell of replies, reactions and typing, and of nothing that fails', async () => {
    const catcher = await subscriber(ALL);
    const { data } = await send();
    await simulator.advance(1);
    const [first] = await simulator.books();
    const { chatId, id } = first!;
    const inChat = { from: ann, text: 'Yes', replyTo: id };
    await ok(simulator.control.post(`/chats/${chatId}/inbound`, inChat));
    await ok(simulator.control.post(`/messages/${id}/reactions`, { from: ann, type: 'love' }));
    const path = `/chat_messages/${data.chat_messages.id}/reactions`;
    for (const operation of ['add', 'remove']) {
      await ok(v2.post(path, { type: 'like', operation }));
    }
    for (const started of [true, false]) {
      await ok(simulator.control.post(`/chats/${chatId}/typing`, { started }));
    }
    await arm({ kind: 'failed-message' });
    await send();
    await ok(simulator.control.post(`/lines/${line}/status`, { status: 'FLAGGED' }));
    await simulator.advance(1);
    const [, , reply, theirs, ours, started, ...rest] = told(catcher);
    expect(reply?.data).toMatchObject({
      replied_to_chat_message_id: String(data.chat_messages.id),
    });
    expect(theirs?.event_type).toBe('reaction.received');
    expect(theirs?.data).toMatchObject({
      ...{ id: expect.stringMatching(/^\d+$/) as string, reaction: 'love', is_from_me: false },
      ...{ chat_id: String(data.id), chat_message_id: String(data.chat_messages.id) },
      chat_handle: { id: expect.stringMatching(/^\d+$/) as string, identifier: ann },
      associated_message: { id: String(data.chat_messages.id), text: 'Hi' },
    });
    expect(ours?.event_type).toBe('reaction.sent');
    expect(started?.data).toMatchObject({ chat_id: String(data.id), display: true });
    expect(rest.map((each) => each.event_type)).toEqual(['typing_indicator.removed']);
  });

  it('tell who comes into a group and who goes', async () => {
    const catcher = await subscriber(['participant.added', 'participant.removed']);
    const linq = sdkOf(simulator);
    const message = text('Hi');
    const { chat } = await linq.chats.create({ from: line, to: [ann, bob], message });
    await linq.chats.participants.add(chat.id, { handle: cleo });
    await simulator.advance(1);
    await linq.chats.participants.remove(chat.id, { handle: bob });
    await simulator.advance(1);
    expect(told(catcher)).toMatchObject([
      { event_type: 'participant.added', data: { participant: { identifier: cleo } } },
      { event_type: 'participant.removed', data: { participant: { identifier: bob } } },
    ]);
  });

  it('are signed over canonical JSON, and only when there is a secret', async () => {
    const signed = await subscriber(['message.sent'], 'my_v2_secret');
    const bare = await subscriber(['message.sent']);
    await send();
    await simulator.advance(1);
    const [{ headers, body } = { headers: {}, body: '' }] = signed.deliveries;
    const hex = createHmac('sha256', 'my_v2_secret').update(body).digest('hex');
    expect(headers['x-webhook-signature']).toBe(`sha256=${hex}`);
    expect(headers['x-webhook-timestamp']).toBeUndefined();
    expect(headers['webhook-id']).toBeUndefined();
    expect(bare.deliveries[0]?.headers['x-webhook-signature']).toBeUndefined();
    expect(body).toBe(JSON.stringify(sorted(JSON.parse(body))));
  });

  it('come once, whatever they are answered', async () => {
    const catcher = await subscriber(['message.sent']);
    for (const status of [500, 429, 204]) {
      catcher.answerWith(status);
      await send();
      await simulator.advance(3_600);
    }
    expect(catcher.deliveries).toHaveLength(3);
    const { webhook_subscriptions: list } = await ok(
      v2.get<{ webhook_subscriptions: unknown[] }>('/webhook_subscriptions'),
    );
    expect(list).toMatchObject([
      { delivery_attempts: 3, last_delivered_at: '2026-03-02T02:00:00Z' },
    ]);
    await catcher.stop();
    catchers.length = 0;
    await send();
    await simulator.advance(3_600);
    const state = await ok(simulator.control.get<{ webhooks: unknown }>('/state'));
    expect(state.webhooks).toMatchObject({ delivered: 1, failed: 3, waitingForRetry: 0 });
  });

  it('suffer the faults of webhooks, and end with their subscription', async () => {
    const catcher = await subscriber(['message.sent']);
    await arm({ kind: 'lost-webhook', event: 'message.sent' });
    await send();
    await simulator.advance(1);
    expect(catcher.deliveries).toHaveLength(0);
    await arm({ kind: 'doubled-webhook', afterSeconds: 5 });
    await send();
    await simulator.advance(10);
    const [first, second] = told(catcher);
    expect(second).toEqual(first);
    await ok(v2.delete('/webhook_subscriptions/1'));
    await send();
    await simulator.advance(10);
    expect(catcher.deliveries).toHaveLength(2);
  });

  it('tell of the lines of V2 alone, and those of V3 of the others', async () => {
    const ofV2 = await subscriber(MESSAGES);
    const ofV3 = await WebhookCatcher.start(simulator, ['message.sent', 'message.failed']);
    catchers.push(ofV3);
    await send(line);
    await send(newer);
    await simulator.advance(1);
    expect(told(ofV2).map(({ data }) => data['from_phone'])).toEqual([line]);
    expect(told(ofV3).map(({ data }) => data['sender_handle'])).toMatchObject([{ handle: newer }]);
    // A replacement comes in the version of what it replaces, and a line may be moved back.
    const replacement = '+12025550999';
    await ok(simulator.control.post(`/lines/${line}/replace`, { phoneNumber: replacement }));
    await send(replacement);
    await simulator.advance(1);
    expect(types(ofV2)).toHaveLength(2);
    await ok(simulator.control.post(`/lines/${replacement}/version`, { version: 'v3' }));
    await send(replacement);
    await simulator.advance(1);
    expect([types(ofV2).length, types(ofV3).length]).toEqual([2, 2]);
    const { lines } = await ok(simulator.control.get<{ lines: unknown[] }>('/state'));
    expect(lines).toMatchObject([{ version: 'v3' }, { version: 'v3' }]);
  });

  it('one story, told by both versions of one world', async () => {
    const catcher = await subscriber(MESSAGES);
    const linq = sdkOf(simulator);
    const { data } = await send();
    await simulator.advance(1);
    const inbound = await simulator.text(ann, line, 'Hello');
    const { chats } = await linq.chats.listChats({ from: line });
    const [chat] = chats;
    await linq.chats.messages.send(chat!.id, { message: text('How are you?') });
    await ok(v2.post(`/chats/${data.id}/chat_messages`, { message: { text: 'Still there?' } }));
    await simulator.advance(1);

    const newStory = (await linq.chats.messages.list(chat!.id)).messages.map(
      ({ parts, is_from_me: ours, delivery_status: status }) => ({
        ...{ text: (parts?.[0] as { value: string }).value, ours },
        delivered: status === 'delivered' || status === 'received',
      }),
    );
    interface Old {
      readonly data: readonly {
        readonly text: string;
        readonly sent_from: string;
        readonly delivery_status: string;
      }[];
    }
    const old = await ok(v2.get<Old>(`/chats/${data.id}/chat_messages`));
    const oldStory = old.data.map((each) => ({
      ...{ text: each.text, ours: each.sent_from === line },
      delivered: each.delivery_status === 'delivered',
    }));
    expect(oldStory).toEqual(newStory);
    expect(oldStory.map((each) => each.text)).toEqual([
      ...['Still there?', 'How are you?', 'Hello', 'Hi'],
    ]);
    expect(told(catcher).map((each) => each.data['text'])).toEqual([
      ...['Hi', 'Hello', 'How are you?', 'Still there?'],
    ]);
    expect(inbound.chatId).toBe(chat!.id);
    expect(types(catcher)).toEqual([
      ...['message.sent', 'message.received', 'message.sent', 'message.sent'],
    ]);
    const heard = told(catcher)[1]!;
    const path = `/chats/${data.id}/chat_messages/${String(heard.data['id'])}`;
    expect(await ok(v2.get(path))).toMatchObject({ data: { text: 'Hello', sent_from: ann } });
  });

  it('the numbers, subscriptions and versions survive a kill', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'simulator-v2-'));
    const file = join(folder, 'state.json');
    const env = { SIMULATOR_STATE_FILE: file };
    await simulator.stop();
    simulator = await TestSimulator.start({ lines: lineNumbers(2), env });
    v2 = new V2Http(simulator);
    await ok(simulator.control.post(`/lines/${line}/version`, { version: 'v2' }));
    const catcher = await subscriber(['message.sent'], 'my_v2_secret');
    const { data } = await send();
    await simulator.advance(1);
    const path = `/chats/${data.id}/chat_messages`;
    await ok(
      v2.post(`/chat_messages/${data.chat_messages.id}/reactions`, {
        ...{ type: 'love', operation: 'add' },
      }),
    );
    // A second delivery is still unanswered when the process is killed.
    const release = catcher.hold();
    await ok(v2.post(path, { message: { text: 'More' } }));
    for (let tries = 0; tries < 500 && catcher.deliveries.length < 2; tries += 1) {
      await ok(simulator.control.get('/state'));
    }
    const reading = async (): Promise<unknown[]> => [
      await ok(v2.get(`/chats/${data.id}`)),
      await ok(v2.get(path)),
      await ok(v2.get('/phone_numbers')),
      await ok(v2.get('/webhook_subscriptions')),
    ];
    const before = await reading();
    // Lines were given numbers last.
    await saved(file, (world) => world.includes('"line":[["') && world.includes('"attempts":1'));
    await simulator.stop();
    release();
    simulator = await TestSimulator.start({ env });
    v2 = new V2Http(simulator);
    expect(await reading()).toEqual(before);
    await ok(v2.post(path, { message: { text: 'Again' } }));
    await simulator.advance(1);
    // What was unanswered is not tried again.
    expect(told(catcher).map((each) => each.data['text'])).toEqual(['Hi', 'More', 'Again']);
    const again = catcher.deliveries.at(-1);
    const hex = createHmac('sha256', 'my_v2_secret').update(again!.body).digest('hex');
    expect(again?.headers['x-webhook-signature']).toBe(`sha256=${hex}`);
    expect(envelopeOf(again!).data['chat_id']).toBe(String(data.id));
    rmSync(folder, { recursive: true });
  });

  /** It is written every ten seconds. */
  async function saved(file: string, isThere: (world: string) => boolean): Promise<void> {
    for (let waited = 0; waited < 40_000; waited += 100) {
      try {
        if (isThere(readFileSync(file, 'utf8'))) return;
      } catch {
        // Not there yet.
      }
      await pause(100);
    }
    throw new Error('The world was not saved');
  }
});

/** The same with the keys of every object in order. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, inner]) => [key, sorted(inner)] as const);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}
