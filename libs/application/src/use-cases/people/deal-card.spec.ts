import fc from 'fast-check';
import {
  assumedOutlook,
  assumedPrior,
  DEFAULT_FLEET_POLICY as policy,
  type LineView,
  openPod,
  place,
  type Pod,
} from '@linekeeper/domain';
import { aLine, NOW } from '../../../../../test/support/lines';
import type { LinePair, PoolRecord, Stores } from '../../ports';
import type { Decision, PlacementSnapshot } from '../shared';
import { cardFrom, dealCard, type DealtCard, givenFrom } from './deal-card';
import { explained, type ExplainedPlan } from './explain-placement';

const RUNS = { numRuns: 1_000 };
const POOL = { id: 'pool-1' } as PoolRecord;
const DECISION = { policy, policyVersion: 7, now: NOW } as Decision;
const BASIS = { outlook: assumedOutlook(policy), prior: assumedPrior(policy) };
const LOAD = { meanMilli: 20_000, varianceMilli: 820_000 };

const linesOf = (count: number): LineView[] =>
  Array.from({ length: count }, (_each, i) => aLine({ id: `line-${i}` }));
const podOf = (lines: readonly LineView[]): Pod =>
  openPod(
    'pod-1',
    lines.map(({ id }) => ({ id, failureDomains: [] })),
    policy,
  );
const snapshotOf = (lines: readonly LineView[]): PlacementSnapshot => ({
  now: NOW,
  nextDayAt: NOW + 1,
  lines,
  ...BASIS,
});

/** Stores with one pod, and the pairs of the people who were dealt a card. */
function pooled(pod: Pod | null, pairs: LinePair[] = []) {
  const pods = {
    ofLine: (_pool: string, lineId: string) =>
      Promise.resolve(pod?.ring.some(({ id }) => id === lineId) ? pod : null),
    ofPool: () => Promise.resolve(pod ? [pod] : []),
    replace: () => Promise.resolve(),
    pairsOnto: () => Promise.resolve(pairs),
  };
  const stores = { pods, lines: { list: () => Promise.resolve([]) } } as unknown as Stores;
  return {
    pairs,
    deal: (primary: string, userId: string, lines: readonly LineView[]): Promise<DealtCard> =>
      dealCard(stores, POOL, primary, { userId, ...LOAD }, snapshotOf(lines), DECISION),
    count(primary: string, { fallbackLineIds }: DealtCard): void {
      for (const fallbackId of fallbackLineIds) {
        const at = pairs.findIndex((p) => p.lineId === primary && p.fallbackId === fallbackId);
        const users = 1 + (pairs[at]?.users ?? 0);
        pairs.splice(at === -1 ? pairs.length : at, 1, { lineId: primary, fallbackId, users });
      }
    },
  };
}

describe('The card of a new user', () => {
  it('has every other number in a pool of up to four lines', async () => {
    for (const count of [1, 2, 3, 4]) {
      const lines = linesOf(count);
      const { fallbackLineIds, card } = await pooled(podOf(lines)).deal('line-0', 'user', lines);
      expect([...fallbackLineIds].sort()).toEqual(lines.slice(1).map(({ id }) => id));
      expect(card?.cardId).toMatch(/^[0-9a-f]{16}$/);
    }
  });

  it('has four numbers in every pool of five to twelve lines, and spreads the people of a line over all others', async () => {
    for (const count of [5, 7, 12]) {
      const lines = linesOf(count);
      const pool = pooled(podOf(lines));
      for (let i = 0; i < 10 * count; i += 1) {
        const dealt = await pool.deal('line-0', `user-${i}`, lines);
        expect(new Set(dealt.fallbackLineIds).size).toBe(3);
        expect(dealt.fallbackLineIds).not.toContain('line-0');
        pool.count('line-0', dealt);
      }
      const users = pool.pairs.map((pair) => pair.users);
      expect(users).toHaveLength(count - 1);
      expect(Math.max(...users)).toBeLessThanOrEqual(1.25 * Math.min(...users));
    }
  });

  it('has usable numbers before others, and those with a reserve before those without', async () => {
    const lines = linesOf(12).map((line, i) =>
      i === 3 ? { ...line, health: 'ejected' as const } : i === 5 ? { ...line, todayCap: 5 } : line,
    );
    const pool = pooled(podOf(lines));
    for (let i = 0; i < 40; i += 1) {
      const { fallbackLineIds } = await pool.deal('line-0', `user-${i}`, lines);
      expect(fallbackLineIds).not.toContain('line-3');
      expect(fallbackLineIds).not.toContain('line-5');
    }
  });

  it('holds no number that is lost today, though the pool has no other', async () => {
    const lines = linesOf(4).map((line, i) =>
      i === 2
        ? { ...line, providerStatus: 'FLAGGED' as const }
        : i === 3
          ? { ...line, reputation: 'AT_RISK' as const }
          : line,
    );
    const { fallbackLineIds } = await pooled(podOf(lines)).deal('line-0', 'user', lines);
    expect([...fallbackLineIds].sort()).toEqual(['line-1', 'line-3']);
  });

  it('heeds who would come to a line when another one is lost', async () => {
    // All the people of line-1 hold line-2 beside it: its loss alone would fill line-2.
    const lines = linesOf(12).map((line, i) =>
      i === 1 ? { ...line, users: 100, meanMilli: 9_000_000 } : line,
    );
    const pairs = [{ lineId: 'line-1', fallbackId: 'line-2', users: 100 }];
    const { card, fallbackLineIds } = await pooled(podOf(lines), pairs).deal('line-0', 'u', lines);
    expect(fallbackLineIds).not.toContain('line-2');
    const inflow = card?.ring.find(({ lineId }) => lineId === 'line-2')?.worstInflow;
    expect(inflow).toBe(3_000);
  });

  it('is none on a line that is on no card: the numbers that fewest rely on', async () => {
    const lines = linesOf(6);
    const dealt = await pooled(podOf(lines.slice(1))).deal('line-0', 'user', lines);
    expect(dealt.card).toBeNull();
    expect(dealt.fallbackLineIds).toHaveLength(3);
  });
});

