import { type FleetPolicy, goodDaysForCap, type LineView } from '@linekeeper/domain';
import { instantOf } from '../kernel/calendar';

/** A line as the domain sees it, kept up to date in place: a run makes no snapshot per message. */
export type LineState = { -readonly [K in keyof LineView]: LineView[K] } & {
  /** The cap that admission fills the line up to; `todayCap` is the one that the send gate keeps. */
  admissionCap: number;
};

/** How a line comes into the fleet. */
export interface LinePlan {
  /** New lines ramp from the first day's cap; the others come from a fleet in use and carry the whole budget. */
  readonly isNew: boolean;
  /** Budget day (label) on which it arrives; 0 is the first. */
  readonly arrivesOnDay: number;
  /** Good days of its ramp when it comes; default: none for a new line, the whole budget for another. */
  readonly goodDays?: number;
}

/** The lines of a fleet that was there all along. */
export function matureLines(count: number): LinePlan[] {
  return Array.from({ length: count }, () => ({ isNew: false, arrivesOnDay: 0 }));
}

const DAYS_IN_SERVICE = 60;

export function lineStateOf(
  index: number,
  plan: LinePlan,
  budget: number,
  policy: FleetPolicy,
): LineState {
  const late = plan.arrivesOnDay > 0;
  const goodDays = plan.goodDays ?? (plan.isNew ? 0 : goodDaysForCap(budget, budget, policy));
  return {
    id: `line-${String(index).padStart(4, '0')}`,
    poolId: 'pool',
    phoneNumber: `+1555${String(index).padStart(7, '0')}`,
    managed: true,
    adminState: late ? 'warming' : 'enabled',
    adminStateBy: 'automation',
    health: 'healthy',
    healthBy: 'automation',
    providerStatus: 'ACTIVE',
    reputation: 'HEALTHY',
    budgetPerDay: budget,
    goodDays,
    warmingUntil: null,
    activatedAt: late ? null : instantOf(plan.isNew ? 0 : -DAYS_IN_SERVICE * 86_400),
    ejectedAt: null,
    ejections: 0,
    bannedUntil: null,
    rampHoldUntil: null,
    drainDeadline: null,
    maintenanceMode: null,
    maintenanceFrom: null,
    maintenanceClosesAt: null,
    maintenanceUntil: null,
    maintenanceResume: null,
    maintenanceEndedAt: null,
    users: 0,
    meanMilli: 0,
    varianceMilli: 0,
    fallbackUsers: 0,
    epoch: 0,
    usedLast24h: 0,
    todayCap: 0,
    admissionCap: 0,
    newUsersToday: 0,
  };
}
