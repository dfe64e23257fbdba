import type { ReadEvent } from '@linekeeper/application';
import { DAY_MS } from '@linekeeper/domain';
import fc from 'fast-check';
import { LinqV2EventReader } from './linq-v2-event-reader';

const LINE = '+12025550101';
const PERSON = '+14155550123';
const AT = Date.UTC(2025, 4, 21, 21, 30);
const HANDLES = [
  { identifier: LINE, display_name: 'Us', is_me: true },
  { identifier: PERSON, display_name: 'Ann', is_me: false },
];
const data = (changes: object = {}): object => ({
  ...{ id: '27799380', chat_id: '324324', text: 'Hello', is_read: false, from_phone: PERSON },
  ...{ sent_at: '2025-05-21 15:30:00 -0600', service: 'iMessage', reaction_id: null },
  ...{ chat_handles: HANDLES, attachments: [] },
  ...changes,
});
const body = (type: string, of: object, changes: object = {}): string =>
  JSON.stringify({
    ...{ api_version: 'v2', created_at: '2025-05-21T15:30:02-06:00', data: of },
    ...{ event_id: 'wh_evt_1', event_type: type },
    ...changes,
  });
const ours = (changes: object = {}): object => data({ from_phone: LINE, ...changes });

describe('LinqV2EventReader', () => {
  const reader = new LinqV2EventReader();
  const read = (text: string, receivedAt = AT): ReadEvent => reader.read(text, receivedAt);
  const facts = {
    ...{ eventId: 'v2:wh_evt_1', messageId: '324324/27799380', chatId: '324324' },
    ...{ linePhoneNumber: LINE, at: AT, isGroup: false, chatHealth: null, service: 'iMessage' },
    recovered: false,
  };

  it('reads what a person wrote', () => {
    expect(read(body('message.received', data()))).toEqual({
      kind: 'event',
      orderKey: 'chat:324324',
      event: {
        ...facts,
        ...{ kind: 'message-received', eventType: 'message.received' },
        ...{ from: PERSON, text: 'Hello' },
      },
    });
  });

  it('reads what we wrote, which has no key', () => {
    expect(read(body('message.sent', ours()))).toEqual({
      kind: 'event',
      orderKey: 'chat:324324',
      event: {
        ...facts,
        ...{ kind: 'message-sent', eventType: 'message.sent', idempotencyKey: null },
        to: PERSON,
      },
    });
    // The line is the sender where nobody is marked as us.
    const alone = [{ identifier: PERSON }];
    for (const handles of [alone, [...alone, { identifier: LINE }]]) {
      expect(read(body('message.sent', ours({ chat_handles: handles })))).toMatchObject({
        event: { linePhoneNumber: LINE, isGroup: false, to: PERSON },
      });
    }
  });

  it('names nobody as the one to whom a message to several went', () => {
    const handles = [...HANDLES, { identifier: '+14155550124', is_me: false }];
    const told = read(body('message.sent', ours({ chat_handles: handles })));
    expect(told).toMatchObject({ event: { isGroup: true } });
    expect(told.kind === 'event' && 'to' in told.event).toBe(false);
  });

  it('takes numbers of the United States without their +1', () => {
    const [us, them] = [LINE.slice(2), PERSON.slice(2)];
    const handles = [
      { identifier: us, is_me: true },
      { identifier: them, is_me: false },
    ];
    const bare = data({ from_phone: them, chat_handles: handles });
    expect(read(body('message.received', bare))).toMatchObject({
      event: { linePhoneNumber: LINE, from: PERSON },
    });
  });

  it('takes ids as texts or as numbers, and groups by who is in them', () => {
    const more = [...HANDLES, { identifier: '+14155550124', is_me: false }];
    const group = data({ id: 27799380, chat_id: 324324, chat_handles: more });
    expect(read(body('message.received', group))).toMatchObject({
      event: { messageId: '324324/27799380', chatId: '324324', isGroup: true },
    });
  });

  it('dates by the message, else by the envelope, and never beyond a day from now', () => {
    const dated = (sentAt: unknown, changes: object = {}, receivedAt = AT): unknown => {
      const told = read(body('message.received', data({ sent_at: sentAt }), changes), receivedAt);
      return told.kind === 'event' && 'at' in told.event ? told.event.at : told.kind;
    };
    expect(dated('2025-05-21T21:30:00Z')).toBe(AT);
    expect(dated('2025-05-21 15:30:00 -06:00')).toBe(AT);
    for (const odd of [null, 'soon', 7, '2035-05-21 15:30:00 -0600']) {
      expect(dated(odd)).toBe(AT + 2_000);
    }
    expect(dated('soon', { created_at: 'later' })).toBe('unreadable');
    expect(dated('2025-05-21 15:30:00 -0600', {}, AT - DAY_MS - 5_000)).toBe('unreadable');
  });

  it('keeps of a text what can be stored', () => {
    const odd = data({ text: 'a\u0000b\ud800' });
    expect(read(body('message.received', odd))).toMatchObject({ event: { text: 'ab\ufffd' } });
    for (const none of [null, undefined, 7]) {
      const bare = data({ text: none });
      expect(read(body('message.received', bare))).toMatchObject({ event: { text: '' } });
    }
  });

  it('reads a new chat where it names the line, and leaves it alone where not', () => {
    const made = { id: '324324', service: 'iMessage', group: false, chat_handles: HANDLES };
    expect(read(body('chat.created', made))).toEqual({
      kind: 'event',
      orderKey: 'chat:324324',
      event: {
        ...{ eventId: 'v2:wh_evt_1', eventType: 'chat.created', kind: 'chat-created' },
        ...{ chatId: '324324', linePhoneNumber: LINE, participants: [PERSON], isGroup: false },
        ...{ at: AT + 2_000, service: 'iMessage' },
      },
    });
    for (const other of [{}, { ...made, chat_handles: [{ identifier: PERSON }] }]) {
      expect(read(body('chat.created', other))).toMatchObject({ event: { kind: 'ignored' } });
    }
  });

  it.each([
    'message.read',
    'reaction.received',
    'typing_indicator.received',
    'call.completed',
    'x',
  ])('leaves %s alone, which tells no line or nothing we count', (type) => {
    expect(read(body(type, { id: '1', chat_id: '2', read_at: 'x' }))).toEqual({
      kind: 'event',
      orderKey: 'event:v2:wh_evt_1',
      event: { kind: 'ignored', eventId: 'v2:wh_evt_1', eventType: type },
    });
  });

  it.each([
    ['no JSON', '{', 'not JSON'],
    ['no envelope', '[]', 'not an event envelope'],
    ['a message without an id', body('message.sent', ours({ id: '' })), 'not a message: id'],
    ['an id that is no number', body('message.sent', ours({ id: 'a/b' })), 'not a message: id'],
    ['no handles', body('message.received', data({ chat_handles: null })), 'chat_handles'],
    ['no line', body('message.received', data({ chat_handles: [] })), 'the line is not named'],
    ['no sender', body('message.received', data({ from_phone: null })), 'the sender'],
    ['received from ourselves', body('message.received', ours()), 'contradicts'],
    ['sent by somebody else', body('message.sent', data()), 'contradicts'],
  ])('cannot read %s, and says why without a number', (_name, text, why) => {
    const told = read(text);
    expect(told).toMatchObject({ kind: 'unreadable', why: expect.stringContaining(why) as string });
    expect(JSON.stringify(told)).not.toContain(PERSON);
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        expect(['event', 'unreadable']).toContain(read(text).kind);
      }),
    );
    const types = fc.constantFrom('message.sent', 'message.received', 'chat.created');
    fc.assert(
      fc.property(types, fc.object(), (type, odd) => {
        expect(['event', 'unreadable']).toContain(read(body(type, { ...data(), ...odd })).kind);
      }),
    );
  });
});
