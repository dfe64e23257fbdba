import fc from 'fast-check';
import { LinqEventReader } from './linq-event-reader';

const reader = new LinqEventReader();
/** After every instant that is made up here. */
const RECEIVED_AT = Date.UTC(2100, 0, 1);

const id = fc.stringMatching(/^[A-Za-z0-9+@._-]{1,60}$/);
const at = fc.integer({ min: 0, max: Date.UTC(2100, 0, 1) });
const instant = (value: number): string => `${new Date(value).toISOString().slice(0, -1)}123456Z`;
const odd = fc.oneof(
  { weight: 3, arbitrary: fc.jsonValue() },
  fc.string({ unit: 'binary' }),
  fc.constantFrom('\ud800', '\u0000', '', '__proto__', 1e308, -0, [], {}, null, true),
);
const TYPES = [
  'message.received',
  'message.sent',
  'message.delivered',
  'message.read',
  'message.failed',
  'phone_number.status_updated',
  'chat.created',
] as const;

const handle = id.map((value) => ({ handle: value, is_me: false }));
/** One body that holds the fields of every event and both versions, so that any of them reads it. */
const body = fc
  .record({
    event_type: fc.constantFrom(...TYPES),
    webhook_version: fc.constantFrom('2026-02-03', '2025-01-01'),
    event_id: id,
    chatId: id,
    messageId: id,
    line: id,
    sender: handle,
    text: fc.string({ unit: 'grapheme' }).map((text) => text.replaceAll('\u0000', '')),
    key: id,
    at,
    isGroup: fc.boolean(),
    code: fc.integer(),
  })
  .map((told) => {
    const inbound = told.event_type === 'message.received';
    const owner = { handle: told.line, is_me: true };
    const sender = inbound ? told.sender : owner;
    const parts = [{ type: 'text', value: told.text }];
    const data = {
      id: told.event_type === 'chat.created' ? told.chatId : told.messageId,
      chat: { id: told.chatId, is_group: told.isGroup, owner_handle: owner },
      chat_id: told.chatId,
      message_id: told.messageId,
      direction: inbound ? 'inbound' : 'outbound',
      is_from_me: !inbound,
      is_group: told.isGroup,
      sender_handle: sender,
      from_handle: sender,
      recipient_handle: inbound ? owner : null,
      parts,
      message: { id: told.messageId, parts, sent_at: instant(told.at) },
      idempotency_key: told.key,
      sent_at: instant(told.at),
      failed_at: instant(told.at),
      changed_at: instant(told.at),
      created_at: instant(told.at),
      code: told.code,
      phone_number: told.line,
      new_status: 'ACTIVE',
      new_reputation: 'HEALTHY',
      handles: [owner, told.sender],
    };
    const { event_type, webhook_version, event_id } = told;
    return { told, wire: { event_type, webhook_version, event_id, data } };
  });

/** Puts something odd in the place of one value anywhere in the body, or takes it away. */
function damaged(value: unknown, path: readonly number[], replacement: unknown): unknown {
  const [step, ...rest] = path;
  if (step === undefined || typeof value !== 'object' || value === null) return replacement;
  const entries = Object.entries(value);
  if (entries.length === 0) return replacement;
  const index = step % entries.length;
  const changed = entries.map(([key, inner]: [string, unknown], place): [string, unknown] => [
    key,
    place === index ? damaged(inner, rest, replacement) : inner,
  ]);
  return Array.isArray(value) ? changed.map(([, inner]) => inner) : Object.fromEntries(changed);
}

/** What any answer must be: whole, and of strings that a database takes. */
function expectSound(text: string): void {
  const answer = reader.read(text, RECEIVED_AT);
  if (answer.kind === 'unreadable') {
    expect(answer.why).not.toBe('');
    expect(answer.why).not.toBe('not understood');
    return;
  }
  const { event, orderKey } = answer;
  expect(orderKey).toMatch(/^(?:chat|line|message|event):./);
  for (const value of [orderKey, ...Object.values(event)].flat()) {
    expect(value).not.toBeUndefined();
    if (typeof value === 'number') expect(Number.isSafeInteger(value)).toBe(true);
    if (typeof value !== 'string') continue;
    expect(value).not.toContain('\u0000');
    expect(value.isWellFormed()).toBe(true);
  }
}

describe('LinqEventReader, whatever comes', () => {
  it('never throws on any text', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.json(),
          odd.map((value) => JSON.stringify(value)),
        ),
        expectSound,
      ),
      { numRuns: 500 },
    );
  });

  it('never throws on any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expectSound(Buffer.from(bytes).toString('utf8'));
      }),
    );
  });

  it('never throws on a body with one thing wrong, nor lets anything through that cannot be stored', () => {
    fc.assert(
      fc.property(
        body,
        fc.array(fc.nat(30), { minLength: 1, maxLength: 5 }),
        fc.oneof(odd, fc.constant(undefined)),
        ({ wire }, path, replacement) => {
          // Nothing at all, where the damage took the whole body.
          expectSound([JSON.stringify(damaged(wire, path, replacement))].join(''));
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it('never throws on a body that was cut or has a byte changed', () => {
    fc.assert(
      fc.property(body, fc.nat(), fc.nat(255), fc.boolean(), ({ wire }, where, byte, cut) => {
        const bytes = Buffer.from(JSON.stringify(wire));
        const place = where % bytes.length;
        if (!cut) bytes[place] = byte;
        expectSound((cut ? bytes.subarray(0, place) : bytes).toString('utf8'));
      }),
      { numRuns: 1_000 },
    );
  });

  it('reads back everything that a right body tells', () => {
    fc.assert(
      fc.property(body, ({ told, wire }) => {
        const { event_id: eventId, event_type: eventType } = told;
        const ids = { eventId, eventType };
        const message = {
          ...ids,
          messageId: told.messageId,
          chatId: told.chatId,
          linePhoneNumber: told.line,
          at: told.at,
          isGroup: told.isGroup,
          chatHealth: null,
          service: null,
          recovered: false,
        };
        const [orderKey, event] = ((): [string, object] => {
          switch (eventType) {
            case 'message.received': {
              const from = told.sender.handle;
              return [
                `chat:${told.chatId}`,
                { ...message, kind: 'message-received', from, text: told.text },
              ];
            }
            case 'message.failed': {
              const { messageId, chatId, code } = told;
              return [
                `message:${messageId}`,
                { ...ids, kind: 'message-failed', messageId, chatId, code, at: told.at },
              ];
            }
            case 'phone_number.status_updated':
              return [
                `line:${told.line}`,
                {
                  ...ids,
                  kind: 'line-status',
                  phoneNumber: told.line,
                  status: 'ACTIVE',
                  reputation: 'HEALTHY',
                  changedAt: told.at,
                },
              ];
            case 'chat.created':
              return [
                `chat:${told.chatId}`,
                {
                  ...ids,
                  kind: 'chat-created',
                  chatId: told.chatId,
                  linePhoneNumber: told.line,
                  participants: [told.sender.handle],
                  isGroup: told.isGroup,
                  at: told.at,
                  service: null,
                },
              ];
            default:
              return [
                `chat:${told.chatId}`,
                { ...message, kind: eventType.replace('.', '-'), idempotencyKey: told.key },
              ];
          }
        })();
        expect(reader.read(JSON.stringify(wire), RECEIVED_AT)).toEqual({
          kind: 'event',
          orderKey,
          event,
        });
      }),
      { numRuns: 500 },
    );
  });
});
