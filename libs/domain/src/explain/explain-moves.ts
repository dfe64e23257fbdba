import { planFailover } from '../failover/plan';
import type { ContactUse, FailoverInput, FailoverPlan, FailoverUser } from '../failover/types';
import type { FleetPolicy } from '../fleet-policy';
import type { DayRisk } from '../forecast/fleet-day';
import { rendezvousRank } from '../kernel/hash';
import type { EpochMs } from '../kernel/time';
import { planRebalance, type RebalancePlan, type RebalanceUser } from '../rebalance/plan';
import type { Explanation } from './explanation';
import { type LineFacts, lineFacts, rampAndRisk, type RampAndRisk, riskUsed } from './line-facts';

/**
 * By user, then by line: the higher rank wins between equally good targets, and what is left of it after whole
 * pairs of minutes is how many milliseconds later than it might a first contact leaves.
 */
type Ranks = readonly {
  readonly userId: string;
  readonly ranks: readonly { readonly lineId: string; readonly rank: number }[];
}[];

const ranksOf = (
  users: readonly { readonly userId: string; readonly knownLineIds: readonly string[] }[],
): Ranks =>
  users.map(({ userId, knownLineIds }) => ({
    userId,
    ranks: knownLineIds.map((lineId) => ({ lineId, rank: rendezvousRank(userId, lineId) })),
  }));

type ExplainedFailover = Explanation<
  {
    readonly now: EpochMs;
    readonly lineId: string;
    /** Of people of whom none is known. */
    readonly zone: string | null;
    readonly users: readonly FailoverUser[];
    readonly lines: readonly LineFacts[];
    readonly contacts: readonly (ContactUse & { readonly lineId: string })[];
    /** Of a line's mean, what came by moves of the last day; a line that is not named had none. */
    readonly movedIn: readonly { readonly lineId: string; readonly meanMilli: number }[];
    readonly risk: DayRisk;
  },
  FleetPolicy['newConversations'] & {
    readonly epsilon: number;
    readonly silentDays: number;
    readonly targetMaxShare: number;
    readonly quietHours: FleetPolicy['sends']['quietHours'];
    readonly dayStartHour: number;
    /** What a first contact has to fit under, and how a cap rises from one day to the next. */
    readonly introductionCeiling: number;
    readonly hourShare: number;
    readonly hourFloor: number;
    /** Also the least that a target is taken to have said before, as the divisor of its growth. */
    readonly spikeFloor: number;
    readonly firstDayCap: number;
    readonly growth: number;
  },
  { readonly users: Ranks },
  FailoverPlan
>;

/** Who goes where when a line is lost: see {@link planFailover}. Each move rests on the loads of those before it. */
export function explainFailover(input: FailoverInput, policy: FleetPolicy): ExplainedFailover {
  const { now, lineId, users, lines, contacts, outlook } = input;
  const { silentDays, targetMaxShare } = policy.failover;
  return {
    decision: 'failover',
    inputs: {
      now,
      lineId,
      zone: input.zone ?? null,
      users,
      lines: lines.map(lineFacts),
      contacts: [...contacts].map(([id, use]) => ({ ...use, lineId: id })),
      movedIn: [...(input.movedIn ?? [])].map(([id, meanMilli]) => ({ lineId: id, meanMilli })),
      risk: riskUsed(outlook, policy),
    },
    policy: {
      ...policy.newConversations,
      epsilon: policy.admission.epsilon,
      silentDays,
      targetMaxShare,
      quietHours: policy.sends.quietHours,
      dayStartHour: policy.budget.dayStartHour,
      introductionCeiling: policy.budget.ceilings.introduction,
      hourShare: policy.budget.hourShare,
      hourFloor: policy.budget.hourFloor,
      spikeFloor: policy.ramp.spikeFloor,
      firstDayCap: policy.ramp.firstDayCap,
      growth: policy.ramp.growth,
    },
    steps: { users: ranksOf(users) },
    verdict: planFailover(input, policy),
  };
}

type RebalanceInput = Parameters<typeof planRebalance>[0];

type ExplainedRebalance = Explanation<
  {
    readonly now: EpochMs;
    readonly lines: readonly LineFacts[];
    readonly users: readonly RebalanceUser[];
    readonly fleetUsers: number;
    readonly risk: DayRisk;
  },
  FleetPolicy['rebalance'] & RampAndRisk,
  { readonly users: Ranks },
  RebalancePlan
>;

/**
 * Who is proposed to move off a line beyond its cap: see {@link planRebalance}. Users of lines that get no remedy
 * take no part and are left out.
 */
export function explainRebalance(input: RebalanceInput, policy: FleetPolicy): ExplainedRebalance {
  const { now, lines, fleetUsers, outlook } = input;
  const verdict = planRebalance(input, policy);
  const hot = new Set(verdict.remedies.map(({ lineId }) => lineId));
  const users = input.users.filter(({ lineId }) => hot.has(lineId));
  return {
    decision: 'rebalance',
    inputs: {
      now,
      lines: lines.map(lineFacts),
      users,
      fleetUsers,
      risk: riskUsed(outlook, policy),
    },
    policy: { ...policy.rebalance, ...rampAndRisk(policy) },
    steps: { users: ranksOf(users) },
    verdict,
  };
}
