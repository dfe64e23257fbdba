import { type CapacityPlan, type CapacitySnapshot, planCapacity } from '../capacity/plan';
import type { CardUsers } from '../capacity/uncovered';
import { newcomerLoad } from '../capacity/users-per-line';
import type { FleetPolicy } from '../fleet-policy';
import type { DayRisk } from '../forecast/fleet-day';
import type { UserPrior } from '../forecast/prior';
import type { Load } from '../forecast/quantile';
import type { EpochMs } from '../kernel/time';
import type { Explanation } from './explanation';
import { type LineFacts, lineFacts, rampAndRisk, type RampAndRisk } from './line-facts';

type ExplainedCapacity = Explanation<
  {
    readonly now: EpochMs;
    readonly lines: readonly LineFacts[];
    readonly risk: DayRisk;
    /** Closed days that the risk was learned from. */
    readonly days: number;
    readonly prior: UserPrior;
    readonly cards: readonly CardUsers[];
    readonly activeUsers: number;
  },
  RampAndRisk &
    FleetPolicy['capacity'] &
    FleetPolicy['newConversations'] &
    Pick<FleetPolicy['admission'], 'maxMeanShare' | 'rampMeanShare' | 'fallbackMaxShare'> &
    Pick<FleetPolicy['cards'], 'linesPerPod' | 'numbersPerCard'> &
    Pick<FleetPolicy['forecast'], 'learnFromUsers' | 'learnFromDays'> & {
      readonly messagesPerLinePerDay: number;
      readonly warmingDays: number;
    },
  { readonly newcomer: Load },
  CapacityPlan
>;

/** What a pool can hold, will need, costs and would survive: see {@link planCapacity}. */
export function explainCapacity(
  snapshot: CapacitySnapshot,
  policy: FleetPolicy,
): ExplainedCapacity {
  const { now, lines, outlook, prior, cards, activeUsers } = snapshot;
  const { maxMeanShare, rampMeanShare, fallbackMaxShare } = policy.admission;
  const { learnFromUsers, learnFromDays } = policy.forecast;
  return {
    decision: 'capacity',
    inputs: {
      now,
      lines: lines.map(lineFacts),
      risk: { sigma: outlook.sigma, peak: outlook.peak },
      days: outlook.days,
      ...{ prior, cards, activeUsers },
    },
    policy: {
      ...rampAndRisk(policy),
      ...policy.capacity,
      ...policy.newConversations,
      ...{ maxMeanShare, rampMeanShare, fallbackMaxShare },
      ...{ learnFromUsers, learnFromDays },
      linesPerPod: policy.cards.linesPerPod,
      numbersPerCard: policy.cards.numbersPerCard,
      messagesPerLinePerDay: policy.budget.messagesPerLinePerDay,
      warmingDays: policy.warming.days,
    },
    steps: { newcomer: newcomerLoad(policy, prior) },
    verdict: planCapacity(snapshot, policy),
  };
}
