import type { DayRisk } from '../forecast/fleet-day';
import type { FleetPolicy } from '../fleet-policy';
import type { LineView } from '../placement/types';

/** What decisions look at in a line: everything but whose it is and its history. */
export type LineFacts = Pick<LineView, (typeof FACTS)[number]>;

const FACTS = [
  'id',
  'managed',
  'adminState',
  'health',
  'providerStatus',
  'reputation',
  'bannedUntil',
  'warmingUntil',
  'maintenanceClosesAt',
  'maintenanceUntil',
  'activatedAt',
  'budgetPerDay',
  'goodDays',
  'todayCap',
  'usedLast24h',
  'users',
  'newUsersToday',
  'fallbackUsers',
  'meanMilli',
  'varianceMilli',
] as const;

export function lineFacts(line: LineView): LineFacts {
  return Object.fromEntries(FACTS.map((fact) => [fact, line[fact]])) as unknown as LineFacts;
}

/** The policy values of the ramp's cap, and those of the quantile of a line's day. */
export function rampAndRisk({ ramp, admission }: FleetPolicy): RampAndRisk {
  const { firstDayCap, growth } = ramp;
  const { epsilon } = admission;
  return { firstDayCap, growth, epsilon };
}

export interface RampAndRisk {
  readonly firstDayCap: number;
  readonly growth: number;
  readonly epsilon: number;
}

/** What the fleet's days were taken to be like: as learned, or as the policy assumes. */
export function riskUsed(outlook: DayRisk | undefined, { admission }: FleetPolicy): DayRisk {
  return { sigma: outlook?.sigma ?? admission.sigmaFleetDay, peak: outlook?.peak ?? 1 };
}
