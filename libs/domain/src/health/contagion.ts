import type { FleetPolicy } from '../fleet-policy';
import { DAY_MS, type EpochMs } from '../kernel/time';
import type { Line } from '../line/line';

/**
 * Whether so many of the lines in use were lost within a day that the cause must be ours: then push and proactive
 * stop before they take more lines with them.
 */
export function lossesAreContagious(
  { lost, inUse }: { readonly lost: number; readonly inUse: number },
  { health }: FleetPolicy,
): boolean {
  return lost >= health.contagionLines && lost >= health.contagionShare * inUse;
}

/** The same, told from the lines themselves. */
export function isContagion(
  lines: readonly Pick<Line, 'ejectedAt' | 'adminState' | 'managed'>[],
  now: EpochMs,
  policy: FleetPolicy,
): boolean {
  const inUse = lines.filter((line) => line.managed && line.adminState !== 'retired');
  const lost = inUse.filter((line) => line.ejectedAt !== null && now - line.ejectedAt < DAY_MS);
  return lossesAreContagious({ lost: lost.length, inUse: inUse.length }, policy);
}
