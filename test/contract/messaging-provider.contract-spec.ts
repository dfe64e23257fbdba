import { type ApiVersion, type MessagingProvider, ProviderProblem } from '@linekeeper/application';
import { LinqEventReader } from '../../libs/infrastructure/src/linq/linq-event-reader';
import { LinqMessagingProvider } from '../../libs/infrastructure/src/linq/linq-messaging-provider';
import { VersionedMessagingProvider } from '../../libs/infrastructure/src/linq/versioned-messaging-provider';
import { StandardWebhookVerifier } from '../../libs/infrastructure/src/linq/standard-webhook-verifier';
import { BodyVerifier } from '../../libs/infrastructure/src/linq-v2/body-verifier';
import { LinqV2EventReader } from '../../libs/infrastructure/src/linq-v2/linq-v2-event-reader';
import { LinqV2MessagingProvider } from '../../libs/infrastructure/src/linq-v2/linq-v2-messaging-provider';
import { lineNumbers, personNumber } from '../support/fleet';
import { ok } from '../support/http';
import { TestSimulator } from '../support/simulator';
import { sdkOf, WebhookReceiver } from '../support/webhook-catcher';

const now = { at: 0 };
/** Retries wait for nothing: the clock of the simulator stands. */
const wait = (): Promise<void> => Promise.resolve();

/** As the service asks: each line in the version that `spoken` says, or all of them in one. */
function providerOf(
  simulator: TestSimulator,
  spoken: ApiVersion | ReadonlyMap<string, ApiVersion>,
): MessagingProvider {
  const { token, apiUrl: baseUrl } = simulator;
  const all = (numbers: readonly string[]): ReadonlyMap<string, ApiVersion> =>
    typeof spoken === 'string' ? new Map(numbers.map((each) => [each, spoken])) : spoken;
  return new VersionedMessagingProvider(
    {
      v3: new LinqMessagingProvider({ apiKey: token, baseUrl, wait }),
      v2: new LinqV2MessagingProvider({
        ...{ token, baseUrl, wait, now: () => now.at },
        ...{ makeSecret: () => 'a secret of ours', cardsAreSetUp: true },
      }),
    },
    (numbers = lineNumbers(2)) => Promise.resolve(all(numbers)),
  );
}

const versions = {
  v3: {
    reader: new LinqEventReader(),
    verifier: new StandardWebhookVerifier(),
    sends: ['/v3/chats', '/v3/chats/*/messages'],
    /** What it tells that the other does not. */
    tells: { deliveries: true, keys: true, failures: true },
    optedOut: 'recipient-opted-out',
    foreignLine: 'line-not-ours',
  },
  v2: {
    reader: new LinqV2EventReader(),
    verifier: new BodyVerifier(),
    sends: ['/v2/chats', '/v2/chats/*/chat_messages'],
    tells: { deliveries: false, keys: false, failures: false },
    optedOut: 'invalid',
    foreignLine: 'invalid',
  },
} as const;

