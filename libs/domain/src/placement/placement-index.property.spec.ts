import fc from 'fast-check';
import { chance } from '../../../../test/support/chance';
import { anyFleet } from '../../../../test/support/fleets';
import { aLine, NOW } from '../../../../test/support/lines';
import { DEFAULT_FLEET_POLICY as policy } from '../fleet-policy';
import { seededRandom } from '../kernel/random';
import { DAY_MS, HOUR_MS } from '../kernel/time';
import { AliasTable } from './alias-table';
import { place } from './place';
import { type IndexAnswer, PlacementIndex } from './placement-index';
import type { FleetSnapshot, LineView, PlacementRequest } from './types';

const RUNS = { numRuns: 1_000 };
const snapshotOf = (lines: readonly LineView[]): FleetSnapshot => ({
  now: NOW,
  lines,
  nextDayAt: NOW + DAY_MS,
});
const person = (userId: string, mean = 20): PlacementRequest => ({
  userId,
  meanMilli: 1_000 * mean,
  varianceMilli: 41_000 * mean,
});
const lineOf = (answer: IndexAnswer): string | null =>
  answer.kind === 'placed' ? answer.lineId : null;
const seeds = fc.integer({ min: 0, max: 1_000_000 });

describe('a table of weights', () => {
  it('draws each index as often as its weight says', () => {
    const weights = fc.array(fc.nat(20), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(weights, (list) => {
        const total = list.reduce((sum, weight) => sum + weight, 0);
        const table = new AliasTable(Float64Array.from(list));
        expect(table.drawable).toBe(total > 0);
        if (total === 0) return;
        // Over an even grid of draws each slot's share comes out exactly, but for the grid.
        const steps = 400 * list.length;
        const counts = list.map(() => 0);
        for (let i = 0; i < steps; i += 1) counts[table.draw((i + 0.5) / steps)]! += 1;
        for (const [i, weight] of list.entries()) {
          const slack = (2 + list.length) / steps;
          expect(Math.abs(counts[i]! / steps - weight / total)).toBeLessThanOrEqual(slack);
          if (weight === 0) expect(counts[i]).toBe(0);
        }
      }),
      RUNS,
    );
  });
});

