import type { EpochMs } from '../kernel/time';

/**
 * Instants within a sliding window. Mutable. It holds no more entries than a limit lets in, plus what is counted
 * unconditionally and falls out as time goes on.
 */
export class Recent {
  private readonly instants: EpochMs[] = [];

  constructor(private readonly windowMs: number) {}

  /** Keeps the order although news may come late. */
  add(at: EpochMs): void {
    this.instants.splice(this.upTo(at), 0, at);
  }

  /** Takes one entry of exactly this instant back. */
  remove(at: EpochMs): void {
    const i = this.instants.lastIndexOf(at);
    if (i >= 0) this.instants.splice(i, 1);
  }

  count(now: EpochMs, withinMs: number = this.windowMs): number {
    this.instants.splice(0, this.upTo(now - this.windowMs));
    return this.instants.length - this.upTo(now - withinMs);
  }

  /** When `units` more will fit under `limit`; `now` when they fit already. */
  roomAt(now: EpochMs, limit: number, units: number, withinMs: number = this.windowMs): EpochMs {
    const count = this.count(now, withinMs);
    const excess = count + units - limit;
    if (excess <= 0) return now;
    const first = this.instants.length - count;
    // More than fits at all waits for the last entry to leave, or for a whole window.
    const leaving = this.instants.at(first + Math.min(excess, count) - 1) ?? now;
    return leaving + withinMs;
  }

  isEmpty(now: EpochMs): boolean {
    return this.count(now) === 0;
  }

  /** How many entries lie at or before `at`; found from the end, where news comes. */
  private upTo(at: EpochMs): number {
    return this.instants.findLastIndex((instant) => instant <= at) + 1;
  }
}
