import type { MessageStatus, ProviderEvent } from '../../ports';

/** A provider's event, or the same news from an app that reports what its call gave. */
export type IntakeEvent = ProviderEvent | AcceptedMessage;

/** An app says that the provider took its message; the provider's own event will follow. */
export type AcceptedMessage = Omit<
  Extract<ProviderEvent, { idempotencyKey: string | null }>,
  'kind'
> & {
  readonly kind: 'message-accepted';
};

export type MessageEvent = Extract<
  IntakeEvent,
  {
    kind:
      | 'message-received'
      | 'message-accepted'
      | 'message-sent'
      | 'message-delivered'
      | 'message-read';
  }
>;

/** An event that no number of tries will make sense of: it is kept as a dead letter at once. */
export class UnusableEvent extends Error {}

/**
 * What follows from an event takes place under the lock of pools that the transaction did not take at its beginning, and
 * a pool comes before the rows that it has locked since: it is to be done again, with these pools taken first.
 */
export class PoolsNeeded extends Error {
  constructor(readonly poolIds: ReadonlySet<string>) {
    super('It has to be done again under the lock of its pools');
  }
}

/** What an event needs is not there yet: try again later. */
export class EarlyEvent extends Error {}

const STATUS_OF: Readonly<Record<MessageEvent['kind'], MessageStatus>> = {
  'message-received': 'received',
  'message-accepted': 'accepted',
  'message-sent': 'sent',
  'message-delivered': 'delivered',
  'message-read': 'read',
};

/** The message status that an event tells of. */
export function statusOf(event: MessageEvent): MessageStatus {
  return STATUS_OF[event.kind];
}

/** The send a key belongs to: the key is the id of the send, with `-<i>` when it holds several messages. */
export function sendIdOf(key: string | null): string | null {
  if (key === null) return null;
  const match =
    /^([0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12})(?:-\d{1,2})?$/.exec(
      key,
    );
  return match?.[1] ?? null;
}
