import { epochHour, type EpochMs, HOUR_MS } from '../kernel/time';

/** The running hour and the 24 before it: they cover 24 to 25 hours, so the count errs on the safe side. */
const BUCKETS = 25;

/** Counts by epoch hour over the rolling 24 hours. Mutable; older hours are forgotten, so its size is bounded. */
export class HourBuckets {
  private readonly counts = new Map<number, number>();

  /**
   * An epoch hour has come to `total`. Totals only rise, so the larger of two is the later one: news may come twice
   * and in any order. News of hours that count no more is dropped.
   */
  raise(hour: number, total: number, now: EpochMs): void {
    const oldest = epochHour(now) - BUCKETS + 1;
    if (hour < oldest) return;
    this.counts.set(hour, Math.max(this.at(hour), total));
    if (this.counts.size <= BUCKETS) return;
    for (const each of this.counts.keys()) if (each < oldest) this.counts.delete(each);
  }

  /** Messages in the running hour and the 24 before. */
  sum(now: EpochMs): number {
    const oldest = epochHour(now) - BUCKETS + 1;
    let total = 0;
    for (const [hour, count] of this.counts) if (hour >= oldest) total += count;
    return total;
  }

  /** Messages in the hour of `now`. */
  current(now: EpochMs): number {
    return this.at(epochHour(now));
  }

  /** Messages in one epoch hour. */
  at(hour: number): number {
    return this.counts.get(hour) ?? 0;
  }
}

/** The first instant at which all the buckets together will have fallen to `limit` if nothing is added. */
export function fallsTo(all: readonly HourBuckets[], limit: number, now: EpochMs): EpochMs {
  let total = all.reduce((sum, buckets) => sum + buckets.sum(now), 0);
  if (total <= limit) return now;
  const newest = epochHour(now);
  for (let hour = newest - BUCKETS + 1; hour < newest; hour += 1) {
    for (const buckets of all) total -= buckets.at(hour);
    if (total <= limit) return (hour + BUCKETS) * HOUR_MS;
  }
  return (newest + BUCKETS) * HOUR_MS;
}
