import fc from 'fast-check';
import { aLine } from '../../../../test/support/lines';
import { DEFAULT_FLEET_POLICY as policy } from '../fleet-policy';
import { assumedOutlook } from '../forecast/fleet-day';
import { type HeldUsers, isOneLossTooMuch, lossTable, lowSince } from './loss-table';

const outlook = assumedOutlook(policy);
const lineIds = (count: number): string[] => Array.from({ length: count }, (_, i) => `line-${i}`);

const RUNS = { numRuns: 1_000 };

/** A few lines and people on them, each group with some of the other numbers. */
const anyPool = fc.integer({ min: 1, max: 6 }).chain((count) =>
  fc.record({
    lines: fc.constant(lineIds(count)),
    held: fc.array(
      fc
        .record({
          primary: fc.integer({ min: 0, max: count - 1 }),
          others: fc.subarray(lineIds(count), { maxLength: Math.min(3, count) }),
          users: fc.integer({ min: 1, max: 40 }),
          perUser: fc.integer({ min: 1, max: 60 }),
        })
        .map(({ primary, others, users, perUser }): HeldUsers => {
          const own = `line-${primary}`;
          return {
            primaryLineId: own,
            lineIds: [own, ...others.filter((id) => id !== own)],
            users,
            meanMilli: 1_000 * users * perUser,
            varianceMilli: 1_000 * users * perUser ** 2,
          };
        }),
      { maxLength: 12 },
    ),
  }),
);

const poolOf = ({ lines, held }: { lines: readonly string[]; held: readonly HeldUsers[] }) => ({
  held,
  lines: lines.map((id) => {
    const own = held.filter(({ primaryLineId }) => primaryLineId === id);
    const sum = (of: (group: HeldUsers) => number): number =>
      own.reduce((total, group) => total + of(group), 0);
    return aLine({
      id,
      users: sum(({ users }) => users),
      meanMilli: sum(({ meanMilli }) => meanMilli),
      varianceMilli: sum(({ varianceMilli }) => varianceMilli),
    });
  }),
});

