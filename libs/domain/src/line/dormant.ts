import type { FleetPolicy } from '../fleet-policy';
import { DAY_MS, type EpochMs } from '../kernel/time';
import type { LineView } from '../placement/types';
import { whyCannotSend } from './availability';

/**
 * Whether a line is a fallback only, and asleep: people hold its number, nobody stands on it, and it has carried nothing
 * lately. Linq warns of such lines: the day they are needed they have no reputation, and all their people come at once.
 * `maxDailyUse7d` is the most it carried on one of its last seven closed days.
 */
export function isDormant(
  line: LineView,
  maxDailyUse7d: number,
  now: EpochMs,
  { lifecycle }: FleetPolicy,
): boolean {
  const grownUp =
    line.activatedAt !== null && now - line.activatedAt >= lifecycle.dormantAfterDays * DAY_MS;
  return (
    whyCannotSend(line, 'proactive') === null &&
    grownUp &&
    line.users === 0 &&
    line.fallbackUsers > 0 &&
    line.usedLast24h === 0 &&
    maxDailyUse7d === 0
  );
}
