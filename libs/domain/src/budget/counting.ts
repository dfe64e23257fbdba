/** Everything that can happen to a line that somebody might want to count. */
export const COUNTABLE_EVENTS = [
  'inbound-message',
  'outbound-message',
  'group-message-in',
  'group-message-out',
  'dashboard-message',
  'failed-before-acceptance',
  'accepted-then-failed',
  'recovered-late',
  'reaction',
  'edit',
  'typing',
  'receipt',
  'card-share',
] as const;
export type CountableEvent = (typeof COUNTABLE_EVENTS)[number];

/**
 * What counts against a line's budget, and how much. A message counts once whatever its parts and however often
 * it is reported; one recovered late counts in the hour it was sent in.
 */
export const COUNTING_TABLE: Readonly<Record<CountableEvent, 0 | 1>> = {
  'inbound-message': 1,
  'outbound-message': 1,
  'group-message-in': 1,
  'group-message-out': 1,
  'dashboard-message': 1,
  'failed-before-acceptance': 0,
  'accepted-then-failed': 1,
  'recovered-late': 1,
  reaction: 0,
  edit: 0,
  typing: 0,
  receipt: 0,
  'card-share': 0,
};
