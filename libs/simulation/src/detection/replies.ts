import { DAY_MS, DistinctRecipients, type FleetPolicy, HOUR_MS } from '@linekeeper/domain';

/** Somebody we wrote to, and whether they had written back by the time that counts. */
export interface Reply {
  readonly user: number;
  readonly wroteAt: number;
  readonly replied: boolean;
}

interface Waiting {
  readonly user: number;
  readonly wroteAt: number;
  replied: boolean;
}

/**
 * Whether people of one line write back within the policy's reply window. Both answers are told when the window
 * ends: told at once, replies would always be ahead of those that stay away.
 */
export class Replies {
  private readonly waiting = new Map<number, Waiting>();
  private readonly once: DistinctRecipients;
  private readonly windowMs: number;

  constructor(policy: FleetPolicy) {
    this.once = new DistinctRecipients(policy);
    this.windowMs = policy.sends.replyWindowHours * HOUR_MS;
  }

  onOut(user: number, at: number): void {
    if (this.waiting.has(user) || !this.once.counts(String(user), at)) return;
    this.waiting.set(user, { user, wroteAt: at, replied: false });
  }

  onIn(user: number): void {
    const waiting = this.waiting.get(user);
    if (waiting) waiting.replied = true;
  }

  /** Those whose window has ended, oldest first. */
  due(now: number): Reply[] {
    const due: Reply[] = [];
    for (const each of this.waiting.values()) {
      if (now - each.wroteAt < this.windowMs) break;
      due.push(each);
    }
    for (const { user } of due) this.waiting.delete(user);
    return due;
  }
}

/** Nobody always answers and nobody never does. */
const MIN_SHARE = 0.05;
/** Weighs as much as so many replies before there are any. */
const PRIOR = { replied: 25, wroteTo: 50 };

/** The share of people who write back, lately and in the whole fleet: a quiet Sunday accuses no line. */
export class ReplyShare {
  private replied = PRIOR.replied;
  private wroteTo = PRIOR.wroteTo;
  private at = 0;

  take({ replied }: Reply, at: number): void {
    const kept = Math.exp(-Math.max(0, at - this.at) / DAY_MS);
    this.at = Math.max(this.at, at);
    this.replied = this.replied * kept + Number(replied);
    this.wroteTo = this.wroteTo * kept + 1;
  }

  get value(): number {
    const share = this.wroteTo < 1 ? MIN_SHARE : this.replied / this.wroteTo;
    return Math.min(1 - MIN_SHARE, Math.max(MIN_SHARE, share));
  }
}
