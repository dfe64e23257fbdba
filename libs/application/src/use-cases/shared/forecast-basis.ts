import {
  assumedOutlook,
  assumedPrior,
  type FleetOutlook,
  type FleetPolicy,
  newcomerRisk,
  type UserPrior,
} from '@linekeeper/domain';
import type { PoolRecord } from '../../ports';

/** What the forecasts of a pool rest on. */
export interface ForecastBasis {
  readonly outlook: FleetOutlook;
  readonly prior: UserPrior;
}

/** What a pool has learned from its closed days; where it has not learned enough, the policy in force is assumed. */
export function basisOf(pool: Pick<PoolRecord, 'learned'>, policy: FleetPolicy): ForecastBasis {
  const { learned } = pool;
  return {
    outlook: learned && learned.outlook.days > 0 ? learned.outlook : assumedOutlook(policy),
    prior: learned && !learned.prior.assumed ? learned.prior : assumedPrior(policy),
  };
}

/** Whether a forecast rests on an assumption yet, be it of the days or of the users. */
export function isAssumed({ outlook, prior }: ForecastBasis): boolean {
  return prior.assumed || outlook.days === 0;
}

/** The outlook to those who admit newcomers: with the doubt that an assumed prior leaves about all of them at once. */
export function newcomerOutlook({ outlook, prior }: ForecastBasis): FleetOutlook {
  return { ...outlook, ...newcomerRisk(outlook, prior) };
}
