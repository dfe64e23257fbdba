import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { LinqAPIV3 } from '@linqapp/sdk';
import { lineNumbers, personNumber } from '../support/fleet';
import { ok } from '../support/http';
import { TestSimulator } from '../support/simulator';
import { sdkOf } from '../support/webhook-catcher';
import * as shapes from './sdk-shapes';
import { text } from './sdk-stage';

/** It is written every ten seconds. */
const PATIENCE_MS = 40_000;

const OUTAGE = { kind: 'error', status: 503, count: 2, path: '/v3/phone_numbers' };

describe('What the simulator keeps', () => {
  const folder = mkdtempSync(join(tmpdir(), 'simulator-state-'));
  const file = join(folder, 'state.json');
  const env = { SIMULATOR_STATE_FILE: file };
  const [line = ''] = lineNumbers(1);
  const [ann = '', bob = '', cleo = ''] = [1, 2, 3].map(personNumber);
  let simulator: TestSimulator;

  afterAll(async () => {
    await simulator.stop();
    rmSync(folder, { recursive: true });
  });

  it('survives a kill: groups, files, edits, reactions, blocks, switches, faults and what is due', async () => {
    simulator = await TestSimulator.start({ lines: lineNumbers(2), env });
    const linq = sdkOf(simulator);
    await ok(simulator.control.post('/config', { groupDelayMs: 60_000, readRate: 1 }));
    const to = [ann, bob, cleo];
    const { chat } = await linq.chats.create({ from: line, to, message: text('Hi') });
    await simulator.advance(1);
    await linq.messages.update(chat.message.id, { text: 'Hi all' });
    await linq.messages.addReaction(chat.message.id, { operation: 'add', type: 'love' });
    await linq.post('/v3/blocked_handles', { body: { handle: bob } });
    const size = { filename: 'a.png', content_type: 'image/png', size_bytes: 3 } as const;
    const created = await linq.attachments.create(size);
    const put = { method: 'PUT', headers: created.required_headers, body: 'abc' };
    await fetch(created.upload_url, put);
    const keyed = { ...text('once'), idempotency_key: 'once' };
    const sent = await linq.messages.create({ to: [ann], message: keyed });
    await ok(simulator.control.post('/faults', OUTAGE));
    await expect(linq.phoneNumbers.list()).rejects.toMatchObject({ status: 503 });
    // Accepted, and due in a minute.
    const deliver = { kind: 'throttled-line', minSeconds: 60, maxSeconds: 60 };
    await ok(simulator.control.post('/faults', deliver));
    const { struck } = (await faults())[0]!;
    await saved(({ faults: { armed } }) => armed.length === 2);
    const before = await reading(linq, chat.id, chat.message.id, created.attachment_id);

    await simulator.stop();
    simulator = await TestSimulator.start({ env });
    const after = sdkOf(simulator);
    expect(await faults()).toMatchObject([
      { kind: 'error', struck, count: 2 },
      { kind: 'throttled-line' },
    ]);
    await expect(after.phoneNumbers.list()).rejects.toMatchObject({ status: 503 });
    expect(await reading(after, chat.id, chat.message.id, created.attachment_id)).toEqual(before);
    expect(await (await fetch(urlOf(created.download_url))).text()).toBe('abc');
    expect(await after.messages.create({ to: [ann], message: keyed })).toEqual(sent);

    await after.chats.update(chat.id, { display_name: 'Us' });
    const slow = await after.messages.create({ to: [cleo], message: text('slow') });
    await saved(({ messages }) => messages.length === 3);
    await simulator.stop();
    simulator = await TestSimulator.start({ env });
    const last = sdkOf(simulator);
    await simulator.advance(59);
    expect((await last.messages.retrieve(slow.message.id)).delivery_status).toBe('pending');
    await simulator.advance(60);
    expect((await last.messages.retrieve(slow.message.id)).delivery_status).toBe('read');
    expect((await last.chats.retrieve(chat.id)).display_name).toBe('Us');
  }, 180_000);

  it('takes up a world that an older simulator saved', async () => {
    const old = join(folder, 'old.json');
    writeFileSync(old, JSON.stringify(OLD_WORLD));
    const revived = await TestSimulator.start({ env: { SIMULATOR_STATE_FILE: old } });
    const linq = sdkOf(revived);
    expect(shapes.chat.parse(await linq.chats.retrieve(OLD_CHAT)).handles).toMatchObject([
      { handle: line, is_me: true },
      { handle: ann, is_me: false },
    ]);
    const message = shapes.message.parse(await linq.messages.retrieve(OLD_MESSAGE));
    expect(message).toMatchObject({ sent_at: OLD_TIME, parts: [{ value: 'from of old' }] });
    const again = { ...text('b'), idempotency_key: 'old' };
    expect(await linq.chats.messages.send(OLD_CHAT, { message: again })).toEqual({
      chat_id: 'kept',
    });
    await linq.messages.create({ to: [ann], message: text('Hi') });
    await revived.advance(1);
    expect((await revived.books()).map(({ chatId }) => chatId)).toEqual([OLD_CHAT, OLD_CHAT]);
    await revived.stop();
  });

  it('tells every switch, its default and why in its README', async () => {
    const fresh = await TestSimulator.start();
    const config = await ok(fresh.control.get<Record<string, unknown>>('/config'));
    await fresh.stop();
    const readme = readFileSync(resolve(__dirname, '../../apps/simulator/README.md'), 'utf8');
    const rows = [...readme.matchAll(/^\| `(\w+)` +\| `([^`]+)` +\| [^|]+ \| [^|]{20,} \|$/gm)];
    const told = Object.fromEntries(rows.map(([, name = '', value = '']) => [name, value]));
    const real = Object.entries(config).map(([name, value]) => [name, JSON.stringify(value)]);
    expect(real.length).toBeGreaterThan(40);
    expect(told).toEqual(Object.fromEntries(real));
  });

  async function faults(): Promise<{ struck: number }[]> {
    const list = simulator.control.get<{ faults: { struck: number }[] }>('/faults');
    return (await ok(list)).faults;
  }

  async function reading(
    linq: LinqAPIV3,
    chatId: string,
    messageId: string,
    attachmentId: string,
  ): Promise<unknown> {
    const answers = [
      await linq.chats.retrieve(chatId),
      await linq.messages.retrieve(messageId),
      { ...(await linq.attachments.retrieve(attachmentId)), download_url: '' },
      await linq.get('/v3/blocked_handles'),
      await ok(simulator.control.get('/config')),
      await simulator.books(),
    ];
    return answers;
  }

  const urlOf = (url: string): string => url.replace(/^http:\/\/[^/]+/, simulator.url);

  /** Waits until the world is written as it is after the last thing that was done. */
  async function saved(isLast: (world: SavedWorld) => boolean): Promise<void> {
    for (let waited = 0; waited < PATIENCE_MS; waited += 100) {
      if (existsSync(file) && isLast(JSON.parse(readFileSync(file, 'utf8')) as SavedWorld)) return;
      await pause(100);
    }
    throw new Error('The world was not saved');
  }
});

const OLD_TIME = '2026-03-02T00:00:00.000Z';
const OLD_CHAT = '11111111-1111-4111-8111-111111111111';
const OLD_MESSAGE = '22222222-2222-4222-8222-222222222222';
const [OLD_LINE = ''] = lineNumbers(1);
const OLD_PERSON = personNumber(1);
const at = Date.parse(OLD_TIME);

/** As version 0.1.0 wrote it before there were groups and files. */
const OLD_WORLD = {
  now: at,
  chance: 7,
  config: { pairLimitPer60s: 30 },
  lines: [
    {
      ...{ id: OLD_CHAT, phoneNumber: OLD_LINE, forwardingNumber: null, status: 'ACTIVE' },
      ...{ reputation: 'HEALTHY', lastUsedAt: 0, card: null },
    },
  ],
  chats: [
    {
      ...{ id: OLD_CHAT, line: OLD_LINE, people: [OLD_PERSON], isGroup: false, createdAt: at },
      ...{ handleIds: [OLD_MESSAGE, OLD_CHAT], updatedAt: at, health: 'HEALTHY', healthAt: at },
      ...{ service: 'iMessage', displayName: null, lastActivityAt: at },
      ...{ outbound: 1, inbound: 0, shares: 0 },
    },
  ],
  messages: [
    {
      ...{ id: OLD_MESSAGE, chatId: OLD_CHAT, line: OLD_LINE, handle: OLD_PERSON, at },
      ...{ direction: 'out', text: 'from of old', idempotencyKey: 'old', service: 'iMessage' },
      ...{ traceId: 'a'.repeat(32), status: 'sent', deliveredAt: null, readAt: null },
    },
  ],
  people: [{ handle: OLD_PERSON, device: 'iphone', saves: true, replyRate: 0, lastLine: OLD_LINE }],
  optedOut: [],
  subscriptions: [],
  answers: [['old', { status: 202, body: { chat_id: 'kept' } }]],
  events: [],
  deliveries: [],
};

interface SavedWorld {
  readonly faults: { readonly armed: readonly unknown[] };
  readonly messages: readonly unknown[];
}
