import type { CardState } from '../cards/choose-card';
import { chooseCard, fallbacksOn } from '../cards/choose-card';
import type { Card } from '../cards/pod';
import type { FleetPolicy } from '../fleet-policy';
import type { DayRisk } from '../forecast/fleet-day';
import { assumedPrior } from '../forecast/prior';
import { type Load, projectedUse } from '../forecast/quantile';
import { hash32, rendezvousRank } from '../kernel/hash';
import type { EpochMs } from '../kernel/time';
import { admits, loadWith } from '../placement/admission';
import { chooseFallbacks } from '../placement/fallbacks';
import { place } from '../placement/place';
import { SCORERS } from '../placement/scorers';
import type { FleetSnapshot, LineView, PlacementPlan, PlacementRequest } from '../placement/types';
import { isRamping } from '../ramp/cap';
import type { Explanation } from './explanation';
import { type LineFacts, lineFacts, rampAndRisk, type RampAndRisk, riskUsed } from './line-facts';

interface FleetFacts {
  readonly now: EpochMs;
  readonly lines: readonly LineFacts[];
}

type ExplainedAdmission = Explanation<
  { readonly line: LineFacts; readonly load: Load; readonly risk: DayRisk },
  RampAndRisk & { readonly maxMeanShare: number; readonly rampMeanShare: number },
  { readonly ramping: boolean; readonly meanLimit: number; readonly projectedUse: number },
  boolean
>;

/** Whether a line may carry a load: see {@link admits}. The projected use binds mature lines only. */
export function explainAdmission(
  line: LineView,
  load: Load,
  policy: FleetPolicy,
  outlook?: DayRisk,
): ExplainedAdmission {
  const { maxMeanShare, rampMeanShare } = policy.admission;
  const ramping = isRamping(line, policy);
  return {
    decision: 'admission',
    inputs: { line: lineFacts(line), load, risk: riskUsed(outlook, policy) },
    policy: { ...rampAndRisk(policy), maxMeanShare, rampMeanShare },
    steps: {
      ramping,
      meanLimit: (ramping ? rampMeanShare : maxMeanShare) * line.todayCap,
      projectedUse: projectedUse(load, policy, outlook),
    },
    verdict: admits(line, load, policy, outlook),
  };
}

type ExplainedPlacement = Explanation<
  FleetFacts & {
    readonly request: PlacementRequest;
    readonly nextDayAt: EpochMs;
    readonly risk: DayRisk;
    readonly newcomerPerDay: number;
  },
  RampAndRisk & {
    readonly maxMeanShare: number;
    readonly rampMeanShare: number;
    readonly rampShareOfNewUsers: number;
    readonly noveltyFactor: number;
    /** By scorer. */
    readonly weights: Readonly<Record<string, number>>;
  },
  {
    /** Of the user's id, 0 to 99: below the share of new users, ramping lines come first. */
    readonly percentile: number;
    readonly lines: readonly {
      readonly lineId: string;
      readonly ramping: boolean;
      readonly projectedUse: number;
      /** The higher rank wins between equal scores. */
      readonly rank: number;
    }[];
  },
  PlacementPlan
>;

/** Where a user goes, and in what order the lines are tried: see {@link place}. */
export function explainPlacement(
  request: PlacementRequest,
  snapshot: FleetSnapshot,
  policy: FleetPolicy,
): ExplainedPlacement {
  const { now, nextDayAt, lines, outlook, prior = assumedPrior(policy) } = snapshot;
  const { maxMeanShare, rampMeanShare, rampShareOfNewUsers } = policy.admission;
  return {
    decision: 'placement',
    inputs: {
      request,
      now,
      nextDayAt,
      lines: lines.map(lineFacts),
      risk: riskUsed(outlook, policy),
      newcomerPerDay: prior.mean,
    },
    policy: {
      ...rampAndRisk(policy),
      maxMeanShare,
      rampMeanShare,
      rampShareOfNewUsers,
      noveltyFactor: policy.forecast.noveltyFactor,
      weights: Object.fromEntries(SCORERS.map(({ name, weight }) => [name, weight])),
    },
    steps: {
      percentile: hash32(request.userId) % 100,
      lines: lines.map((line) => ({
        lineId: line.id,
        ramping: isRamping(line, policy),
        projectedUse: projectedUse(loadWith(line, request), policy, outlook),
        rank: rendezvousRank(request.userId, line.id),
      })),
    },
    verdict: place(request, snapshot, policy),
  };
}

type ExplainedFallbacks = Explanation<
  FleetFacts & { readonly primaryLineId: string; readonly userId: string },
  Omit<RampAndRisk, 'epsilon'> & { readonly numbersPerCard: number },
  { readonly lines: readonly { readonly lineId: string; readonly rank: number }[] },
  readonly string[]
>;

/** Which lines back a person up where no pod deals cards: see {@link chooseFallbacks}. */
export function explainFallbacks(
  primaryLineId: string,
  userId: string,
  snapshot: FleetSnapshot,
  policy: FleetPolicy,
): ExplainedFallbacks {
  const { now, lines } = snapshot;
  const { firstDayCap, growth } = policy.ramp;
  return {
    decision: 'fallbacks',
    inputs: { now, lines: lines.map(lineFacts), primaryLineId, userId },
    policy: { firstDayCap, growth, numbersPerCard: policy.cards.numbersPerCard },
    steps: {
      lines: lines.map(({ id }) => ({ lineId: id, rank: rendezvousRank(userId, id) })),
    },
    verdict: chooseFallbacks(primaryLineId, userId, snapshot, policy),
  };
}

type ExplainedCard = Explanation<
  {
    readonly primaryLineId: string;
    readonly userId: string;
    readonly cards: readonly {
      readonly cardId: string;
      readonly lineIds: readonly string[];
      readonly usableFallbackIds: readonly string[];
      readonly reserveHolds: boolean;
      readonly users: number;
    }[];
  },
  Readonly<Record<string, never>>,
  { readonly cards: readonly { readonly cardId: string; readonly rank: number }[] },
  string | null
>;

/** Which card of a pod a person gets: see {@link chooseCard}. No policy value takes part in the choice itself. */
export function explainCard(
  primaryLineId: string,
  userId: string,
  cards: readonly Card[],
  state: CardState,
): ExplainedCard {
  return {
    decision: 'card',
    inputs: {
      primaryLineId,
      userId,
      cards: cards.map((card) => {
        const usable = fallbacksOn(card, primaryLineId).filter((id) => state.usable(id));
        return {
          cardId: card.id,
          lineIds: card.lineIds,
          usableFallbackIds: usable,
          reserveHolds: state.reserveHolds(usable),
          users: state.users(card.id, primaryLineId),
        };
      }),
    },
    policy: {},
    steps: { cards: cards.map(({ id }) => ({ cardId: id, rank: rendezvousRank(userId, id) })) },
    verdict: chooseCard(primaryLineId, userId, cards, state)?.id ?? null,
  };
}