/** One scenario through the port, for each version of the provider's API on the same world. */
describe.each(['v3', 'v2'] as const)('The messaging port on %s', (version) => {
  const { reader, verifier, sends, tells, ...words } = versions[version];
  const make = (of: TestSimulator): MessagingProvider => providerOf(of, version);
  const [line = '', other = ''] = lineNumbers(2);
  const [ann = '', bob = ''] = [1, 2].map(personNumber);
  let simulator: TestSimulator;
  let provider: MessagingProvider;
  let receiver: WebhookReceiver | null = null;

  beforeEach(async () => {
    simulator = await TestSimulator.start({ lines: lineNumbers(2) });
    provider = make(simulator);
    now.at = await simulator.now();
    for (const each of [line, other]) {
      await ok(simulator.control.post(`/lines/${each}/version`, { version }));
    }
  });
  afterEach(async () => {
    await receiver?.stop();
    receiver = null;
    await simulator.stop();
  });

  const hi = { fromPhoneNumber: line, to: ann, chatId: null, text: 'Hi\nthere' };
  const advance = async (seconds: number): Promise<void> => {
    await simulator.advance(seconds);
    now.at = await simulator.now();
  };
  const kindOf = async (call: Promise<unknown>): Promise<string> => {
    const outcome = await call.then(
      () => null,
      (error: unknown) => error,
    );
    expect(outcome).toBeInstanceOf(ProviderProblem);
    return (outcome as ProviderProblem).kind;
  };
  const arm = (fault: object): Promise<unknown> => ok(simulator.control.post('/faults', fault));

  it('lists every line', async () => {
    const found = await provider.listLines();
    expect(found.map(({ phoneNumber }) => phoneNumber)).toEqual([line, other]);
    expect(new Set(found.map(({ providerLineId }) => providerLineId)).size).toBe(2);
  });

  it('sends into a chat that is made, found again, and told whole', async () => {
    expect(await provider.chatsWith(line, ann)).toEqual([]);
    const first = await provider.send({ ...hi, idempotencyKey: 'k-1' });
    const again = await provider.send({ ...hi, text: 'Again', idempotencyKey: 'k-2' });
    expect(again.chatId).toBe(first.chatId);
    const known = { ...hi, chatId: first.chatId, text: 'And\nagain', idempotencyKey: 'k-3' };
    expect((await provider.send(known)).chatId).toBe(first.chatId);
    const elsewhere = { ...hi, fromPhoneNumber: other, idempotencyKey: 'k-4' };
    expect((await provider.send(elsewhere)).chatId).not.toBe(first.chatId);

    const chat = {
      ...{ chatId: first.chatId, linePhoneNumber: line, participants: [ann], isGroup: false },
      ...{ health: 'HEALTHY', service: 'iMessage' },
    };
    expect(await provider.chat(first.chatId)).toEqual(chat);
    expect(await provider.chatsWith(line, ann)).toEqual([chat]);
    // As it was written: the line break is one character on both ways.
    const { messages } = await sdkOf(simulator).chats.messages.list(
      (await simulator.books())[0]!.chatId,
    );
    expect(messages.map(({ parts }) => (parts?.[0] as { value: string }).value)).toEqual([
      ...['And\nagain', 'Again', 'Hi\nthere'],
    ]);
  });

  it('knows the line of a chat in which only the person has written, and of a group', async () => {
    await simulator.text(bob, other, 'Hello');
    const [chat] = await provider.chatsWith(other, bob);
    expect(await provider.chat(chat!.chatId)).toMatchObject({
      ...{ linePhoneNumber: other, participants: [bob], isGroup: false },
    });
    const message = { parts: [{ type: 'text' as const, value: 'All' }] };
    await sdkOf(simulator).chats.create({ from: line, to: [ann, bob], message });
    expect(await provider.chatsWith(line, ann)).toEqual([]);
  });

  it('accepts one message per key, also in another process later', async () => {
    const sent = await provider.send({ ...hi, idempotencyKey: 'canary-+1-1' });
    expect(await make(simulator).send({ ...hi, idempotencyKey: 'canary-+1-1' })).toEqual(sent);
    const known = { ...hi, chatId: sent.chatId, text: 'More', idempotencyKey: 'k-2' };
    const more = await provider.send(known);
    await advance(3_600);
    expect(await make(simulator).send(known)).toEqual(more);
    expect(await simulator.books()).toHaveLength(2);
  });

  it.each([
    ['lost once', { kind: 'lost-answer', count: 1 }],
    ['an error once', { kind: 'error', status: 500, count: 1 }],
  ])('sends once when its answer is %s', async (_name, fault) => {
    for (const [i, chatId] of [null, 'known'].entries()) {
      await arm({ ...fault, path: sends, method: 'POST' });
      const [chat] = await provider.chatsWith(line, ann);
      const sent = await provider.send({
        ...{ ...hi, text: `Message ${i}`, idempotencyKey: `k-${i}` },
        chatId: chatId === null ? null : chat!.chatId,
      });
      await advance(60);
      expect(await provider.message(sent.messageId)).toMatchObject({ status: 'delivered' });
      expect(await simulator.books()).toHaveLength(i + 1);
    }
  });

  it('does not know the fate when every answer is lost, and has sent at most once', async () => {
    await arm({ kind: 'lost-answer', count: null });
    expect(await kindOf(provider.send({ ...hi, idempotencyKey: 'k-1' }))).toBe('unknown-fate');
    expect(await simulator.books()).toHaveLength(1);
    await ok(simulator.control.delete('/faults'));
    // Asked under its key, what was accepted is told.
    await provider.send({ ...hi, idempotencyKey: 'k-1' });
    expect(await simulator.books()).toHaveLength(1);
  });

  it('tells what became of a message when it is asked', async () => {
    await ok(simulator.control.post('/config', { sentDelayMs: 5_000 }));
    const sent = await provider.send({ ...hi, idempotencyKey: 'k-1' });
    const { at } = now;
    expect(await provider.message(sent.messageId)).toEqual({ status: 'pending', at });
    await advance(10);
    const delivered = { status: 'delivered', at: at + 5_000 };
    expect(await provider.message(sent.messageId)).toEqual(delivered);
    await ok(simulator.control.post(`/lines/${line}/status`, { status: 'FLAGGED' }));
    const lost = await provider.send({ ...hi, idempotencyKey: 'k-2' });
    await advance(10);
    expect(await provider.message(lost.messageId)).toMatchObject({ status: 'failed' });
    for (const nothing of ['1/1', '6e2d3c8e-0a5c-4b0e-8f3b-7f7b4a1c0002']) {
      expect(await provider.message(nothing)).toBeNull();
    }
  });

  it('reads a line back page by page, in and out, as its webhooks told', async () => {
    await provider.send({ ...hi, idempotencyKey: 'k-1' });
    await advance(10);
    await simulator.text(ann, line, 'Hello');
    await simulator.text(bob, line, 'And I');
    const message = { parts: [{ type: 'text' as const, value: 'All' }] };
    await sdkOf(simulator).chats.create({ from: line, to: [ann, bob], message });
    await advance(10);
    const { rows: chats, next } = await provider.chatsOf(line, null);
    expect(next).toBeNull();
    expect(new Set(chats.map(({ participants }) => participants.join()))).toEqual(
      new Set([ann, bob, `${ann},${bob}`]),
    );
    expect(chats.filter(({ isGroup }) => isGroup)).toHaveLength(1);
    const chat = chats.find(({ participants }) => participants.join() === ann)!;
    const { rows } = await provider.messagesOf(chat, null);
    expect([...rows].sort((a, b) => a.at - b.at)).toMatchObject([
      { direction: 'out', status: 'delivered', from: line, text: 'Hi\nthere' },
      { direction: 'in', status: 'received', from: ann, text: 'Hello' },
    ]);
    expect((await provider.chatsOf(other, null)).rows).toEqual([]);
  });

  it('refuses in the same words, as far as the version tells them apart', async () => {
    const key = { idempotencyKey: 'k-1' };
    const foreign = { ...hi, ...key, fromPhoneNumber: '+12029999999' };
    expect(await kindOf(provider.send(foreign))).toBe(words.foreignLine);
    expect(await kindOf(provider.send({ ...hi, ...key, to: 'nobody' }))).toBe('invalid');
    await ok(simulator.control.post('/config', { pairLimitPer60s: 1 }));
    await provider.send({ ...hi, ...key });
    const second = provider.send({ ...hi, idempotencyKey: 'k-2' });
    expect(await kindOf(second)).toBe('rate-limited');
    await simulator.text(ann, line, 'STOP');
    const third = provider.send({ ...hi, idempotencyKey: 'k-3' });
    expect(await kindOf(third)).toBe(words.optedOut);
    await simulator.stop();
    expect(await kindOf(provider.listLines())).toBe('unavailable');
  });

  it('shares a card that is there, and says when there is none', async () => {
    const { chatId } = await provider.send({ ...hi, idempotencyKey: 'k-1' });
    expect(await kindOf(provider.shareContactCard(chatId))).toBe('not-found');
    await sdkOf(simulator).contactCard.create({ phone_number: line, first_name: 'Ada' });
    await expect(provider.shareContactCard(chatId)).resolves.toBeUndefined();
    expect(await provider.hasContactCard(line)).toBe(true);
  });

  it('subscribes, and what comes is believed, read and the same as what was answered', async () => {
    receiver = await WebhookReceiver.start();
    const made = await provider.subscribe(receiver.url, version);
    const [subscription] = await provider.subscriptions(version);
    expect(subscription).toMatchObject({
      ...{ id: made.id, active: true, complete: true, filtered: false },
    });
    expect(subscription?.targetUrl.startsWith(receiver.url)).toBe(true);

    const sent = await provider.send({ ...hi, idempotencyKey: 'k-1' });
    await advance(1);
    await simulator.text(ann, line, 'Hello');
    await advance(1);
    await ok(simulator.control.post(`/lines/${line}/status`, { status: 'FLAGGED' }));
    await provider.send({ ...hi, idempotencyKey: 'k-2' });
    await advance(1);
    const events = receiver.deliveries.map(({ headers, body }) => {
      const rawBody = Buffer.from(body);
      const secrets = [made.secret];
      const input = { rawBody, headers, secrets, now: now.at, version };
      expect(verifier.verify(input)).toEqual({ kind: 'verified' });
      expect(verifier.verify({ ...input, secrets: ['another'] }).kind).toBe('rejected');
      const read = reader.read(body, now.at);
      if (read.kind !== 'event') throw new Error(read.why);
      return read.event;
    });
    expect(events.map(({ kind }) => kind)).toEqual([
      ...['chat-created', 'message-sent'],
      ...(tells.deliveries ? ['message-delivered'] : []),
      'message-received',
      ...(tells.failures ? ['line-status', 'message-failed'] : []),
    ]);
    const common = { chatId: sent.chatId, linePhoneNumber: line, isGroup: false };
    expect(events.slice(0, 2)).toMatchObject([
      { ...common, participants: [ann] },
      { ...common, ...sent, idempotencyKey: tells.keys ? 'k-1' : null },
    ]);
    expect(events.find(({ kind }) => kind === 'message-received')).toMatchObject({
      ...{ ...common, from: ann, text: 'Hello' },
    });

    await provider.unsubscribe(made.id, version);
    expect(await provider.subscriptions(version)).toEqual([]);
    expect(await kindOf(provider.unsubscribe(made.id, version))).toBe('not-found');
  });
});

