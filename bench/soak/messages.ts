import { nextId } from '../paths/ids';
import { envelope } from '../paths/requests';

/** Somebody with a place, a thread and a line. */
export interface Person {
  readonly id: string;
  readonly handle: string;
  readonly line: string;
  readonly chatId: string;
}

type Direction = 'inbound' | 'outbound';

/** What the provider tells of one message of a person's thread. */
export function messageEvent(
  type: 'message.received' | 'message.sent' | 'message.delivered',
  person: Person,
  messageId: string,
  at: string,
  idempotencyKey: string | null,
): object {
  const direction: Direction = type === 'message.received' ? 'inbound' : 'outbound';
  const party = (handle: string, isMe: boolean): object => ({
    ...{ id: nextId(), handle, is_me: isMe, service: 'iMessage', status: 'active' },
    ...{ joined_at: at, left_at: null },
  });
  const line = party(person.line, true);
  return envelope(type, at, {
    ...{
      id: messageId,
      direction,
      service: 'iMessage',
      sent_at: at,
      idempotency_key: idempotencyKey,
    },
    delivered_at: type === 'message.delivered' ? at : null,
    chat: {
      id: person.chatId,
      is_group: false,
      health_status: { status: 'HEALTHY', doc_url: 'https://example.com', updated_at: at },
      owner_handle: line,
    },
    sender_handle: direction === 'inbound' ? party(person.handle, false) : line,
    parts: [{ type: 'text', value: 'A message of about the usual length, as people write.' }],
  });
}
