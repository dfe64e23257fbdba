import fc from 'fast-check';
import { anyFleet } from '../../../../test/support/fleets';
import { aLine, NOW } from '../../../../test/support/lines';
import { DEFAULT_FLEET_POLICY as policy } from '../fleet-policy';
import { DAY_MS } from '../kernel/time';
import { whyNoNewUsers } from '../line/availability';
import { LineDraw } from './line-draw';
import { place } from './place';
import type { FleetSnapshot, LineView } from './types';

const RUNS = { numRuns: 1_000 };

const snapshotOf = (lines: readonly LineView[]): FleetSnapshot => ({
  now: NOW,
  lines,
  nextDayAt: NOW + DAY_MS,
});
const person = (userId: string): { userId: string; meanMilli: number; varianceMilli: number } => ({
  userId,
  meanMilli: 20_000,
  varianceMilli: 820_000,
});

const anyOpenLine = fc
  .record({
    goodDays: fc.constantFrom(1, 20),
    meanMilli: fc.integer({ min: 0, max: 2_600_000 }),
    newUsersToday: fc.integer({ min: 0, max: 20 }),
  })
  .map((state) => aLine({ ...state, varianceMilli: 30 * state.meanMilli }));

/** Lines in any state and open ones, full and empty: some fleets are looked at whole, and some are drawn from. */
const anyLargeFleet = fc
  .tuple(anyFleet, anyFleet, fc.array(anyOpenLine, { maxLength: 60 }))
  .map((fleets) => fleets.flat().map((line, i) => ({ ...line, id: `line-${i}` })));

describe('LineDraw', () => {
  it('says no-capacity exactly when a look at every line does, with the same reasons', () => {
    fc.assert(
      fc.property(anyLargeFleet, fc.uuid(), (lines, userId) => {
        const whole = place(person(userId), snapshotOf(lines), policy);
        const { plan } = new LineDraw(snapshotOf(lines), policy).place(person(userId));
        expect(plan.kind).toBe(whole.kind);
        if (plan.kind === 'no-capacity') expect(plan).toEqual(whole);
      }),
      RUNS,
    );
  });

  it('looks at open lines only, none twice, the same again, and at few of many', () => {
    fc.assert(
      fc.property(anyLargeFleet, fc.uuid(), (lines, userId) => {
        const looked = new LineDraw(snapshotOf(lines), policy).of(userId);
        expect(new Set(looked).size).toBe(looked.length);
        expect(new LineDraw(snapshotOf(lines), policy).of(userId)).toEqual(looked);
        if (lines.length <= 20) expect(looked).toEqual(lines);
        else for (const line of looked) expect(whyNoNewUsers(line, NOW)).toBeNull();
        expect(looked.length).toBeLessThanOrEqual(20);
      }),
      RUNS,
    );
  });

  it('decides as if nothing else were there but what it looked at', () => {
    fc.assert(
      fc.property(anyLargeFleet, fc.uuid(), (lines, userId) => {
        const { plan, looked } = new LineDraw(snapshotOf(lines), policy).place(person(userId));
        expect(place(person(userId), snapshotOf(looked), policy)).toEqual(plan);
      }),
      RUNS,
    );
  });

  it('draws every line about equally often', () => {
    const lines = Array.from({ length: 200 }, (_, i) => aLine({ id: `line-${i}` }));
    const draw = new LineDraw(snapshotOf(lines), policy);
    const times = new Map<string, number>();
    for (let user = 0; user < 20_000; user += 1) {
      for (const { id } of draw.of(`user-${user}`)) times.set(id, (times.get(id) ?? 0) + 1);
    }
    const counts = lines.map(({ id }) => times.get(id) ?? 0);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(8 * 20_000);
    // 800 times each; beyond six standard deviations chance is no excuse.
    expect(Math.max(...counts.map((count) => Math.abs(count - 800)))).toBeLessThan(170);
  });

  it('draws ramping lines for the share of people that tries those first, and mature ones for the others', () => {
    const lines = Array.from({ length: 60 }, (_, i) =>
      aLine({ id: `line-${i}`, goodDays: i < 30 ? 1 : 1_000 }),
    );
    const draw = new LineDraw(snapshotOf(lines), policy);
    const kinds = Array.from({ length: 2_000 }, (_, user) => {
      const ramping = draw.of(`user-${user}`).filter(({ goodDays }) => goodDays === 1).length;
      expect([0, 8]).toContain(ramping);
      return ramping === 8 ? 1 : 0;
    });
    const share = kinds.reduce<number>((sum, kind) => sum + kind, 0) / kinds.length;
    expect(share).toBeCloseTo(policy.admission.rampShareOfNewUsers, 1);
  });

  it('looks at all lines of a kind when those are few', () => {
    const lines = Array.from({ length: 60 }, (_, i) =>
      aLine({ id: `line-${i}`, goodDays: i < 5 ? 1 : 20 }),
    );
    const draw = new LineDraw(snapshotOf(lines), policy);
    const looked = Array.from({ length: 50 }, (_, user) => draw.of(`user-${user}`));
    expect(looked.filter((all) => all.every(({ goodDays }) => goodDays === 1))).not.toHaveLength(0);
    for (const all of looked) expect(all).toHaveLength(all[0]?.goodDays === 1 ? 5 : 8);
  });

  it('finds the one line with room among many that are full', () => {
    const lines = Array.from({ length: 200 }, (_, i) =>
      aLine({ id: `line-${i}`, meanMilli: i === 123 ? 0 : 2_600_000 }),
    );
    const draw = new LineDraw(snapshotOf(lines), policy);
    for (let user = 0; user < 20; user += 1) {
      const { plan } = draw.place(person(`user-${user}`));
      expect(plan).toMatchObject({ kind: 'placed', candidates: [{ lineId: 'line-123' }] });
    }
  });

  it('looks at the lines that are asked for and at no other', () => {
    const lines = Array.from({ length: 60 }, (_, i) => aLine({ id: `line-${i}` }));
    const request = { ...person('user-1'), onlyLineIds: ['line-7'] };
    const { plan, looked } = new LineDraw(snapshotOf(lines), policy).place(request);
    expect(looked.map(({ id }) => id)).toEqual(['line-7']);
    expect(plan.kind).toBe('placed');
  });

  it('takes the lines there are when none is of the kind that the user tries first', () => {
    const lines = Array.from({ length: 60 }, (_, i) => aLine({ id: `line-${i}`, goodDays: 1 }));
    const draw = new LineDraw(snapshotOf(lines), policy);
    for (let user = 0; user < 50; user += 1) expect(draw.of(`user-${user}`)).toHaveLength(8);
  });
});
