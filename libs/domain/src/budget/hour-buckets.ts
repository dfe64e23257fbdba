import { epochHour, type EpochMs, HOUR_MS } from '../kernel/time';

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
    return this.at(epochHour(now));
  }

  /** Messages in one epoch hour, if it still counts. */
  at(hour: number): number {
    const slot = hour % BUCKETS;
    return this.hours[slot] === hour ? (this.counts[slot] ?? 0) : 0;
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
