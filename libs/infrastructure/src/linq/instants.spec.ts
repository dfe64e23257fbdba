import fc from 'fast-check';
import { parseInstant } from './instants';

describe('parseInstant', () => {
  it.each([
    ['2026-02-05T19:52:18Z', Date.UTC(2026, 1, 5, 19, 52, 18)],
    ['2026-02-05T19:52:18.101373886Z', Date.UTC(2026, 1, 5, 19, 52, 18, 101)],
    ['2026-02-05T19:52:18.9Z', Date.UTC(2026, 1, 5, 19, 52, 18, 900)],
    ['2026-02-05T19:52:18.000000001Z', Date.UTC(2026, 1, 5, 19, 52, 18)],
    ['2026-02-05T14:52:18-05:00', Date.UTC(2026, 1, 5, 19, 52, 18)],
    ['2026-02-06T01:22:18.5+0530', Date.UTC(2026, 1, 5, 19, 52, 18, 500)],
    ['2026-02-05 19:52:18z', Date.UTC(2026, 1, 5, 19, 52, 18)],
    ['2026-02-05T19:52:18', Date.UTC(2026, 1, 5, 19, 52, 18)],
    ['2016-12-31T23:59:60Z', Date.UTC(2017, 0, 1)],
    ['2024-02-29T00:00:00Z', Date.UTC(2024, 1, 29)],
    ['1970-01-01T00:00:00Z', 0],
  ])('reads %s', (text, expected) => {
    expect(parseInstant(text)).toBe(expected);
  });

  it.each([
    '',
    'now',
    '2026-02-05',
    '1770321138',
    '2026-13-01T00:00:00Z',
    '2026-00-01T00:00:00Z',
    '2026-02-30T00:00:00Z',
    '2025-02-29T00:00:00Z',
    '2026-02-05T24:00:00Z',
    '2026-02-05T19:60:00Z',
    '2026-02-05T19:52:61Z',
    '2026-02-05T19:52:18+24:00',
    '0001-01-01T00:00:00Z',
    '1970-01-01T00:00:00+01:00',
    '2026-02-05T19:52:18.Z',
    `2026-02-05T19:52:18.${'1'.repeat(60)}Z`,
    '２026-02-05T19:52:18Z',
  ])('gives null for %j', (text) => {
    expect(parseInstant(text)).toBeNull();
  });

  it('reads every instant back, whatever the offset it is written in', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 86_400_000, max: Date.UTC(9999, 11, 30) }),
        fc.integer({ min: -23 * 60 - 59, max: 23 * 60 + 59 }),
        fc.stringMatching(/^\d{0,6}$/),
        (at, offset, finer) => {
          const local = new Date(at + offset * 60_000).toISOString().slice(0, -1);
          const size = Math.abs(offset);
          const two = (value: number): string => String(value).padStart(2, '0');
          const zone = `${offset < 0 ? '-' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`;
          expect(parseInstant(`${local}${finer}${zone}`)).toBe(at);
        },
      ),
    );
  });
});
