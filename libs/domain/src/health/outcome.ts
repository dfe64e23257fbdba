import type { FleetPolicy } from '../fleet-policy';
import { DAY_MS, type EpochMs, HOUR_MS } from '../kernel/time';

/** How a message of ours ended. */
export interface MessageEnd {
  readonly kind: 'failed' | 'delivered';
  /** By what it went, when it was delivered. */
  readonly service: 'imessage' | 'sms' | 'rcs';
  readonly at: EpochMs;
  /** When the recipient was last seen on iMessage, by any line. */
  readonly seenOnIMessageAt: EpochMs | null;
}

/**
 * What a message says of its line: bad when it failed, or went as SMS or RCS to somebody who was lately on
 * iMessage. Null is no evidence: to others it may go as SMS, and a late delivery is the provider's pace or a
 * phone asleep.
 */
export function outcomeOf(end: MessageEnd, { health }: FleetPolicy): 'good' | 'bad' | null {
  if (end.kind === 'failed') return 'bad';
  if (end.service === 'imessage') return 'good';
  const seen = end.seenOnIMessageAt;
  return seen !== null && end.at - seen <= health.detection.seenDays * DAY_MS ? 'bad' : null;
}

/**
 * Lets one outcome of a recipient through in `recipientHours`, the first; duplicates of an event and many messages
 * to one phone change nothing. What comes later than that after a newer outcome tells nothing of the line now, and
 * does not count either. Keeps one instant for each recipient of twice that time.
 */
export class DistinctRecipients {
  private readonly countedAt = new Map<string, EpochMs>();
  private readonly windowMs: number;
  private newest = -Infinity;

  constructor({ health }: FleetPolicy) {
    this.windowMs = health.detection.recipientHours * HOUR_MS;
  }

  /** Whether an outcome at this instant counts. */
  counts(recipient: string, at: EpochMs): boolean {
    const before = this.countedAt.get(recipient) ?? -Infinity;
    if (at - before < this.windowMs || this.newest - at > this.windowMs) return false;
    this.newest = Math.max(this.newest, at);
    // Put at the end, so that those that may be forgotten are found first.
    this.countedAt.delete(recipient);
    this.countedAt.set(recipient, at);
    for (const [known, instant] of this.countedAt) {
      if (this.newest - instant <= 2 * this.windowMs) break;
      this.countedAt.delete(known);
    }
    return true;
  }
}
