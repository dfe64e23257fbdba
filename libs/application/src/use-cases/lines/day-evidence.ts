import {
  type DayEvidence,
  type EpochMs,
  evidenceShareOf,
  type FleetPolicy,
  type Line,
  outcomesPerDay,
} from '@linekeeper/domain';
import type { LineDayRecord, Stores } from '../../ports';

/** What a day that is over showed of a line, for the judgement of its ramp. */
export async function dayEvidence(
  stores: Stores,
  line: Pick<Line, 'id' | 'health'>,
  { from, to }: { readonly from: EpochMs; readonly to: EpochMs },
  policy: FleetPolicy,
): Promise<DayEvidence> {
  const seen = await stores.usage.lineEvidence(line.id, from, to);
  const suspect = line.health === 'suspect';
  const held = await stores.evidence.of(line.id);
  const week = await stores.usage.lineDays(line.id, 7);
  const lastWeek = week.reduce((sum, { recipients }) => sum + recipients, 0);
  const perDay = outcomesPerDay(seen.recipients, lastWeek);
  const evidenceShare = held ? evidenceShareOf(held, perDay, policy) : 0;
  if (seen.in + seen.out > 0) return { ...seen, suspect, evidenceShare };
  // More days than make a line a new one need not be counted.
  const before = await stores.usage.lineDays(line.id, policy.ramp.idleDays);
  return { ...seen, suspect, evidenceShare, idleDays: 1 + idleRun(before) };
}

/** Days without a message in a row, from the newest back. */
function idleRun(newestFirst: readonly Pick<LineDayRecord, 'in' | 'out'>[]): number {
  const carried = newestFirst.findIndex((day) => day.in + day.out > 0);
  return carried === -1 ? newestFirst.length : carried;
}
