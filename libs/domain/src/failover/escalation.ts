import { type EpochMs, HOUR_MS } from '../kernel/time';

/** Whoever waits because their line was lost is told to the operator again after so many hours (product plan, section 10). */
export const ESCALATE_AFTER_HOURS = [4, 24] as const;

/** The last step that is due of something that waits since then, in hours: where both are, one announcement says it all. Null before the first. */
export function escalationDue(since: EpochMs, now: EpochMs): number | null {
  return ESCALATE_AFTER_HOURS.findLast((hours) => now - since >= hours * HOUR_MS) ?? null;
}

/** When the next step is due; null when all have been. */
export function nextEscalationAt(since: EpochMs, now: EpochMs): EpochMs | null {
  const hours = ESCALATE_AFTER_HOURS.find((each) => since + each * HOUR_MS > now);
  return hours === undefined ? null : since + hours * HOUR_MS;
}
