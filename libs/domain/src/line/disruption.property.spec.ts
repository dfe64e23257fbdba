import fc from 'fast-check';
import { anyFleet } from '../../../../test/support/fleets';
import { aLine, NOW } from '../../../../test/support/lines';
import { DEFAULT_FLEET_POLICY as policy } from '../fleet-policy';
import { DAY_MS, HOUR_MS } from '../kernel/time';
import type { LineView } from '../placement/types';
import { type Disruption, whyNotDisrupted, whyNotEjected } from './disruption';
import { isDormant } from './dormant';

const fleetOf = (count: number, of: Partial<LineView> = {}): LineView[] =>
  Array.from({ length: count }, (_, i) => aLine({ id: `line-${i}`, ...of }));
const wish = (lines: readonly LineView[], more: Partial<Disruption> = {}): Disruption => ({
  now: NOW,
  lineId: 'line-0',
  movesPeople: true,
  from: NOW,
  until: null,
  lines,
  contagion: false,
  failingOver: [],
  movesPerHour: null,
  deadline: null,
  ...more,
});
const rule = (want: Disruption): string | null => whyNotDisrupted(want, policy)?.rule ?? null;

describe('the disruption budget', () => {
  it('never lets more than a fifth of the lines in use be out at once, but always one', () => {
    fc.assert(
      fc.property(anyFleet, (lines) => {
        const inUse = lines.filter(
          ({ managed, adminState }) => managed && !['retired', 'warming'].includes(adminState),
        );
        const out = inUse.filter(({ id, health }) => id !== 'line-0' && health === 'ejected');
        const may = Math.max(1, Math.floor(inUse.length / 5));
        const why = rule(wish(lines, { movesPeople: false }));
        expect(why).toBe(out.length >= may ? 'lines-out' : null);
      }),
    );
  });

  it('lets a line out whose people the others can carry, and no other', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 6 }), fc.nat(4_000), (count, mean) => {
        const lines = fleetOf(count, { meanMilli: 1_000 * mean, users: 10 });
        const fits = count * mean <= (count - 1) * 0.8 * 3_000;
        expect(rule(wish(lines))).toBe(fits ? null : 'capacity');
        // Whoever waits for it needs no room elsewhere.
        expect(rule(wish(lines, { movesPeople: false }))).toBeNull();
      }),
    );
  });

  it('counts windows only where they meet', () => {
    const resting = aLine({
      id: 'line-1',
      maintenanceFrom: NOW + 10 * HOUR_MS,
      maintenanceUntil: NOW + 12 * HOUR_MS,
    });
    const lines = [...fleetOf(1), resting, aLine({ id: 'line-2' })];
    const at = (from: number, until: number | null): string | null =>
      rule(
        wish(lines, {
          movesPeople: false,
          from: NOW + from * HOUR_MS,
          until: until === null ? null : NOW + until * HOUR_MS,
        }),
      );
    expect([at(0, 10), at(12, 14), at(13, null)]).toEqual([null, null, null]);
    expect([at(0, 11), at(11, 14), at(0, null)]).toEqual(Array(3).fill('lines-out'));
    // One that rests now, until nobody knows when.
    const now = [...fleetOf(1), aLine({ id: 'line-1', adminState: 'maintenance' })];
    expect(rule(wish(now, { movesPeople: false }))).toBe('lines-out');
    const drains = [...fleetOf(1), aLine({ id: 'line-1', adminState: 'draining' })];
    expect(rule(wish(drains, { movesPeople: false }))).toBe('lines-out');
  });

  it('waits while lines are lost, and for what cannot be done in time', () => {
    const lines = fleetOf(3, { users: 30 });
    expect(rule(wish(lines))).toBeNull();
    expect(rule(wish(lines, { contagion: true }))).toBe('contagion');
    expect(rule(wish(lines, { failingOver: ['line-1'] }))).toBe('failover-open');
    expect(rule(wish(lines, { failingOver: ['line-1'], movesPeople: false }))).toBeNull();
    expect(rule(wish(lines, { failingOver: ['line-0'] }))).toBeNull();
    const deadline = NOW + 3 * HOUR_MS;
    expect(rule(wish(lines, { deadline, movesPerHour: 10 }))).toBeNull();
    expect(rule(wish(lines, { deadline, movesPerHour: 9 }))).toBe('deadline');
    expect(rule(wish(lines, { movesPerHour: 1 }))).toBeNull();
    expect(rule(wish(lines, { deadline, movesPerHour: 1, lineId: 'gone' }))).toBeNull();
  });

  it('stops an operator who ejects line after line', () => {
    const ejected = { health: 'ejected', healthBy: 'operator' } as const;
    const pool = (count: number, gone: number): LineView[] => [
      ...fleetOf(count),
      ...Array.from({ length: gone }, (_, i) => aLine({ id: `gone-${i}`, ...ejected })),
    ];
    expect(whyNotEjected('line-0', pool(3, 1), policy)).toBeNull();
    expect(whyNotEjected('line-0', pool(3, 2), policy)?.rule).toBe('ejections');
    expect(whyNotEjected('gone-0', pool(3, 2), policy)).toBeNull();
    expect(whyNotEjected('line-0', pool(13, 2), policy)).toBeNull();
    expect(whyNotEjected('line-0', pool(12, 3), policy)?.rule).toBe('ejections');
    const byProvider = { health: 'ejected', healthBy: 'provider' } as const;
    const flagged = [...pool(3, 1), aLine({ id: 'x', ...byProvider })];
    expect(whyNotEjected('line-0', flagged, policy)).toBeNull();
  });
});

describe('a line that sleeps', () => {
  it('stands on cards, has nobody of its own and carries nothing', () => {
    const asleep = { fallbackUsers: 3, activatedAt: NOW - 7 * DAY_MS };
    const sleeps = (of: Partial<LineView>, used = 0): boolean =>
      isDormant(aLine({ ...asleep, ...of }), used, NOW, policy);
    expect(sleeps({})).toBe(true);
    expect(sleeps({ users: 1 })).toBe(false);
    expect(sleeps({ fallbackUsers: 0 })).toBe(false);
    expect(sleeps({ usedLast24h: 1 })).toBe(false);
    expect(sleeps({}, 1)).toBe(false);
    expect(sleeps({ activatedAt: NOW - 6 * DAY_MS })).toBe(false);
    expect(sleeps({ activatedAt: null })).toBe(false);
    expect(sleeps({ health: 'ejected' })).toBe(false);
  });
});
