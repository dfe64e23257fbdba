// Decides again from explanations alone. Nothing here runs the rules of the domain: they are said once more.
import type { explainPlacement } from '@linekeeper/domain';

type Placement = ReturnType<typeof explainPlacement>;
export type Line = Placement['inputs']['lines'][number];
export type Risk = Placement['inputs']['risk'];

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** Abramowitz and Stegun, 26.2.23. */
export function normal(upperTail: number): number {
  const t = Math.sqrt(-2 * Math.log(upperTail));
  const above = 2.515517 + 0.802853 * t + 0.010328 * t * t;
  return t - above / (1 + 1.432788 * t + 0.189269 * t * t + 0.001308 * t * t * t);
}

/** What a day exceeds with probability epsilon: a gamma distribution by Wilson and Hilferty's cube. */
export function dayAtRisk(
  meanMilli: number,
  varianceMilli: number,
  { sigma, peak }: Risk,
  epsilon: number,
): number {
  const mean = peak * (meanMilli / 1_000);
  if (mean <= 0) return 0;
  const own = peak * peak * (varianceMilli / 1_000);
  const variance = own + sigma * sigma * (mean * mean + own);
  const z = normal(epsilon);
  const cv = Math.min(Math.sqrt(variance) / mean, 1.5 * z);
  return Math.max(mean, mean * Math.max(0, 1 - (cv * cv) / 9 + (z * cv) / 3) ** 3);
}

/** Of all that a ramp gives on these good days. */
export function capOf(
  { goodDays, budgetPerDay }: { goodDays: number; budgetPerDay: number },
  { firstDayCap, growth }: { firstDayCap: number; growth: number },
): number {
  return Math.min(budgetPerDay, Math.round(firstDayCap * growth ** goodDays));
}

/** Why a line takes nobody new, by its state alone. */
export function closedBecause(line: Line, now: number): string | null {
  const { managed, adminState, health, reputation } = line;
  const signs: [boolean, string][] = [
    [!managed, 'unmanaged'],
    [adminState === 'retired', 'retired'],
    [adminState === 'warming', 'warming'],
    [adminState === 'maintenance', 'maintenance'],
    [line.providerStatus === 'FLAGGED', 'flagged'],
    [health === 'ejected', 'ejected'],
    [adminState === 'cordoned', 'cordoned'],
    [adminState === 'draining', 'draining'],
    [line.maintenanceClosesAt !== null && line.maintenanceClosesAt <= now, 'maintenance-due'],
    [health === 'suspect', 'suspect'],
    [health === 'recovering' && (line.bannedUntil ?? 0) > now, 'recovering'],
    [reputation === 'AT_RISK', 'reputation-at-risk'],
    [reputation === 'CRITICAL', 'reputation-critical'],
  ];
  return signs.find(([holds]) => holds)?.[1] ?? null;
}
