import { LinqEventReader } from './linq-event-reader';

const reader = new LinqEventReader();
const SENT_AT = Date.UTC(2026, 1, 5, 19, 52, 18, 101);
const RECEIVED_AT = Date.UTC(2026, 1, 5, 20, 0, 1);
const LINE = '+12025550100';
const PERSON = '+14155550123';

const envelope = (eventType: string, data: unknown, changes: object = {}): object => ({
  api_version: 'v3',
  webhook_version: '2026-02-03',
  event_type: eventType,
  event_id: 'event-1',
  created_at: '2026-02-05T20:00:00.593689073Z',
  trace_id: '2eff5df5c6f688733c007523c4d61cd9',
  partner_id: 'partner',
  data,
  ...changes,
});
const read = (body: unknown): ReturnType<LinqEventReader['read']> =>
  reader.read(JSON.stringify(body), RECEIVED_AT);
const party = (handle: string, isMe: boolean): object => ({
  id: 'h',
  handle,
  is_me: isMe,
  service: 'iMessage',
  status: 'active',
  joined_at: '2026-01-01T00:00:00Z',
  left_at: null,
});

const AT_RISK = { health: 'AT_RISK', at: Date.UTC(2026, 0, 1) } as const;

const inbound2026 = {
  id: 'message-1',
  chat: {
    id: 'chat-1',
    is_group: false,
    health_status: { status: 'AT_RISK', doc_url: 'x', updated_at: '2026-01-01T00:00:00Z' },
    owner_handle: party(LINE, true),
  },
  direction: 'inbound',
  sender_handle: party(PERSON, false),
  parts: [{ type: 'text', value: 'hi' }],
  service: 'iMessage',
  effect: null,
  sent_at: '2026-02-05T19:52:18.101373886Z',
  delivered_at: null,
  read_at: null,
};
const outbound2026 = {
  ...inbound2026,
  direction: 'outbound',
  sender_handle: party(LINE, true),
  idempotency_key: 'key-1',
  preferred_service: null,
};
const outbound2025 = {
  chat_id: 'chat-1',
  is_group: false,
  is_from_me: true,
  from: LINE,
  from_handle: party(LINE, true),
  recipient_handle: null,
  recipient_phone: null,
  received_at: null,
  service: 'RCS',
  preferred_service: null,
  idempotency_key: 'key-1',
  message: {
    id: 'message-1',
    parts: [{ type: 'text', value: 'hi' }],
    is_delivered: false,
    is_read: false,
    sent_at: '2026-02-05T14:52:18.101-05:00',
    delivered_at: null,
    read_at: null,
    created_at: '2026-02-05T19:52:18Z',
    updated_at: '2026-02-05T19:52:18Z',
  },
};
const inbound2025 = {
  ...outbound2025,
  is_from_me: false,
  from: PERSON,
  from_handle: party(PERSON, false),
  recipient_handle: party(LINE, true),
  received_at: '2026-02-05T19:52:19Z',
  idempotency_key: null,
};
const OLD = { webhook_version: '2025-01-01' };
const common = {
  eventId: 'event-1',
  messageId: 'message-1',
  chatId: 'chat-1',
  linePhoneNumber: LINE,
  at: SENT_AT,
  isGroup: false,
  recovered: false,
};