describe('the table of losses', () => {
  it('has every line, pair and triple once, and says of each who would be left without a number', () => {
    fc.assert(
      fc.property(anyPool, (pool) => {
        const { lines, held } = poolOf(pool);
        const { sets, completePairs, completeTriples } = lossTable(lines, held, outlook, policy);
        const n = lines.length;
        const expected = n + (n * (n - 1)) / 2 + (n * (n - 1) * (n - 2)) / 6;
        expect([completePairs, completeTriples]).toEqual([true, true]);
        expect(new Set(sets.map((set) => set.lineIds.join(' '))).size).toBe(sets.length);
        expect(sets).toHaveLength(expected);
        for (const set of sets) {
          const there = held.filter(({ primaryLineId }) => set.lineIds.includes(primaryLineId));
          const left = there.filter(({ lineIds: all }) =>
            all.every((id) => set.lineIds.includes(id)),
          );
          const count = (groups: readonly HeldUsers[]): number =>
            groups.reduce((sum, { users }) => sum + users, 0);
          expect([set.users, set.uncovered]).toEqual([count(there), count(left)]);
          for (const { lineId, projected, cap } of set.overloaded) {
            expect(set.lineIds).not.toContain(lineId);
            expect(projected).toBeGreaterThanOrEqual(cap);
          }
        }
      }),
      RUNS,
    );
  });

  it('is the same for the same pool, and keeps to its bound: every line, then what is worst', () => {
    fc.assert(
      fc.property(anyPool, fc.integer({ min: 1, max: 12 }), (pool, maxSets) => {
        const { lines, held } = poolOf(pool);
        const tight = { ...policy, losses: { ...policy.losses, maxSets } };
        const table = lossTable(lines, held, outlook, tight);
        expect(table).toEqual(lossTable([...lines].reverse(), held, outlook, tight));
        expect(table.sets.length).toBeLessThanOrEqual(Math.max(maxSets, lines.length));
        const singles = table.sets.filter((set) => set.lineIds.length === 1);
        expect(singles).toHaveLength(lines.length);
        const all = lossTable(lines, held, outlook, policy);
        if (!table.completePairs) expect(table.sets.length).toBeLessThan(all.sets.length);
        else if (!table.completeTriples) expect(table.sets.length).toBeLessThan(all.sets.length);
        else expect(table.sets).toHaveLength(all.sets.length);
        // The worst of one line stands first.
        const uncovered = singles.map((set) => set.uncovered);
        expect(uncovered).toEqual([...uncovered].sort((a, b) => b - a));
      }),
      RUNS,
    );
  });

  it('tells of lines that would be too full, of long waits, and of room and coverage', () => {
    const held = (users: number, lineIdsOf: string[]): HeldUsers => ({
      primaryLineId: 'line-0',
      lineIds: lineIdsOf,
      users,
      meanMilli: 1_000 * 20 * users,
      varianceMilli: 1_000 * 400 * users,
    });
    const line = (id: string, of = {}) => aLine({ id, ...of });
    const busy = { users: 60, meanMilli: 1_200_000, varianceMilli: 24_000_000 };
    const lines = [line('line-0', busy), line('line-1', busy), line('line-2')];
    const covered = lossTable(lines, [held(60, ['line-0', 'line-1'])], outlook, policy);
    const [worst] = covered.sets;
    expect(worst).toMatchObject({ lineIds: ['line-0'], users: 60, uncovered: 0, hours: 25 });
    expect(worst?.overloaded[0]?.lineId).toBe('line-1');
    expect(isOneLossTooMuch(covered)).toBe(true);
    expect(covered.coveredShare).toBe(1);
    expect(covered.freeShare).toBeCloseTo(1 - 2_400 / (3 * 0.8 * 3_000));
    const none = {
      ...policy,
      newConversations: {
        outboundPerLinePer24h: 0,
        outboundPerLinePerHour: 0,
        keptForAnswersPer24h: 0,
      },
    };
    const mute = lossTable(lines, [held(60, ['line-0', 'line-1'])], outlook, none);
    expect(mute.sets[0]).toMatchObject({ lineIds: ['line-0'], hours: null });
    // Never is longer than any time, and stands first where nothing is too full.
    const few = ['line-0', 'line-1', 'line-2'].map((id) => line(id));
    const silent = lossTable(few, [held(3, ['line-0', 'line-1'])], outlook, none);
    expect(silent.sets.slice(0, 3).map(({ lineIds, hours }) => [...lineIds, hours])).toEqual([
      ['line-0', null],
      ['line-1', 0],
      ['line-2', 0],
    ]);
    const bare = lossTable(
      lines,
      [held(3, ['line-0']), held(1, ['line-0', 'line-2'])],
      outlook,
      policy,
    );
    expect(bare.coveredShare).toBe(0.25);
    expect(bare.sets[0]).toMatchObject({ lineIds: ['line-0'], uncovered: 3 });
    expect(isOneLossTooMuch(bare)).toBe(false);
    const ramping = [line('line-0', { goodDays: 0, todayCap: 150, meanMilli: 75_000 })];
    expect(lossTable(ramping, [], outlook, policy)).toMatchObject({
      freeShare: 0,
      coveredShare: 1,
    });
    expect(lossTable([], [], outlook, policy)).toMatchObject({ sets: [], freeShare: 0 });
    // A number that serves nobody any more may stand on a card for a moment longer than in the list of lines.
    expect(
      lossTable([line('line-0')], [held(1, ['line-0', 'gone'])], outlook, policy).sets[0],
    ).toMatchObject({ uncovered: 0, overloaded: [] });
  });

  it('rings once for what wavers between its two limits', () => {
    const limits = { low: 0.1, enough: 0.2 };
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 0.3, noNaN: true })), (values) => {
        let since: number | null = null;
        for (const [now, value] of values.entries()) {
          const next = lowSince(since, value, limits, now);
          if (since === null) expect(next).toBe(value < 0.1 ? now : null);
          else expect(next).toBe(value >= 0.2 ? null : since);
          since = next;
        }
      }),
      RUNS,
    );
  });
});
