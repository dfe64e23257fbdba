import { epochHour, type EpochMs } from '../kernel/time';

/** The running hour and the 24 before it: they cover 24 to 25 hours, so the count errs on the safe side. */
const BUCKETS = 25;

/** Counts by epoch hour over the rolling 24 hours. Mutable; constant memory; older hours fall out by themselves. */
export class HourBuckets {
  private readonly hours = new Float64Array(BUCKETS).fill(-1);
  private readonly counts = new Float64Array(BUCKETS);

  /** Adds `units` in the hour of `at`. Late news of an hour that still counts lands there; older news counts no more. */
  add(at: EpochMs, units: number, now: EpochMs): void {
    this.addHour(epochHour(at), units, now);
  }

  /** Adds to an epoch hour directly. */
  addHour(hour: number, units: number, now: EpochMs): void {
    if (hour <= epochHour(now) - BUCKETS) return;
    const slot = ((hour % BUCKETS) + BUCKETS) % BUCKETS;
    if ((this.hours[slot] ?? -1) < hour) {
      this.hours[slot] = hour;
      this.counts[slot] = 0;
    }
    if (this.hours[slot] === hour) this.counts[slot] = (this.counts[slot] ?? 0) + units;
  }

  /** Messages in the running hour and the 24 before. */
  sum(now: EpochMs): number {
    const oldest = epochHour(now) - BUCKETS + 1;
    let total = 0;
    for (let slot = 0; slot < BUCKETS; slot += 1) {
      if ((this.hours[slot] ?? -1) >= oldest) total += this.counts[slot] ?? 0;
    }
    return total;
  }

  /** Messages in the hour of `now`. */
  current(now: EpochMs): number {
    const hour = epochHour(now);
    const slot = hour % BUCKETS;
    return this.hours[slot] === hour ? (this.counts[slot] ?? 0) : 0;
  }

  /** The first instant at which the sum will have fallen to `limit` if nothing is added; null when it is there now. */
  fallsTo(limit: number, now: EpochMs): EpochMs | null {
    let total = this.sum(now);
    if (total <= limit) return null;
    const newest = epochHour(now);
    for (let hour = newest - BUCKETS + 1; hour <= newest; hour += 1) {
      const slot = hour % BUCKETS;
      if (this.hours[slot] === hour) total -= this.counts[slot] ?? 0;
      if (total <= limit) return (hour + BUCKETS) * 3_600_000;
    }
    return (newest + BUCKETS) * 3_600_000;
  }
}
