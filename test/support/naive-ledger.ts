import type { ReserveLimits, ReserveReason } from '@linekeeper/domain';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

interface Mark {
  readonly at: number;
  readonly person: string;
  /** Within the limit of a minute for non-replies. */
  readonly bursts: boolean;
  /** Which hold it is of. */
  readonly id: string;
}

interface OpenHold {
  readonly id: string;
  readonly until: number;
  units: number;
}

/** The count of a line as one would do it on paper: every fact in a list, and everything counted anew each time. */
export class NaiveLedger {
  private seen: number[] = [];
  private marks: Mark[] = [];
  private threads: { at: number; id: string }[] = [];
  private open: OpenHold[] = [];
  private answered = new Set<string>();

  openUnits(now: number): number {
    return this.openAt(now).reduce((sum, hold) => sum + hold.units, 0);
  }

  /** In and out, in the running hour of the clock and the 24 before it. */
  carried(now: number): number {
    return this.seen.filter((at) => hourOf(at) > hourOf(now) - 25).length;
  }

  used(now: number): number {
    return this.carried(now) + this.openUnits(now);
  }

  toPerson(person: string, now: number, withinMs: number): number {
    return this.marks.filter((mark) => mark.person === person && mark.at > now - withinMs).length;
  }

  nonReplies(now: number): number {
    return this.marks.filter((mark) => mark.bursts && mark.at > now - MINUTE).length;
  }

  newThreads(now: number, withinMs: number): number {
    return this.threads.filter(({ at }) => at > now - withinMs).length;
  }

  /** Every limit that `units` more would break, or none. */
  broken(person: string, units: number, limits: ReserveLimits, now: number): ReserveReason[] {
    const { ceiling, hourCap, minuteCap } = limits;
    const over = (count: number, limit: number | null): boolean =>
      limit !== null && count + units > limit;
    const thisHour = this.seen.filter((at) => hourOf(at) === hourOf(now)).length;
    const checks: [ReserveReason, boolean][] = [
      ['pair-limit', over(this.toPerson(person, now, MINUTE), limits.pairPer60s)],
      ['loop', over(this.toPerson(person, now, HOUR), limits.loopPerHour)],
      ['budget-ceiling', over(this.used(now), ceiling)],
      ['hour-shape', over(thisHour + this.openUnits(now), hourCap)],
      ['minute-shape', over(this.nonReplies(now), minuteCap)],
      [
        'new-conversations-hour',
        limits.newConversation && this.newThreads(now, HOUR) + 1 > limits.newConversationsPerHour,
      ],
      [
        'new-conversations-day',
        limits.newConversation && this.newThreads(now, DAY) + 1 > limits.newConversationsPer24h,
      ],
      ['open-holds', minuteCap !== null && this.openAt(now).length >= limits.maxOpenHolds],
    ];
    return checks.filter(([, breaks]) => breaks).map(([reason]) => reason);
  }

  isOpen(id: string, now: number): boolean {
    return this.openAt(now).some((hold) => hold.id === id);
  }

  hold(id: string, person: string, units: number, limits: ReserveLimits, now: number): void {
    const bursts = limits.ceiling !== null;
    this.open.push({ id, units, until: now + limits.holdMs });
    for (let i = 0; i < units; i += 1) this.marks.push({ at: now, person, bursts, id });
    if (limits.newConversation) this.threads.push({ at: now, id });
  }

  /** Messages of a hold without news; none for one that is not open. */
  leftOf(id: string, now: number): number {
    return this.openAt(now).find((hold) => hold.id === id)?.units ?? 0;
  }

  settle(id: string, units: number, now: number): void {
    const hold = this.openAt(now).find((each) => each.id === id);
    if (!hold) return;
    hold.units -= units;
    this.answered.add(id);
    this.open = this.open.filter((each) => each.units > 0);
  }

  release(id: string, now: number): void {
    const hold = this.openAt(now).find((each) => each.id === id);
    if (!hold) return;
    this.open = this.open.filter((each) => each !== hold);
    for (let i = 0; i < hold.units; i += 1) {
      this.marks.splice(
        this.marks.findIndex((mark) => mark.id === id),
        1,
      );
    }
    if (!this.answered.has(id)) this.threads = this.threads.filter((each) => each.id !== id);
  }

  count(at: number): void {
    this.seen.push(at);
  }

  /** Holds without news are let go; what they marked stays. */
  private openAt(now: number): OpenHold[] {
    this.open = this.open.filter(({ until }) => until > now);
    return this.open;
  }
}

function hourOf(at: number): number {
  return Math.floor(at / HOUR);
}
