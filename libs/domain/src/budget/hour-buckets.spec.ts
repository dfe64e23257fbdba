import { HOUR_MS } from '../kernel/time';
import { fallsTo, HourBuckets } from './hour-buckets';

/** Half past the epoch hour 1,000. */
const NOW = 1_000.5 * HOUR_MS;

describe('HourBuckets', () => {
  it('keep the running hour and the 24 before it, over many days', () => {
    const buckets = new HourBuckets();
    for (let hour = 0; hour < 100; hour += 1) {
      const now = NOW + hour * HOUR_MS;
      buckets.add(now, 1, now);
      expect(buckets.sum(now)).toBe(Math.min(hour + 1, 25));
    }
    expect(buckets.at(1_010)).toBe(0);
  });

  it('say when enough hours will have gone', () => {
    const one = new HourBuckets();
    const other = new HourBuckets();
    one.add(NOW - 24 * HOUR_MS, 10, NOW);
    other.add(NOW - 5 * HOUR_MS, 20, NOW);
    one.add(NOW, 30, NOW);
    const hourAt = (limit: number): number => fallsTo([one, other], limit, NOW) / HOUR_MS;
    expect(hourAt(60)).toBe(1_000.5);
    expect(hourAt(50)).toBe(976 + 25);
    expect(hourAt(30)).toBe(995 + 25);
    expect(hourAt(29)).toBe(1_000 + 25);
    expect(hourAt(-1)).toBe(1_000 + 25);
  });
});
