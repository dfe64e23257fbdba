import { Injectable } from '@nestjs/common';
import {
  type CapacityPlan,
  DAY_MS,
  type EpochMs,
  type FleetPolicy,
  planCapacity,
} from '@linekeeper/domain';
import { PROVIDER_ACTOR } from '../../actor';
import { type PoolRecord, UnitOfWork } from '../../ports';
import { basisOf, type Decision, Decisions, type PoolScope, sees, viewsOf } from '../shared';

/** Assumptions that take the place of the policy's for one question. */
export interface CapacityQuestion {
  readonly growthPerDay?: number | undefined;
  readonly leadTimeDays?: number | undefined;
  readonly pricePerLinePerMonth?: number | undefined;
}

export interface CapacityReport {
  readonly now: EpochMs;
  readonly policyVersion: number;
  readonly assumptions: FleetPolicy['capacity'];
  readonly pools: readonly {
    readonly id: string;
    readonly slug: string;
    readonly plan: CapacityPlan;
  }[];
}

/** What each pool can hold, what it will need and what it would survive, on the fleet as it is now. Changes nothing. */
@Injectable()
export class PlanCapacity {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly decisions: Decisions,
  ) {}

  async execute(question: CapacityQuestion, scope: PoolScope): Promise<CapacityReport> {
    const decision = asked(await this.decisions.begin(PROVIDER_ACTOR), question);
    const pools = (await this.unitOfWork.read.pools.list()).filter(({ id }) => sees(scope, id));
    const planned: CapacityReport['pools'][number][] = [];
    for (const pool of pools) {
      planned.push({ id: pool.id, slug: pool.slug, plan: await this.planOf(pool, decision) });
    }
    const { now, policy, policyVersion } = decision;
    return { now, policyVersion, assumptions: policy.capacity, pools: planned };
  }

  private async planOf(pool: PoolRecord, decision: Decision): Promise<CapacityPlan> {
    const { read } = this.unitOfWork;
    const { now, policy } = decision;
    const lines = await viewsOf(read, pool, decision);
    const cards = await read.pods.cardCounts(pool.id, now - policy.failover.silentDays * DAY_MS);
    const activeUsers = cards.reduce((sum, card) => sum + card.activeUsers, 0);
    return planCapacity({ now, lines, cards, activeUsers, ...basisOf(pool, policy) }, policy);
  }
}

/** The decision with what the question assumes in the policy's place. */
function asked(decision: Decision, question: CapacityQuestion): Decision {
  const { capacity } = decision.policy;
  const assumed = {
    growthPerDay: question.growthPerDay ?? capacity.growthPerDay,
    leadTimeDays: question.leadTimeDays ?? capacity.leadTimeDays,
    pricePerLinePerMonth: question.pricePerLinePerMonth ?? capacity.pricePerLinePerMonth,
  };
  return { ...decision, policy: { ...decision.policy, capacity: assumed } };
}