/** Two lines of one account that speak different versions. */
describe('The messaging port on lines of both versions', () => {
  const [legacy = '', modern = ''] = lineNumbers(2);
  const ann = personNumber(1);
  const uuid = /^[0-9a-f]{8}-/;
  let simulator: TestSimulator;
  const spoken = new Map<string, ApiVersion>();
  let provider: MessagingProvider;

  beforeEach(async () => {
    simulator = await TestSimulator.start({ lines: lineNumbers(2) });
    now.at = await simulator.now();
    spoken.clear();
    spoken.set(legacy, 'v2').set(modern, 'v3');
    provider = providerOf(simulator, spoken);
  });
  afterEach(() => simulator.stop());

  const send = (from: string, key: string): Promise<{ messageId: string; chatId: string }> =>
    provider.send({
      ...{ fromPhoneNumber: from, to: ann, chatId: null, text: 'Hi', idempotencyKey: key },
    });

  it('lists each line once, with the id that it has in its version', async () => {
    await ok(simulator.control.post(`/lines/${legacy}/reputation`, { reputation: 'AT_RISK' }));
    const [first, second] = await provider.listLines();
    // V2 knows no reputation, and the account is on V3 too.
    expect(first).toMatchObject({ phoneNumber: legacy, reputation: 'AT_RISK', listedBy: 'v3' });
    expect(first?.providerLineId).toMatch(/^\d+$/);
    expect(second?.providerLineId).toMatch(uuid);
    expect(await provider.listLines('v2')).toHaveLength(2);
    // Nobody asks for V2 where no line speaks it.
    spoken.set(legacy, 'v3');
    await ok(
      simulator.control.post('/faults', { kind: 'error', status: 500, path: '/v2/phone_numbers' }),
    );
    expect((await provider.listLines())[0]?.providerLineId).toMatch(uuid);
    // Half a list would be lines that have vanished.
    spoken.set(legacy, 'v2');
    await expect(provider.listLines()).rejects.toMatchObject({ kind: 'unavailable' });
  });

  it('asks by the line, by its version at that moment, and by the form of an id', async () => {
    const old = await send(legacy, 'k-1');
    const young = await send(modern, 'k-2');
    expect([old.chatId, old.messageId]).toEqual([
      expect.stringMatching(/^\d+$/),
      expect.stringMatching(/^\d+\/\d+$/),
    ]);
    expect([young.chatId, young.messageId]).toEqual([
      expect.stringMatching(uuid),
      expect.stringMatching(uuid),
    ]);
    for (const [line, { chatId, messageId }] of [
      [legacy, old],
      [modern, young],
    ] as const) {
      expect(await provider.chat(chatId)).toMatchObject({ linePhoneNumber: line });
      expect(await provider.chatsWith(line, ann)).toMatchObject([{ chatId }]);
      expect(await provider.message(messageId)).not.toBeNull();
      const [chat] = (await provider.chatsOf(line, null)).rows;
      expect(chat).toMatchObject({ chatId, linePhoneNumber: line, participants: [ann] });
      expect((await provider.messagesOf(chat!, null)).rows).toMatchObject([
        { messageId, direction: 'out', text: 'Hi' },
      ]);
    }
    spoken.set(legacy, 'v3');
    expect((await send(legacy, 'k-3')).chatId).toMatch(uuid);
    // What V2 has named is asked for there still.
    expect(await provider.message(old.messageId)).not.toBeNull();
  });
});

