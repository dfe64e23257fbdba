import fc from 'fast-check';
import { isoWeek } from './iso-week';
import { DAY_MS } from './time';

describe('The ISO week', () => {
  it.each([
    ['1970-01-01', '1970-W01'],
    ['2020-12-31', '2020-W53'],
    ['2021-01-03', '2020-W53'],
    ['2021-01-04', '2021-W01'],
    ['2024-12-30', '2025-W01'],
    ['2026-03-02', '2026-W10'],
    ['2026-03-08', '2026-W10'],
    ['2026-03-09', '2026-W11'],
  ])('of %s is %s', (day, week) => {
    expect(isoWeek(Date.parse(`${day}T12:00:00Z`))).toBe(week);
  });

  it('holds seven days, and weeks follow each other in the order of their names', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 40_000 }), (day) => {
        const at = day * DAY_MS;
        expect(isoWeek(at + 7 * DAY_MS) > isoWeek(at)).toBe(true);
        const names = new Set(Array.from({ length: 7 }, (_, i) => isoWeek(at + i * DAY_MS)));
        expect(names.size).toBeLessThanOrEqual(2);
      }),
    );
  });
});
