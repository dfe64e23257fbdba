import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { LinqAPIV3 } from '@linqapp/sdk';
import { lineNumbers, personNumber } from '../support/fleet';
import { ok } from '../support/http';
import { TestSimulator } from '../support/simulator';
import { sdkOf } from '../support/webhook-catcher';
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

interface SavedWorld {
  readonly faults: { readonly armed: readonly unknown[] };
  readonly messages: readonly unknown[];
}
