import fc from 'fast-check';
import {
  budgetDay,
  budgetDayStart,
  isZone,
  localHour,
  nextDay,
  nextWakingInstant,
} from './budget-day';
import { HOUR_MS, MINUTE_MS } from './time';

/** Whole, half and quarter offsets, both hemispheres, a half-hour clock change, and a day that was left out. */
const ZONES = [
  'UTC',
  'America/New_York',
  'America/St_Johns',
  'Europe/Berlin',
  'Asia/Kolkata',
  'Asia/Kathmandu',
  'Australia/Lord_Howe',
  'Pacific/Auckland',
  'America/Santiago',
];
const zone = fc.constantFrom(...ZONES);
const instant = fc.integer({ min: Date.UTC(2024, 0, 1), max: Date.UTC(2031, 0, 1) });
const hour = fc.integer({ min: 0, max: 23 });
const WAKING = { fromHour: 8, toHour: 21 };

describe('the budget day', () => {
  it('contains its instant, and the next one begins where it ends', () => {
    fc.assert(
      fc.property(instant, zone, hour, (at, name, startHour) => {
        const day = budgetDay(at, name, startHour);
        const begins = budgetDayStart(day, name, startHour);
        const ends = budgetDayStart(nextDay(day), name, startHour);
        expect(begins).toBeLessThanOrEqual(at);
        expect(at).toBeLessThan(ends);
        expect(budgetDay(begins, name, startHour)).toBe(day);
        expect(budgetDay(ends, name, startHour)).toBe(nextDay(day));
        expect(budgetDay(ends - 1, name, startHour)).toBe(day);
        expect(ends - begins).toBeGreaterThanOrEqual(23 * HOUR_MS);
        expect(ends - begins).toBeLessThanOrEqual(25 * HOUR_MS);
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    // Clocks go forward on 29 March and back on 25 October 2026.
    ['Europe/Berlin', '2026-03-28', 6, '2026-03-28T05:00:00.000Z', 23],
    ['Europe/Berlin', '2026-10-24', 6, '2026-10-24T04:00:00.000Z', 25],
    ['America/New_York', '2026-11-23', 6, '2026-11-23T11:00:00.000Z', 24],
    ['Asia/Kathmandu', '2026-11-23', 6, '2026-11-23T00:15:00.000Z', 24],
    ['UTC', '2026-11-23', 0, '2026-11-23T00:00:00.000Z', 24],
  ])('in %s on %s from %i o’clock', (name, day, startHour, begins, hours) => {
    const start = budgetDayStart(day, name, startHour);
    expect(new Date(start).toISOString()).toBe(begins);
    expect(budgetDayStart(nextDay(day), name, startHour) - start).toBe(hours * HOUR_MS);
  });

  it('goes over the end of a month, a year and a February', () => {
    expect(nextDay('2026-12-31')).toBe('2027-01-01');
    expect(nextDay('2028-02-28')).toBe('2028-02-29');
  });
});

describe('the hour of a zone', () => {
  it('is what its clocks show', () => {
    expect(localHour(Date.UTC(2026, 6, 1, 22, 30), 'Europe/Berlin')).toBe(0);
    expect(localHour(Date.UTC(2026, 6, 1, 22, 30), 'UTC')).toBe(22);
    expect(localHour(Date.UTC(2026, 6, 1, 18, 30), 'Asia/Kolkata')).toBe(0);
  });

  it('is known for names of the tz database only', () => {
    expect(ZONES.every(isZone)).toBe(true);
    expect(['Mars/Olympus', '', 'Berlin'].some(isZone)).toBe(false);
  });
});

describe('the next waking instant', () => {
  const isAwake = (at: number, name: string): boolean => {
    const text = new Intl.DateTimeFormat('en-GB', { timeZone: name, hour: '2-digit' }).format(at);
    return Number(text) >= 8 && Number(text) < 21;
  };

  it('is awake, and nobody was awake since now', () => {
    fc.assert(
      fc.property(instant, zone, (now, name) => {
        const at = nextWakingInstant(now, name, WAKING);
        expect(isAwake(at, name)).toBe(true);
        if (isAwake(now, name)) {
          expect(at).toBe(now);
          return;
        }
        expect(at).toBeGreaterThan(now);
        for (let before = at - 1; before > now; before -= 15 * MINUTE_MS) {
          if (isAwake(before, name)) throw new Error(`awake at ${before} already`);
        }
      }),
      { numRuns: 1_000 },
    );
  });
});