describe('LinqEventReader', () => {
  describe('message events', () => {
    it('reads a received message of 2026-02-03', () => {
      expect(read(envelope('message.received', inbound2026))).toEqual({
        kind: 'event',
        orderKey: 'chat:chat-1',
        event: {
          ...common,
          kind: 'message-received',
          eventType: 'message.received',
          from: PERSON,
          text: 'hi',
          chatHealth: AT_RISK,
          service: 'iMessage',
        },
      });
    });

    it('dates the health of a thread by the message where the provider does not', () => {
      const health_status = { status: 'CRITICAL', updated_at: 'lately' };
      const data = { ...inbound2026, chat: { ...inbound2026.chat, health_status } };
      expect(read(envelope('message.received', data))).toMatchObject({
        event: { chatHealth: { health: 'CRITICAL', at: common.at } },
      });
    });

    it('reads a received message of 2025-01-01', () => {
      expect(read(envelope('message.received', inbound2025, OLD))).toEqual({
        kind: 'event',
        orderKey: 'chat:chat-1',
        event: {
          ...common,
          kind: 'message-received',
          eventType: 'message.received',
          from: PERSON,
          text: 'hi',
          chatHealth: null,
          service: 'RCS',
        },
      });
    });

    it.each(['sent', 'delivered', 'read'])('reads message.%s of both versions', (name) => {
      const eventType = `message.${name}`;
      const event = { ...common, kind: `message-${name}`, eventType, idempotencyKey: 'key-1' };
      expect(read(envelope(eventType, outbound2026))).toEqual({
        kind: 'event',
        orderKey: 'chat:chat-1',
        event: { ...event, chatHealth: AT_RISK, service: 'iMessage' },
      });
      expect(read(envelope(eventType, outbound2025, OLD))).toEqual({
        kind: 'event',
        orderKey: 'chat:chat-1',
        event: { ...event, chatHealth: null, service: 'RCS' },
      });
    });

    it('takes the instant of sending even when later ones are told', () => {
      const data = { ...outbound2026, delivered_at: '2026-02-06T00:00:00Z' };
      expect(read(envelope('message.delivered', data))).toMatchObject({ event: { at: SENT_AT } });
    });

    it('is marked when the provider says that it recovered it late', () => {
      const data = { ...inbound2026, reconciled_at: '2026-02-07T00:00:00Z' };
      expect(read(envelope('message.received', data))).toMatchObject({
        event: { recovered: true },
      });
      const empty = { ...inbound2026, reconciled_at: null };
      expect(read(envelope('message.received', empty))).toMatchObject({
        event: { recovered: false },
      });
    });

    it('falls back to when the event was made', () => {
      const data = { ...inbound2026, sent_at: '0001-01-01T00:00:00Z' };
      expect(read(envelope('message.received', data))).toMatchObject({
        event: { at: Date.UTC(2026, 1, 5, 20, 0, 0, 593) },
      });
    });

    it('reads the id at the top of a 2025-01-01 receipt', () => {
      const { message, ...rest } = outbound2025;
      const data = { ...rest, message_id: 'top', message: { ...message, id: 'inner' } };
      expect(read(envelope('message.read', data, OLD))).toMatchObject({
        event: { messageId: 'top' },
      });
      expect(read(envelope('message.read', { ...rest, message_id: 'top' }, OLD))).toMatchObject({
        kind: 'event',
        event: { messageId: 'top' },
      });
    });

    it('reads a version that it does not know like the newest', () => {
      for (const version of ['2027-01-01', null, 7]) {
        expect(
          read(envelope('message.sent', outbound2026, { webhook_version: version })),
        ).toMatchObject({ kind: 'event' });
      }
    });

    it('passes over fields that came later', () => {
      const data = { ...inbound2026, reconciled_at: '2026-02-07T00:00:00Z', mention: {} };
      expect(read(envelope('message.received', data, { region: 'eu' }))).toMatchObject({
        event: { at: SENT_AT, text: 'hi' },
      });
    });

    it('reads words that it does not know as null and odd optional fields as absent', () => {
      const data = {
        ...outbound2026,
        chat: { ...inbound2026.chat, is_group: 'no', health_status: { status: 'SPLENDID' } },
        service: 7,
        idempotency_key: ['k'],
        parts: 'hi',
        sent_at: 5,
      };
      expect(read(envelope('message.sent', data))).toMatchObject({
        event: { chatHealth: null, isGroup: false, service: null, idempotencyKey: null },
      });
    });

    it.each(['chatHealth', 'service', 'idempotencyKey'])(
      'says null where no %s is told',
      (name) => {
        const data = { id: 'm', chat: { id: 'c' }, sender_handle: { handle: LINE } };
        expect(read(envelope('message.sent', data))).toHaveProperty(['event', name], null);
      },
    );

    it('joins the text parts and leaves the others out, one that is broken too', () => {
      const parts = [
        { type: 'media', url: 'https://x', value: null },
        { type: 'text', value: 'STOP' },
        null,
        'text',
        { type: 'text', value: 7 },
        { type: 'text', value: 'please' },
      ];
      expect(read(envelope('message.received', { ...inbound2026, parts }))).toMatchObject({
        event: { text: 'STOP\nplease' },
      });
    });

    it('gives texts that a database takes', () => {
      const parts = [{ type: 'text', value: 'a\u0000b\ud800c😀' }];
      expect(read(envelope('message.received', { ...inbound2026, parts }))).toMatchObject({
        event: { text: 'ab\ufffdc😀' },
      });
    });

    it('finds the line of an outbound message in its sender', () => {
      const data = { ...outbound2026, chat: { id: 'chat-1', owner_handle: null } };
      expect(read(envelope('message.sent', data))).toMatchObject({
        event: { linePhoneNumber: LINE },
      });
    });

    it.each([
      ['no line', 'message.received', { ...inbound2026, chat: { id: 'chat-1' } }],
      ['no sender', 'message.received', { ...inbound2026, sender_handle: null }],
      ['no chat', 'message.received', { ...inbound2026, chat: null }],
      ['no message id', 'message.sent', { ...outbound2026, id: '' }],
      ['an echo as received', 'message.received', outbound2026],
      ['an inbound message as sent', 'message.sent', inbound2026],
      ['no data', 'message.sent', undefined],
      ['an id with a NUL', 'message.sent', { ...outbound2026, id: 'a\u0000b' }],
      ['an id with half of a character', 'message.sent', { ...outbound2026, id: '\udc00' }],
      ['an endless id', 'message.sent', { ...outbound2026, id: 'x'.repeat(201) }],
    ])('cannot read a message with %s', (_name, eventType, data) => {
      expect(read(envelope(eventType, data))).toMatchObject({
        kind: 'unreadable',
        eventId: 'event-1',
        eventType,
      });
    });

    it.each([
      ['no recipient', 'message.received', { ...inbound2025, recipient_handle: null }],
      ['an echo as received', 'message.received', outbound2025],
      ['an inbound message as sent', 'message.sent', inbound2025],
      ['no message', 'message.sent', { ...outbound2025, message: null }],
    ])('cannot read one of 2025-01-01 with %s', (_name, eventType, data) => {
      expect(read(envelope(eventType, data, OLD))).toMatchObject({ kind: 'unreadable', eventType });
    });
  });

  describe('instants', () => {
    const sentAt = (at: number): object => ({
      ...inbound2026,
      sent_at: new Date(at).toISOString(),
    });
    const DAY_MS = 86_400_000;

    it('may be a day ahead of us, and no more', () => {
      const ahead = RECEIVED_AT + DAY_MS;
      expect(read(envelope('message.received', sentAt(ahead)))).toMatchObject({
        event: { at: ahead },
      });
      expect(read(envelope('message.received', sentAt(ahead + 1)))).toMatchObject({
        event: { at: Date.UTC(2026, 1, 5, 20, 0, 0, 593) },
      });
    });

    it('that all lie beyond are none', () => {
      const body = envelope('message.received', sentAt(Date.UTC(9999, 0, 1)), {
        created_at: '9999-01-01T00:00:00Z',
      });
      expect(read(body)).toMatchObject({ kind: 'unreadable', eventId: 'event-1' });
    });
  });

  describe('message.failed', () => {
    const failed = { code: 4001, reason: 'x', failed_at: '2026-02-05T19:52:18.101Z' };
    const event = { kind: 'message-failed', code: 4001, at: SENT_AT };

    it('is ordered by its message, so that it holds no thread up', () => {
      const data = { ...failed, chat_id: 'chat-1', message_id: 'message-1' };
      expect(read(envelope('message.failed', data))).toMatchObject({
        orderKey: 'message:message-1',
        event: { ...event, messageId: 'message-1', chatId: 'chat-1' },
      });
    });

    it('may name neither message nor chat', () => {
      expect(read(envelope('message.failed', failed))).toMatchObject({
        orderKey: 'event:event-1',
        event: { ...event, messageId: null, chatId: null },
      });
    });

    it.each([2 ** 31, -(2 ** 31) - 1, Number.MAX_SAFE_INTEGER])(
      'is read without the code %d, which no column holds',
      (code) => {
        expect(read(envelope('message.failed', { ...failed, code }))).toMatchObject({
          event: { ...event, code: null },
        });
      },
    );

    it('has no code when it was read back from a list, which tells none', () => {
      expect(read(envelope('message.failed', { ...failed, code: null }))).toMatchObject({
        event: { kind: 'message-failed', code: null },
      });
    });

    it.each([undefined, '4001', 1.5])('is unreadable with the code %j', (code) => {
      expect(read(envelope('message.failed', { ...failed, code }))).toMatchObject({
        kind: 'unreadable',
      });
    });
  });

  describe('phone_number.status_updated', () => {
    const status = {
      phone_number: LINE,
      previous_status: 'ACTIVE',
      new_status: 'FLAGGED',
      previous_reputation: 'AT_RISK',
      new_reputation: 'CRITICAL',
      changed_at: '2026-02-05T19:52:18.101Z',
    };
    const reading = (data: object): ReturnType<LinqEventReader['read']> =>
      read(envelope('phone_number.status_updated', data));

    it('tells both axes', () => {
      expect(reading(status)).toEqual({
        kind: 'event',
        orderKey: `line:${LINE}`,
        event: {
          kind: 'line-status',
          eventId: 'event-1',
          eventType: 'phone_number.status_updated',
          phoneNumber: LINE,
          status: 'FLAGGED',
          reputation: 'CRITICAL',
          changedAt: SENT_AT,
        },
      });
    });

    it('knows the former name of the reputation, and prefers the present one', () => {
      const former = { ...status, new_reputation: undefined, new_health_status: 'AT_RISK' };
      expect(reading(former)).toMatchObject({ event: { reputation: 'AT_RISK' } });
      expect(reading({ ...former, new_reputation: 'HEALTHY' })).toMatchObject({
        event: { reputation: 'HEALTHY' },
      });
    });

    it('says null for what is left out or not known', () => {
      expect(reading({ phone_number: LINE, new_status: 'PAUSED' })).toMatchObject({
        event: { status: null, reputation: null },
      });
      expect(reading({ ...status, new_reputation: 'OPTED_OUT' })).toMatchObject({
        event: { reputation: null },
      });
    });

    it('needs the number', () => {
      expect(reading({ ...status, phone_number: null })).toMatchObject({ kind: 'unreadable' });
    });
  });

  describe('chat.created', () => {
    const chat = {
      id: 'chat-1',
      created_at: '2026-02-05T19:52:18.101Z',
      updated_at: '2026-02-05T19:52:18.101Z',
      display_name: null,
      handles: [party(PERSON, false), party(LINE, true)],
      health_status: { status: 'HEALTHY' },
      is_group: false,
      service: 'SMS',
    };

    it('tells whose thread it is', () => {
      expect(read(envelope('chat.created', chat))).toEqual({
        kind: 'event',
        orderKey: 'chat:chat-1',
        event: {
          kind: 'chat-created',
          eventId: 'event-1',
          eventType: 'chat.created',
          chatId: 'chat-1',
          linePhoneNumber: LINE,
          participants: [PERSON],
          isGroup: false,
          at: SENT_AT,
          service: 'SMS',
        },
      });
    });

    it('knows a group by its members when it is not told', () => {
      const handles = [...chat.handles, party('a@example.com', false)];
      const data = { ...chat, handles, is_group: undefined };
      expect(read(envelope('chat.created', data))).toMatchObject({ event: { isGroup: true } });
    });

    it('needs a line', () => {
      const data = { ...chat, handles: [party(PERSON, false)] };
      expect(read(envelope('chat.created', data))).toMatchObject({
        kind: 'unreadable',
        why: 'the line is not named',
      });
    });
  });

  describe('everything else', () => {
    it.each(['reaction.added', 'call.ended', 'poll.received', '__proto__', 'constructor'])(
      'ignores %s, whatever it carries',
      (eventType) => {
        for (const data of [{}, null, 7, [], undefined]) {
          expect(read(envelope(eventType, data))).toEqual({
            kind: 'event',
            orderKey: 'event:event-1',
            event: { kind: 'ignored', eventId: 'event-1', eventType },
          });
        }
      },
    );

    it.each(['', 'x', '{', 'null', '[]', '7', '"{}"', '{}', '\ufeff', '\u0000'])(
      'cannot read %j',
      (body) => {
        expect(reader.read(body, RECEIVED_AT)).toMatchObject({
          kind: 'unreadable',
          eventId: null,
          eventType: null,
        });
      },
    );

    it('names the event of an unreadable body only by what can be stored', () => {
      for (const id of [7, '', 'a\u0000', '\ud800', 'x'.repeat(201), null, {}]) {
        const body = envelope('message.sent', outbound2026, { event_id: id });
        expect(read(body)).toMatchObject({
          kind: 'unreadable',
          eventId: null,
          eventType: 'message.sent',
        });
      }
    });

    it('takes no field from __proto__', () => {
      const body = `{"__proto__":${JSON.stringify(envelope('message.sent', outbound2026))}}`;
      expect(reader.read(body, RECEIVED_AT)).toMatchObject({ kind: 'unreadable', eventId: null });
      const inner = `{"event_type":"message.sent","event_id":"e","data":{"__proto__":${JSON.stringify(outbound2026)}}}`;
      expect(reader.read(inner, RECEIVED_AT)).toMatchObject({ kind: 'unreadable', eventId: 'e' });
      expect(({} as { chat?: unknown }).chat).toBeUndefined();
    });

    it.each([10_000, 2_000_000])('survives a nesting %i deep', (depth) => {
      const nested = `${'['.repeat(depth)}${']'.repeat(depth)}`;
      expect(reader.read(nested, RECEIVED_AT).kind).toBe('unreadable');
      const body = `{"event_type":"message.sent","event_id":"e","data":${nested}}`;
      expect(reader.read(body, RECEIVED_AT).kind).toBe('unreadable');
    });

    it('gives reasons that quote nothing of what people wrote', () => {
      const secret = 'my-private-words';
      const broken = { ...inbound2026, id: null, parts: [{ type: 'text', value: secret }] };
      for (const body of [secret, JSON.stringify(envelope('message.received', broken))]) {
        const answer = reader.read(body, RECEIVED_AT);
        expect(answer.kind).toBe('unreadable');
        expect(JSON.stringify(answer)).not.toContain(secret);
      }
    });
  });
});