/** How long V2 knows a key is published nowhere. */
it('V2 has sent once after a lost answer, even where it has forgotten the key by then', async () => {
  const [line = ''] = lineNumbers(1);
  const simulator = await TestSimulator.start({ lines: [line] });
  try {
    await ok(simulator.control.post('/config', { idempotencyTtlSeconds: 1 }));
    now.at = await simulator.now();
    const provider = new LinqV2MessagingProvider({
      ...{ token: simulator.token, baseUrl: simulator.apiUrl, now: () => now.at },
      ...{ makeSecret: () => '', cardsAreSetUp: true, wait: () => simulator.advance(10) },
    });
    for (const [i, path] of versions.v2.sends.entries()) {
      await ok(simulator.control.post('/faults', { kind: 'lost-answer', path, method: 'POST' }));
      const [chat] = await provider.chatsWith(line, personNumber(1));
      const sent = await provider.send({
        ...{ fromPhoneNumber: line, to: personNumber(1), chatId: chat?.chatId ?? null },
        ...{ text: `Message ${i}`, idempotencyKey: 'k' },
      });
      expect(await provider.message(sent.messageId)).toMatchObject({ status: 'delivered' });
      expect(await simulator.books()).toHaveLength(i + 1);
    }
  } finally {
    await simulator.stop();
  }
});
