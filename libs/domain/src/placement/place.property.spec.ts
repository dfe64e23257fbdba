import fc from 'fast-check';
import { dayAtRisk } from '../../../../test/support/decide-again/numbers';
import { anyFleet } from '../../../../test/support/fleets';
import { aLine, NOW } from '../../../../test/support/lines';
import { DEFAULT_FLEET_POLICY as policy } from '../fleet-policy';
import { DAY_MS } from '../kernel/time';
import { chooseFallbacks } from './fallbacks';
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

/** Said again in plain words: whether people may newly be put on a line at all. */
function isOpen(line: LineView): boolean {
  const banned =
    line.health === 'recovering' && line.bannedUntil !== null && line.bannedUntil > NOW;
  const due = line.maintenanceClosesAt !== null && line.maintenanceClosesAt <= NOW;
  return (
    line.managed &&
    line.adminState === 'enabled' &&
    !due &&
    line.providerStatus !== 'FLAGGED' &&
    line.health !== 'ejected' &&
    line.health !== 'suspect' &&
    !banned &&
    line.reputation !== 'AT_RISK' &&
    line.reputation !== 'CRITICAL'
  );
}

describe('placement', () => {
  it('offers open lines only that admit the user, and accounts for every line once', () => {
    fc.assert(
      fc.property(anyFleet, fc.uuid(), (lines, userId) => {
        const plan = place(person(userId), snapshotOf(lines), policy);
        const chosen = plan.kind === 'placed' ? plan.candidates.map(({ lineId }) => lineId) : [];
        const told = [...chosen, ...plan.removed.map(({ lineId }) => lineId)];
        expect(told.sort()).toEqual(lines.map(({ id }) => id).sort());
        for (const line of lines.filter(({ id }) => chosen.includes(id))) {
          expect(isOpen(line)).toBe(true);
          const { rampMeanShare, maxMeanShare, sigmaFleetDay, epsilon } = policy.admission;
          const isRamping = Math.round(150 * 1.25 ** line.goodDays) < line.budgetPerDay;
          const share = isRamping ? rampMeanShare : maxMeanShare;
          // A ramping one that carries nothing yet takes one person in any case.
          const limit = isRamping && line.meanMilli === 0 ? 1 : share;
          expect(line.meanMilli + 20_000).toBeLessThanOrEqual(limit * line.todayCap * 1_000);
          // A mature one keeps one day in a hundred, and no more, for going beyond its budget.
          const day = dayAtRisk(
            line.meanMilli + 20_000,
            line.varianceMilli + 820_000,
            { sigma: sigmaFleetDay, peak: 1 },
            epsilon,
          );
          if (!isRamping) expect(day).toBeLessThanOrEqual(line.budgetPerDay);
          const room = 0.8 * (line.todayCap - (rampMeanShare * line.meanMilli) / 1_000);
          const most = Math.max(1, Math.floor(room / (20 * 1.5)));
          if (isRamping) expect(line.newUsersToday).toBeLessThan(most);
        }
      }),
      RUNS,
    );
  });

  it('gives no-capacity only when each line has a reason of its own', () => {
    fc.assert(
      fc.property(anyFleet, fc.uuid(), (lines, userId) => {
        const plan = place(person(userId), snapshotOf(lines), policy);
        const alone = lines.filter(
          (line) => place(person(userId), snapshotOf([line]), policy).kind === 'placed',
        );
        expect(plan.kind).toBe(alone.length === 0 ? 'no-capacity' : 'placed');
      }),
      RUNS,
    );
  });

  it('is the same answer for the same person however often they ask', () => {
    fc.assert(
      fc.property(anyFleet, fc.uuid(), (lines, userId) => {
        const ask = (): unknown => place(person(userId), snapshotOf(lines), policy);
        expect(ask()).toEqual(ask());
      }),
      RUNS,
    );
  });

  it('does not depend on the order in which lines are listed', () => {
    fc.assert(
      fc.property(anyFleet, fc.uuid(), (lines, userId) => {
        const plan = place(person(userId), snapshotOf(lines), policy);
        const turned = place(person(userId), snapshotOf([...lines].reverse()), policy);
        const ranked = (each: typeof plan): unknown =>
          each.kind === 'placed' ? each.candidates : each.reasons;
        expect(ranked(turned)).toEqual(ranked(plan));
      }),
      RUNS,
    );
  });

  it('keeps the winner when a line that lost goes away', () => {
    fc.assert(
      fc.property(anyFleet, fc.uuid(), fc.nat(), (lines, userId, pick) => {
        const plan = place(person(userId), snapshotOf(lines), policy);
        if (plan.kind !== 'placed' || plan.candidates.length < 2) return;
        const losers = plan.candidates.slice(1);
        const gone = losers[pick % losers.length]!.lineId;
        const rest = lines.filter(({ id }) => id !== gone);
        const again = place(person(userId), snapshotOf(rest), policy);
        const [winner] = again.kind === 'placed' ? again.candidates : [];
        expect(winner?.lineId).toBe(plan.candidates[0]!.lineId);
      }),
      RUNS,
    );
  });

  it('fills equal lines evenly, never beyond 0.8 of a cap, and then refuses', () => {
    let lines = Array.from({ length: 6 }, (_each, i) => aLine({ id: `line-${i}` }));
    let placed = 0;
    for (let i = 0; i < 2_000; i += 1) {
      const plan = place(person(`user-${i}`), snapshotOf(lines), policy);
      if (plan.kind === 'no-capacity') break;
      const id = plan.candidates[0]!.lineId;
      placed += 1;
      lines = lines.map((line) => (line.id === id ? withOneMore(line) : line));
      if (placed % 60 === 0) {
        const users = lines.map((line) => line.users);
        expect(Math.max(...users) - Math.min(...users)).toBeLessThanOrEqual(1);
      }
    }
    // The day factor of the fleet binds first: about 0.6 of the cap, 88 people on a line.
    expect(placed / lines.length).toBeGreaterThan(75);
    expect(placed / lines.length).toBeLessThan(100);
    for (const line of lines) expect(line.meanMilli).toBeLessThanOrEqual(2_400_000);
  });
});

