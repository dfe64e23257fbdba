import type { OutboxCursor } from '@linekeeper/application';

/** Whether one place in the outbox comes after another. */
export function isAfter(one: OutboxCursor, other: OutboxCursor): boolean {
  return one.xid === other.xid ? one.seq > other.seq : one.xid > other.xid;
}

/** The id of a server-sent event: its transaction and its number, so that a reader who comes back misses nothing. */
export function idOfPlace({ xid, seq }: OutboxCursor): string {
  return `${xid}-${seq}`;
}

/** The place that an id names, the number alone for one of an earlier release; null when it is neither. */
export function placeOfId(id: string): OutboxCursor | number | null {
  const match = /^(?:(\d{1,18})-)?(\d{1,15})$/.exec(id);
  if (!match) return null;
  const seq = Number(match[2]);
  return match[1] === undefined ? seq : { xid: BigInt(match[1]), seq };
}
