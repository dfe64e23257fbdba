import { HOUR_MS } from '../kernel/time';
import { fallsTo, HourBuckets } from './hour-buckets';

/** Half past the epoch hour 1,000. */
const NOW = 1_000.5 * HOUR_MS;

describe('HourBuckets', () => {
  it('keep the running hour and the 24 before it, over many days', () => {
    const buckets = new HourBuckets();
    for (let hour = 0; hour < 100; hour += 1) {
      const now = NOW + hour * HOUR_MS;
      buckets.raise(1_000 + hour, 1, now);
      expect(buckets.sum(now)).toBe(Math.min(hour + 1, 25));
    }
    expect(buckets.at(1_010)).toBe(0);
  });

  it('take the larger of two totals of an hour, whichever comes first', () => {
    const buckets = new HourBuckets();
    for (const total of [3, 5, 4, 5]) buckets.raise(1_000, total, NOW);
    expect(buckets.at(1_000)).toBe(5);
  });

  it('say when enough hours will have gone', () => {
    const one = new HourBuckets();
    const other = new HourBuckets();
    one.raise(976, 10, NOW);
    other.raise(995, 20, NOW);
    one.raise(1_000, 30, NOW);
    const hourAt = (limit: number): number => fallsTo([one, other], limit, NOW) / HOUR_MS;
    expect(hourAt(60)).toBe(1_000.5);
    expect(hourAt(50)).toBe(976 + 25);
    expect(hourAt(30)).toBe(995 + 25);
    expect(hourAt(29)).toBe(1_000 + 25);
    expect(hourAt(-1)).toBe(1_000 + 25);
  });
});