describe('The explanation of a place', () => {
  const anyLine = fc.record({
    goodDays: fc.nat(20),
    meanMilli: fc.integer({ min: 0, max: 2_000_000 }),
    usedLast24h: fc.nat(3_000),
    newUsersToday: fc.nat(20),
    users: fc.nat(100),
    todayCap: fc.integer({ min: 150, max: 3_000 }),
    health: fc.constantFrom('healthy', 'healthy', 'healthy', 'suspect', 'ejected'),
  });
  const fleets = fc.array(anyLine, { minLength: 1, maxLength: 13 });

  it('gives line and card again, from its JSON and its policy alone', async () => {
    await fc.assert(
      fc.asyncProperty(fleets, fc.uuid(), fc.array(fc.nat(30)), async (fleet, userId, held) => {
        const lines = fleet.map((line, i) =>
          aLine({
            ...(line as Partial<LineView>),
            id: `line-${i}`,
            varianceMilli: 40 * line.meanMilli,
          }),
        );
        const snapshot = snapshotOf(lines);
        const request = { userId, ...LOAD };
        const plan = place(request, snapshot, policy);
        const primary = plan.kind === 'placed' ? plan.candidates[0]!.lineId : 'line-0';
        const pairs = held.map((users, i) => ({
          lineId: `line-${(i * 5) % lines.length}`,
          fallbackId: `line-${(i * 3) % lines.length}`,
          users,
        }));
        const dealt = await pooled(podOf(lines), pairs).deal(primary, userId, lines);
        const written = { ...explained(plan, request, snapshot, DECISION), card: dealt.card };
        const read = JSON.parse(JSON.stringify(written)) as typeof written;
        expect(place(read.inputs.request, snapshotFrom(read), policy)).toEqual(plan);
        const card = cardFrom(read.card!, policy)!;
        expect(card.id).toBe(dealt.card?.cardId);
        expect(givenFrom(card, read.card!)).toEqual(dealt.fallbackLineIds);
      }),
      RUNS,
    );
  });

  /** What was looked at, from what was written down: a line that was removed for its state has that state. */
  function snapshotFrom({ inputs, removed }: ExplainedPlan): PlacementSnapshot {
    const numbers = new Map(inputs.lines.map((line) => [line.id, line]));
    const ids = [...numbers.keys(), ...removed.map(({ lineId }) => lineId)];
    const lines = [...new Set(ids)].sort(byNumber).map((id) => {
      const reason = removed.find(({ lineId }) => lineId === id)?.reason;
      const health = reason === 'suspect' || reason === 'ejected' ? reason : 'healthy';
      return aLine({ ...numbers.get(id), id, health });
    });
    const { now, nextDayAt, outlook, prior } = inputs;
    return { now, nextDayAt, outlook, prior, lines };
  }

  const byNumber = (a: string, b: string): number => Number(a.slice(5)) - Number(b.slice(5));
});