describe('the placement index', () => {
  it('finds a line exactly when there is one, and only one that placement itself offers', () => {
    const loads = fc.constantFrom(1, 20, 60, 300, 900);
    const only = fc.option(fc.uniqueArray(fc.nat(14), { maxLength: 4 }), { nil: undefined });
    fc.assert(
      fc.property(anyFleet, fc.uuid(), loads, only, seeds, (lines, userId, mean, ids, seed) => {
        const request = {
          ...person(userId, mean),
          ...(ids ? { onlyLineIds: ids.map((id) => `line-${id}`) } : {}),
        };
        const plan = place(request, snapshotOf(lines), policy);
        const index = new PlacementIndex(snapshotOf(lines), policy);
        const answer = index.choose(request, seededRandom(seed));
        expect(answer.kind).toBe(plan.kind);
        const offered = plan.kind === 'placed' ? plan.candidates.map(({ lineId }) => lineId) : [];
        if (answer.kind === 'placed') expect(offered).toContain(answer.lineId);
        expect(index.explain(request)).toEqual(plan);
        // Asked once more nothing has changed.
        expect(index.choose(request, seededRandom(seed))).toEqual(answer);
      }),
      RUNS,
    );
  });

  const steps = fc.array(
    fc.record({
      what: fc.constantFrom('place', 'place', 'place', 'release', 'replace', 'remove', 'wait'),
      pick: fc.nat(),
      mean: fc.constantFrom(5, 20, 80, 400),
    }),
    { maxLength: 60 },
  );

  it('stays in step with a fleet that is written down beside it, through anything', () => {
    fc.assert(
      fc.property(anyFleet, anyFleet, steps, seeds, (before, after, plan, seed) => {
        const random = seededRandom(seed);
        const index = new PlacementIndex(snapshotOf(before), policy);
        const lines = new Map(before.map((line) => [line.id, line]));
        const users: { lineId: string; mean: number }[] = [];
        let now = NOW;
        const add = (lineId: string, sign: 1 | -1, mean: number): void => {
          const line = lines.get(lineId);
          if (!line) return;
          lines.set(lineId, {
            ...line,
            users: line.users + sign,
            newUsersToday: line.newUsersToday + Math.max(0, sign),
            meanMilli: line.meanMilli + sign * 1_000 * mean,
            varianceMilli: line.varianceMilli + sign * 41_000 * mean,
          });
        };
        for (const [i, { what, pick, mean }] of plan.entries()) {
          const request = person(`user-${i}`, mean);
          if (what === 'place') {
            const lineId = lineOf(index.choose(request, random));
            const wanted = place(
              request,
              { now, lines: [...lines.values()], nextDayAt: NOW + DAY_MS },
              policy,
            );
            expect(lineId !== null).toBe(wanted.kind === 'placed');
            if (lineId === null) continue;
            index.commit(lineId, request);
            add(lineId, 1, mean);
            users.push({ lineId, mean });
          } else if (what === 'release' && users.length > 0) {
            const [gone] = users.splice(pick % users.length, 1);
            index.release(gone!.lineId, person('', gone!.mean));
            add(gone!.lineId, -1, gone!.mean);
          } else if (what === 'replace' && after.length > 0) {
            const line = after[pick % after.length]!;
            index.replace(line);
            lines.set(line.id, line);
          } else if (what === 'remove') {
            index.remove(`line-${pick % 14}`);
            lines.delete(`line-${pick % 14}`);
          } else if (what === 'wait') {
            now += HOUR_MS / 2;
            index.refresh(now);
          }
        }
        const byId = (a: LineView, b: LineView): number => (a.id < b.id ? -1 : 1);
        expect([...index.view().lines].sort(byId)).toEqual([...lines.values()].sort(byId));
        expect(index.view().now).toBe(now);
      }),
      RUNS,
    );
  });

  /** The fullest line, and the heaviest user, over the mean line; placed by two who see each other late. */
  function unevenness(
    count: number,
    perLine: number,
    unseen: number,
    seed: number,
  ): { readonly fullest: number; readonly heaviest: number } {
    const lines = Array.from({ length: count }, (_each, i) =>
      aLine({ id: `line-${i}`, budgetPerDay: 300_000, todayCap: 300_000, goodDays: 60 }),
    );
    const { normal } = chance(seededRandom(seed));
    const replicas = [1, 2].map((each) => ({
      index: new PlacementIndex(snapshotOf(lines), policy),
      random: seededRandom(2 * seed + each),
    }));
    const loads = new Map(lines.map(({ id }) => [id, { ...aLine(), id, meanMilli: 0 }]));
    let heaviest = 0;
    for (let i = 0; i < perLine * count; i += 1) {
      const { index, random } = replicas[i % 2]!;
      // Lognormal with a cv of 1 and mean 20.
      const mean = Math.max(1, Math.round(20 * Math.exp(0.8326 * normal() - 0.3466)));
      const request = person(`user-${i}`, mean);
      const lineId = lineOf(index.choose(request, random))!;
      index.commit(lineId, request);
      heaviest = Math.max(heaviest, request.meanMilli);
      const load = loads.get(lineId)!;
      load.meanMilli += request.meanMilli;
      load.varianceMilli += request.varianceMilli;
      load.users += 1;
      if (i % unseen === unseen - 1) {
        for (const each of replicas) {
          for (const line of lines) each.index.replace({ ...line, ...only(loads.get(line.id)!) });
          each.index.refresh(NOW);
        }
      }
    }
    const means = [...loads.values()].map(({ meanMilli }) => meanMilli);
    const mean = means.reduce((sum, each) => sum + each, 0) / count;
    return { fullest: Math.max(...means) / mean, heaviest: heaviest / mean };
  }

  it('keeps lines even although another process places as many, a thousand at a time unseen', () => {
    expect(unevenness(100, 120, 1_000, 4).fullest).toBeLessThanOrEqual(1.15);
  });

  it('keeps them even in a thousand fleets of a few lines, however late the other is seen', () => {
    const random = seededRandom(5);
    const upTo = (most: number): number => Math.floor(most * random());
    for (let seed = 0; seed < 1_000; seed += 1) {
      const { fullest, heaviest } = unevenness(2 + upTo(2), 100, 50 + upTo(951), seed);
      // One person who says a third of what a line carries makes a line uneven wherever they are.
      expect(fullest).toBeLessThanOrEqual(Math.max(1.15, 1 + heaviest));
    }
  });

  it('knows a full fleet at once, and room as soon as there is some again', () => {
    const banned = aLine({
      id: 'banned',
      health: 'recovering',
      bannedUntil: NOW + HOUR_MS,
      meanMilli: 1_500_000,
      varianceMilli: 61_500_000,
    });
    const index = new PlacementIndex(snapshotOf([aLine({ id: 'open' }), banned]), policy);
    const random = seededRandom(3);
    const ask = (): string | null => lineOf(index.choose(person('someone'), random));
    const fill = (): void => {
      for (let lineId = ask(); lineId !== null; lineId = ask()) index.commit(lineId, person(''));
    };
    fill();
    expect(index.view().lines[0]!.users).toBeGreaterThan(60);
    // Nothing is drawn for want of room for a newcomer, but somebody who hardly writes is found a place.
    index.refresh(NOW);
    expect(index.choose(person('quiet', 1), random)).toMatchObject({ lineId: 'open', by: 'scan' });
    index.release('open', person(''));
    expect(ask()).toBe('open');
    fill();
    index.replace({ ...aLine({ id: 'open' }) });
    expect(ask()).toBe('open');
    fill();
    expect(ask()).toBeNull();
    index.refresh(NOW + HOUR_MS);
    expect(ask()).toBe('banned');
    fill();
    index.replace(aLine({ id: 'new' }));
    expect(ask()).toBe('new');
  });

  it('decides between two equal lines by the rank of the user, not by the order of the draws', () => {
    const lines = [aLine({ id: 'a' }), aLine({ id: 'b' })];
    const index = new PlacementIndex(snapshotOf(lines), policy);
    const draws = (list: readonly number[]) => {
      let i = 0;
      return () => list[i++ % list.length]!;
    };
    for (let i = 0; i < 20; i += 1) {
      const one = index.choose(person(`user-${i}`), draws([0, 0.9]));
      expect(index.choose(person(`user-${i}`), draws([0.9, 0]))).toEqual(one);
    }
  });

  it('does not mind lines it does not know', () => {
    const index = new PlacementIndex(snapshotOf([]), policy);
    index.commit('gone', person(''));
    index.release('gone', person(''));
    index.remove('gone');
    expect(index.choose(person('user'), Math.random)).toEqual({ kind: 'no-capacity' });
    expect(index.view().lines).toEqual([]);
  });
});

function only({ users, meanMilli, varianceMilli }: LineView): Partial<LineView> {
  return { users, meanMilli, varianceMilli };
}
