import type { FleetPolicy } from '../fleet-policy';
import { hash32, rendezvousRank } from '../kernel/hash';
import type { EpochMs } from '../kernel/time';
import { isRamping } from '../ramp/cap';
import { FILTERS } from './filters';
import { SCORERS } from './scorers';
import type {
  FleetSnapshot,
  LineView,
  PlacementPlan,
  PlacementRequest,
  RankedCandidate,
  RemovalReason,
  RemovedLine,
} from './types';

/**
 * Chooses a line for a user: filters with a reason each, scores, ranks; ties fall by rendezvous rank, never by
 * luck. Pure: the same request and snapshot give the same plan.
 */
export function place(
  request: PlacementRequest,
  snapshot: FleetSnapshot,
  policy: FleetPolicy,
): PlacementPlan {
  const removed: RemovedLine[] = [];
  const passed: LineView[] = [];
  for (const line of snapshot.lines) {
    const reason = whyNotPlaced(line, request, snapshot, policy);
    if (reason === null) passed.push(line);
    else removed.push({ lineId: line.id, reason });
  }
  const eligible = sparingRampingLines(passed, request.userId, removed, policy);
  if (eligible.length === 0) {
    return {
      kind: 'no-capacity',
      removed,
      reasons: countReasons(removed),
      nextCapacityAt: nextCapacityAt(snapshot, removed),
    };
  }
  return { kind: 'placed', candidates: rank(eligible, request, snapshot, policy), removed };
}

/** The first reason for which a line cannot take the user, or null when it can. */
export function whyNotPlaced(
  line: LineView,
  request: PlacementRequest,
  snapshot: FleetSnapshot,
  policy: FleetPolicy,
): RemovalReason | null {
  for (const filter of FILTERS) {
    const reason = filter(line, request, snapshot, policy);
    if (reason !== null) return reason;
  }
  return null;
}

/** Whether a user is of the share that goes to ramping lines first; it follows from their id. */
export function triesRampingFirst(userId: string, { admission }: FleetPolicy): boolean {
  return hash32(userId) % 100 < 100 * admission.rampShareOfNewUsers;
}

/**
 * While mature lines have room, only a share of new users goes to ramping ones; which users those are follows
 * from their id, so that asking twice changes nothing.
 */
function sparingRampingLines(
  lines: readonly LineView[],
  userId: string,
  removed: RemovedLine[],
  policy: FleetPolicy,
): readonly LineView[] {
  const mature = lines.filter((line) => !isRamping(line, policy));
  if (mature.length === 0 || mature.length === lines.length) return lines;
  const ramping = lines.filter((line) => isRamping(line, policy));
  const [kept, spared] = triesRampingFirst(userId, policy) ? [ramping, mature] : [mature, ramping];
  for (const line of spared) removed.push({ lineId: line.id, reason: 'ramp-share' });
  return kept;
}

function rank(
  lines: readonly LineView[],
  request: PlacementRequest,
  snapshot: FleetSnapshot,
  policy: FleetPolicy,
): RankedCandidate[] {
  const totalWeight = SCORERS.reduce((sum, scorer) => sum + scorer.weight, 0);
  const candidates = lines.map((line) => {
    const parts = SCORERS.map(({ name, weight, score }) => ({
      scorer: name,
      weight,
      score: score(line, request, snapshot, policy),
    }));
    const sum = parts.reduce((total, part) => total + part.weight * part.score, 0);
    return { lineId: line.id, score: sum / totalWeight, parts };
  });
  return candidates.sort(
    (a, b) =>
      b.score - a.score ||
      rendezvousRank(request.userId, b.lineId) - rendezvousRank(request.userId, a.lineId),
  );
}

function countReasons(removed: readonly RemovedLine[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { reason } of removed) counts[reason] = (counts[reason] ?? 0) + 1;
  return counts;
}

/** Full lines free up when the day closes (forecasts and ramps move), banned and warming ones at their instants. */
function nextCapacityAt(snapshot: FleetSnapshot, removed: readonly RemovedLine[]): EpochMs | null {
  const byId = new Map(snapshot.lines.map((line) => [line.id, line]));
  const due = removed.flatMap(({ lineId, reason }) => {
    const line = byId.get(lineId);
    if (reason === 'full' || reason === 'new-users-today') return [snapshot.nextDayAt];
    if (reason === 'warming') return [line?.warmingUntil ?? null];
    if (reason === 'recovering') return [line?.bannedUntil ?? null];
    return [];
  });
  const known = due.filter((at): at is EpochMs => at !== null && at > snapshot.now);
  return known.length === 0 ? null : Math.min(...known);
}