describe('the fallbacks of a person', () => {
  it('are open lines other than the primary, as many as the card holds or the pool has', () => {
    fc.assert(
      fc.property(anyFleet, fc.uuid(), (lines, userId) => {
        const fallbacks = chooseFallbacks('line-0', userId, snapshotOf(lines), policy);
        const open = lines.filter((line) => line.id !== 'line-0' && isOpen(line));
        expect(fallbacks).toHaveLength(Math.min(3, open.length));
        expect(new Set(fallbacks).size).toBe(fallbacks.length);
        expect(open.map(({ id }) => id)).toEqual(expect.arrayContaining(fallbacks));
      }),
      RUNS,
    );
  });

  it('spread over the other lines, so that the loss of one loads all of them alike', () => {
    let lines = Array.from({ length: 8 }, (_each, i) => aLine({ id: `line-${i}` }));
    for (let i = 0; i < 400; i += 1) {
      const chosen = chooseFallbacks(`line-${i % 8}`, `user-${i}`, snapshotOf(lines), policy);
      lines = lines.map((line) =>
        chosen.includes(line.id) ? { ...line, fallbackUsers: line.fallbackUsers + 1 } : line,
      );
    }
    const counts = lines.map((line) => line.fallbackUsers);
    expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(2);
  });

  it('prefer a mature line to a ramping one that is relied on as much', () => {
    const lines = [
      aLine({ id: 'primary' }),
      aLine({ id: 'young', goodDays: 0, todayCap: 150 }),
      ...['a', 'b', 'c'].map((id) => aLine({ id })),
    ];
    const fallbacks = chooseFallbacks('primary', 'user', snapshotOf(lines), policy);
    expect(fallbacks.sort()).toEqual(['a', 'b', 'c']);
  });
});

function withOneMore(line: LineView): LineView {
  return {
    ...line,
    users: line.users + 1,
    meanMilli: line.meanMilli + 20_000,
    varianceMilli: line.varianceMilli + 820_000,
  };
}
