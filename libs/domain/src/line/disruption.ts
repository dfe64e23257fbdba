import type { FleetPolicy } from '../fleet-policy';
import { type EpochMs, HOUR_MS } from '../kernel/time';
import type { LineView } from '../placement/types';
import { whyNotUsableAsFallback } from './availability';

/** What keeps a line in service although somebody wants it out. */
export const DISRUPTION_RULES = [
  'contagion',
  'failover-open',
  'lines-out',
  'capacity',
  'deadline',
  'ejections',
] as const;
export type DisruptionRule = (typeof DISRUPTION_RULES)[number];

export interface DisruptionBlock {
  readonly rule: DisruptionRule;
  readonly detail: string;
}

/** A line that somebody wants to take out by their own will, and the pool around it. */
export interface Disruption {
  readonly now: EpochMs;
  readonly lineId: string;
  /** Whether its people are moved off, or stay and wait for it. */
  readonly movesPeople: boolean;
  /** When it is out; `until` null: for good, or nobody knows. */
  readonly from: EpochMs;
  readonly until: EpochMs | null;
  /** Every line of the pool, with the cap that admission fills it up to. */
  readonly lines: readonly LineView[];
  /** Whether several lines were flagged within a day. */
  readonly contagion: boolean;
  /** Lines of the pool whose people are being moved because they were lost. */
  readonly failingOver: readonly string[];
  readonly movesPerHour: number | null;
  readonly deadline: EpochMs | null;
}

/**
 * The first rule of the disruption budget that stands against taking a line out, or null. A pool gives away at most
 * `maxDisruptedShare` of its lines at a time, lost ones among them, and only while the others can carry everybody.
 */
export function whyNotDisrupted(want: Disruption, policy: FleetPolicy): DisruptionBlock | null {
  const { lines, lineId, now } = want;
  if (want.contagion) {
    return { rule: 'contagion', detail: 'Several lines were flagged within a day' };
  }
  const failing = want.failingOver.filter((id) => id !== lineId);
  if (want.movesPeople && failing.length > 0) {
    return {
      rule: 'failover-open',
      detail: `People of ${failing.length} lost lines are still being moved`,
    };
  }
  const inUse = lines.filter(isInUse);
  const allowed = mayBeOut(inUse.length, policy.lifecycle.maxDisruptedShare);
  const out = inUse.filter((line) => line.id !== lineId && isOut(line, want)).length;
  if (out >= allowed) {
    return {
      rule: 'lines-out',
      detail: `${out} of ${inUse.length} lines are out at that time, and ${allowed} may be`,
    };
  }
  if (!want.movesPeople) return null;
  const load = inUse.reduce((sum, { meanMilli }) => sum + meanMilli / 1_000, 0);
  const room = inUse
    .filter((line) => line.id !== lineId && whyNotUsableAsFallback(line, now) === null)
    .reduce((sum, { todayCap }) => sum + policy.admission.maxMeanShare * todayCap, 0);
  if (load > room) {
    return {
      rule: 'capacity',
      detail: `The other lines may carry ${Math.floor(room)} messages a day, and ${Math.ceil(load)} are expected`,
    };
  }
  const users = lines.find(({ id }) => id === lineId)?.users ?? 0;
  if (want.movesPerHour !== null && want.deadline !== null) {
    const hours = (want.deadline - want.from) / HOUR_MS;
    if (users > want.movesPerHour * hours) {
      return {
        rule: 'deadline',
        detail: `${users} people at ${want.movesPerHour} an hour take longer than until the deadline`,
      };
    }
  }
  return null;
}

/** An operator who knows of two sick lines is believed, however small the pool. */
const MAY_EJECT = 2;

/** The rule against ejecting one more line by an operator's word: a slip of the hand must not take the fleet out. */
export function whyNotEjected(
  lineId: string,
  lines: readonly LineView[],
  policy: FleetPolicy,
): DisruptionBlock | null {
  const inUse = lines.filter(isInUse);
  const share = policy.lifecycle.maxDisruptedShare;
  const allowed = Math.max(MAY_EJECT, mayBeOut(inUse.length, share));
  const byOperators = inUse.filter(
    ({ id, health, healthBy }) => id !== lineId && health === 'ejected' && healthBy === 'operator',
  ).length;
  return byOperators < allowed
    ? null
    : {
        rule: 'ejections',
        detail: `Operators have ejected ${byOperators} of ${inUse.length} lines already`,
      };
}

/** At most a share of the lines at a time, but always one. */
const mayBeOut = (lines: number, share: number): number => Math.max(1, Math.floor(share * lines));

/** Lines that people count on: what only warms, or has left, is missed by nobody. */
function isInUse({ managed, adminState }: LineView): boolean {
  return managed && adminState !== 'retired' && adminState !== 'warming';
}

function isOut(line: LineView, { from, until }: Disruption): boolean {
  if (line.health === 'ejected' || line.adminState === 'draining') return true;
  if (line.adminState !== 'maintenance' && line.maintenanceFrom === null) return false;
  const begins = line.maintenanceFrom ?? from;
  const ends = line.maintenanceUntil ?? Infinity;
  return begins < (until ?? Infinity) && from < ends;
}
