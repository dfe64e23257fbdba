import type { FleetPolicy } from '../fleet-policy';
import { DAY_MS, type EpochMs } from '../kernel/time';
import type { Line } from '../line/line';

/**
 * Whether so many lines were flagged within a day that the cause must be ours: then push and proactive stop
 * before they take more lines with them (policy.md D8).
 */
export function isContagion(
  lines: readonly Pick<Line, 'ejectedAt' | 'adminState' | 'managed'>[],
  now: EpochMs,
  policy: FleetPolicy,
): boolean {
  const inUse = lines.filter((line) => line.managed && line.adminState !== 'retired');
  const recent = inUse.filter((line) => line.ejectedAt !== null && now - line.ejectedAt < DAY_MS);
  return (
    recent.length >= policy.health.contagionLines &&
    recent.length >= policy.health.contagionShare * inUse.length
  );
}
