import type { MissedEvent } from '@linekeeper/application';
import fc from 'fast-check';
import { LinqEventReader } from './linq-event-reader';
import { LinqEventWriter } from './linq-event-writer';

const READ_AT = Date.UTC(2100, 0, 1);
const id = fc.stringMatching(/^[A-Za-z0-9+@._:-]{1,60}$/);
const at = fc.integer({ min: 0, max: READ_AT });
const text = fc.string({ unit: 'grapheme' }).map((each) => each.replaceAll('\u0000', ''));
const service = fc.constantFrom('iMessage', 'SMS', null);
const base = {
  eventId: id,
  messageId: id,
  chatId: id,
  linePhoneNumber: id,
  at,
  isGroup: fc.boolean(),
  chatHealth: fc.option(
    fc.record({ health: fc.constantFrom('HEALTHY' as const, 'OPTED_OUT' as const), at }),
  ),
  service,
  recovered: fc.constant(true),
};
const kinds = {
  'message.sent': 'message-sent',
  'message.delivered': 'message-delivered',
  'message.read': 'message-read',
} as const;

const event: fc.Arbitrary<MissedEvent> = fc.oneof(
  fc.record({
    ...base,
    kind: fc.constant('message-received' as const),
    eventType: fc.constant('message.received'),
    from: id,
    text,
  }),
  fc
    .record({
      ...base,
      eventType: fc.constantFrom(...(Object.keys(kinds) as (keyof typeof kinds)[])),
    })
    .map((each) => ({ ...each, kind: kinds[each.eventType], idempotencyKey: null })),
  fc.record({
    kind: fc.constant('message-failed' as const),
    eventId: id,
    eventType: fc.constant('message.failed'),
    messageId: id,
    chatId: id,
    code: fc.constant(null),
    at,
  }),
  fc.record({
    kind: fc.constant('chat-created' as const),
    eventId: id,
    eventType: fc.constant('chat.created'),
    chatId: id,
    linePhoneNumber: id,
    participants: fc.array(id, { minLength: 1, maxLength: 4 }),
    isGroup: fc.boolean(),
    at,
    service,
  }),
);

describe('LinqEventWriter', () => {
  it('writes what the reader reads as the same event', () => {
    const [reader, writer] = [new LinqEventReader(), new LinqEventWriter()];
    fc.assert(
      fc.property(event, (missed) => {
        const body = writer.write(missed, READ_AT).toString('utf8');
        expect(reader.read(body, READ_AT)).toMatchObject({ kind: 'event', event: missed });
      }),
    );
  });
});
