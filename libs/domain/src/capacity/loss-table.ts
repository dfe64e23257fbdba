import type { FleetPolicy } from '../fleet-policy';
import type { DayRisk } from '../forecast/fleet-day';
import { projectedUse } from '../forecast/quantile';
import { isRamping } from '../ramp/cap';
import type { LineView } from '../placement/types';
import { spread } from './losses';
import { reachHours } from './reach';
import type { CardUsers } from './uncovered';

/** People on one line who hold the same usable numbers, with what they say a day, in thousandths. */
export interface HeldUsers extends CardUsers {
  readonly meanMilli: number;
  readonly varianceMilli: number;
}

/** What the loss of some lines at once would do. */
export interface LossOf {
  readonly lineIds: readonly string[];
  /** People on these lines. */
  readonly users: number;
  /** Those of them who hold no number that would still serve. */
  readonly uncovered: number;
  /** Lines whose day would be forecast beyond their cap with those who come to them. */
  readonly overloaded: readonly {
    readonly lineId: string;
    readonly projected: number;
    readonly cap: number;
  }[];
  /** Hours until everybody with a number left has been written to at the pace of new conversations; null: never. */
  readonly hours: number | null;
}

export interface LossTable {
  /** The worst first, those of one line before those of two and three. */
  readonly sets: readonly LossOf[];
  /** Whether every pair, and every triple, was worked out; else only those around the worst of fewer. */
  readonly completePairs: boolean;
  readonly completeTriples: boolean;
  /** Free admission as a share (0 to 1) of what the lines may carry by mean; 1 for lines that nobody needs. */
  readonly freeShare: number;
  /** Share of people who hold another number that serves; 1 when there is nobody. */
  readonly coveredShare: number;
}

/**
 * Works out the loss of every line, and of every pair and triple as long as there are no more than `losses.maxSets` sets.
 * Beyond, sets are built around the worst smaller ones. `lines` are those that serve, with the cap that admission fills
 * them up to; `held` names only these. Deterministic; the cost follows the sets and the cards on their lines.
 */
export function lossTable(
  lines: readonly LineView[],
  held: readonly HeldUsers[],
  outlook: DayRisk,
  policy: FleetPolicy,
): LossTable {
  const fleet = new Map(lines.map((line) => [line.id, line]));
  const on = new Map<string, HeldUsers[]>();
  for (const group of held) {
    on.set(group.primaryLineId, [...(on.get(group.primaryLineId) ?? []), group]);
  }
  const loss = (lineIds: readonly string[]): LossOf => lossOf(lineIds, fleet, on, outlook, policy);
  const ids = lines.map(({ id }) => id).sort();
  const singles = ids.map((id) => loss([id])).sort(worstFirst);
  const budget = Math.max(0, policy.losses.maxSets - singles.length);
  const pairs = around(singles, ids, budget);
  const pairLosses = pairs.sets.map(loss).sort(worstFirst);
  const triples = around(pairLosses, ids, budget - pairs.sets.length);
  const tripleLosses = triples.sets.map(loss).sort(worstFirst);
  const users = held.reduce((sum, group) => sum + group.users, 0);
  const covered = held
    .filter(({ lineIds }) => lineIds.length > 1)
    .reduce((sum, group) => sum + group.users, 0);
  return {
    sets: [...singles, ...pairLosses, ...tripleLosses],
    completePairs: pairs.complete,
    completeTriples: pairs.complete && triples.complete,
    freeShare: freeShareOf(lines, policy),
    coveredShare: users === 0 ? 1 : covered / users,
  };
}

/** Each of the sets with one more line, the worst sets first, at most `most` new ones, none twice. */
function around(
  sets: readonly LossOf[],
  ids: readonly string[],
  most: number,
): { readonly sets: readonly (readonly string[])[]; readonly complete: boolean } {
  const found = new Map<string, readonly string[]>();
  for (const { lineIds } of sets) {
    for (const id of ids) {
      if (lineIds.includes(id)) continue;
      const set = [...lineIds, id].sort();
      const key = set.join(' ');
      if (found.has(key)) continue;
      if (found.size >= most) return { sets: [...found.values()], complete: false };
      found.set(key, set);
    }
  }
  return { sets: [...found.values()], complete: true };
}

/** More people without a number, then more lines beyond their cap, then more time, is worse. */
function worstFirst(one: LossOf, other: LossOf): number {
  return (
    other.uncovered - one.uncovered ||
    other.overloaded.length - one.overloaded.length ||
    byHours(other.hours) - byHours(one.hours) ||
    other.users - one.users ||
    (one.lineIds.join(' ') < other.lineIds.join(' ') ? -1 : 1)
  );
}

const byHours = (hours: number | null): number => hours ?? Number.MAX_SAFE_INTEGER;

function lossOf(
  lineIds: readonly string[],
  fleet: ReadonlyMap<string, LineView>,
  on: ReadonlyMap<string, readonly HeldUsers[]>,
  outlook: DayRisk,
  policy: FleetPolicy,
): LossOf {
  const contacts = new Map<string, number>();
  const inflow = new Map<string, { mean: number; variance: number }>();
  let [users, uncovered] = [0, 0];
  for (const group of lineIds.flatMap((id) => on.get(id) ?? [])) {
    users += group.users;
    const targets = group.lineIds.filter((id) => !lineIds.includes(id));
    if (targets.length === 0) {
      uncovered += group.users;
      continue;
    }
    for (const [target, count] of spread(group.users, targets, contacts)) {
      contacts.set(target, (contacts.get(target) ?? 0) + count);
      const load = inflow.get(target) ?? { mean: 0, variance: 0 };
      load.mean += (count / group.users) * (group.meanMilli / 1_000);
      load.variance += (count / group.users) * (group.varianceMilli / 1_000);
      inflow.set(target, load);
    }
  }
  const overloaded = [...inflow].flatMap(([lineId, more]) => {
    const line = fleet.get(lineId);
    if (!line) return [];
    const projected = projectedUse(
      {
        mean: line.meanMilli / 1_000 + more.mean,
        variance: line.varianceMilli / 1_000 + more.variance,
      },
      policy,
      outlook,
    );
    const cap = line.todayCap;
    return projected > cap ? [{ lineId, projected: Math.round(projected), cap }] : [];
  });
  return {
    lineIds,
    users,
    uncovered,
    overloaded: overloaded.sort((a, b) => b.projected / b.cap - a.projected / a.cap),
    hours: reachHours([...contacts.values()], policy).all,
  };
}

function freeShareOf(lines: readonly LineView[], policy: FleetPolicy): number {
  const { rampMeanShare, maxMeanShare } = policy.admission;
  let [room, free] = [0, 0];
  for (const line of lines) {
    const may = (isRamping(line, policy) ? rampMeanShare : maxMeanShare) * line.todayCap;
    room += may;
    free += Math.max(0, may - line.meanMilli / 1_000);
  }
  return room === 0 ? 0 : free / room;
}

/** Whether the loss of some single line would take another one beyond its cap. */
export function isOneLossTooMuch({ sets }: Pick<LossTable, 'sets'>): boolean {
  return sets.some(({ lineIds, overloaded }) => lineIds.length === 1 && overloaded.length > 0);
}

/**
 * An alarm with a memory: it begins below `low` and ends from `enough` on, so that what wavers between them rings once.
 * Answers since when it rings; null: it does not.
 */
export function lowSince(
  since: number | null,
  value: number,
  { low, enough }: { readonly low: number; readonly enough: number },
  now: number,
): number | null {
  if (since === null) return value < low ? now : null;
  return value >= enough ? null : since;
}
