import type { EpochMs } from '../kernel/time';

interface Mark {
  readonly id: string;
  readonly at: EpochMs;
}

/**
 * Marks within a sliding window, each known by an id, so that the same news twice is one mark. Mutable. It holds
 * no more than a limit lets in, plus what is counted unconditionally and falls out as time goes on.
 */
export class Recent {
  private readonly marks: Mark[] = [];

  constructor(private readonly windowMs: number) {}

  /** Keeps the order although news may come late; an id that is there already stays where it is. */
  add(id: string, at: EpochMs): void {
    if (this.marks.some((mark) => mark.id === id)) return;
    this.marks.splice(this.upTo(at), 0, { id, at });
  }

  /** Takes a mark back; one that is not there is fine. */
  remove(id: string): void {
    const i = this.marks.findIndex((mark) => mark.id === id);
    if (i >= 0) this.marks.splice(i, 1);
  }

  count(now: EpochMs, withinMs: number = this.windowMs): number {
    this.marks.splice(0, this.upTo(now - this.windowMs));
    return this.marks.length - this.upTo(now - withinMs);
  }

  /** When `units` more will fit under `limit`; `now` when they fit already. */
  roomAt(now: EpochMs, limit: number, units: number, withinMs: number = this.windowMs): EpochMs {
    const count = this.count(now, withinMs);
    const excess = count + units - limit;
    if (excess <= 0) return now;
    // More than fits at all waits for the last mark to leave, or for a whole window.
    const leaving = this.marks[this.marks.length - count + Math.min(excess, count) - 1];
    return (count === 0 || !leaving ? now : leaving.at) + withinMs;
  }

  isEmpty(now: EpochMs): boolean {
    return this.count(now) === 0;
  }

  /** How many marks lie at or before `at`; found from the end, where news comes. */
  private upTo(at: EpochMs): number {
    return this.marks.findLastIndex((mark) => mark.at <= at) + 1;
  }
}
