import type { EpochMs } from '../kernel/time';

/**
 * Instants within a sliding window. Mutable. It holds no more entries than a limit lets in, plus what is counted
 * unconditionally and falls out as time goes on.
 */
export class Recent {
  private instants: EpochMs[] = [];

  constructor(private readonly windowMs: number) {}

  /** Keeps the order although news may come late. */
  add(at: EpochMs): void {
    let i = this.instants.length;
    while (i > 0 && (this.instants[i - 1] ?? 0) > at) i -= 1;
    this.instants.splice(i, 0, at);
  }

  /** Takes one entry of exactly this instant back. */
  remove(at: EpochMs): void {
    const i = this.instants.lastIndexOf(at);
    if (i >= 0) this.instants.splice(i, 1);
  }

  count(now: EpochMs, withinMs: number = this.windowMs): number {
    this.forget(now);
    let i = this.instants.length;
    while (i > 0 && (this.instants[i - 1] ?? 0) > now - withinMs) i -= 1;
    return this.instants.length - i;
  }

  /** When `units` more will fit under `limit`; `now` when they fit already. */
  roomAt(now: EpochMs, limit: number, units: number, withinMs: number = this.windowMs): EpochMs {
    const count = this.count(now, withinMs);
    const excess = count + units - limit;
    if (excess <= 0) return now;
    const first = this.instants.length - count;
    const leaving = this.instants[first + Math.min(excess, count) - 1];
    return (leaving ?? now) + withinMs;
  }

  isEmpty(now: EpochMs): boolean {
    return this.count(now) === 0;
  }

  private forget(now: EpochMs): void {
    let old = 0;
    while (old < this.instants.length && (this.instants[old] ?? 0) <= now - this.windowMs) old += 1;
    if (old > 0) this.instants = this.instants.slice(old);
  }
}
