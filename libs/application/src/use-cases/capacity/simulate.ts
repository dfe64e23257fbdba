import { Injectable } from '@nestjs/common';
import { type LineView, whyCannotSend } from '@linekeeper/domain';
import { PROVIDER_ACTOR } from '../../actor';
import {
  type SimulationPolicy,
  type SimulationProgress,
  type SimulationQuestion,
  type SimulationRecord,
  Simulations,
  type SimulationScenario,
  UnitOfWork,
} from '../../ports';
import { Refusal } from '../../refusal';
import { basisOf, Decisions, poolFor, type PoolScope, sees, viewsOf } from '../shared';

/** What is asked; what is left out is as it is in the live pool, or as the policy assumes. */
export interface WhatIf {
  readonly pool?: string | undefined;
  readonly scenario: SimulationScenario;
  readonly policies: readonly SimulationPolicy[];
  readonly days: number;
  readonly seed: number;
  readonly savedShare: number;
  readonly users?: number | undefined;
  readonly lines?: number | undefined;
  readonly growthPerDay?: number | undefined;
}

/** Messages, over all days and policies, that one simulation may have: about a minute's work. */
const MOST_MESSAGES = 10_000_000;
/** More users than fit beside each other in the memory of a thread. */
const MOST_USERS = 100_000;

/**
 * What-if questions on the live fleet: its lines and users as they are now, a made-up population with the mean and the
 * spread of its forecast, and a scenario of the arena. Reads only; the work is done in another thread.
 */
@Injectable()
export class Simulate {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly decisions: Decisions,
    private readonly simulations: Simulations,
  ) {}

  /** Refuses `pool.not_found`, `pool.ambiguous`, `request.invalid`, `simulation.too_large`, `simulation.running`. */
  async begin(whatIf: WhatIf, scope: PoolScope): Promise<SimulationRecord> {
    const decision = await this.decisions.begin(PROVIDER_ACTOR);
    const { policy, policyVersion, now } = decision;
    const { read } = this.unitOfWork;
    const pool = await poolFor(read, whatIf.pool, scope);
    const views = await viewsOf(read, pool, decision);
    const question = questionOf(whatIf, views, basisOf(pool, policy).prior, policy);
    refuseTooLarge(question);
    const record = {
      ...{ id: decision.newId(), poolId: pool.id, policyVersion },
      ...{ question, startedAt: now },
    };
    if (!this.simulations.begin(record)) {
      throw new Refusal('simulation.running', 'Ask again when the one that runs has ended');
    }
    return record;
  }

  /** Refuses `simulation.not_found`. */
  byId(id: string, scope: PoolScope): SimulationRecord & { readonly progress: SimulationProgress } {
    const found = this.simulations.byId(id);
    if (!found || !sees(scope, found.poolId)) {
      throw new Refusal('simulation.not_found', `There is no simulation ${id}`);
    }
    return found;
  }
}

function questionOf(
  whatIf: WhatIf,
  views: readonly LineView[],
  prior: { readonly mean: number; readonly spread: number },
  policy: SimulationQuestion['policy'],
): SimulationQuestion {
  const serving = views.filter((line) => whyCannotSend(line, 'reply') === null);
  const present = views.reduce((sum, line) => sum + line.users, 0);
  const mean = views.reduce((sum, line) => sum + line.meanMilli / 1_000, 0);
  const users = whatIf.users ?? present;
  // Lines beyond those that serve now are taken to be like the oldest: through their ramp.
  const whole = serving.reduce((most, { goodDays }) => Math.max(most, goodDays), MATURE_GOOD_DAYS);
  const count = whatIf.lines ?? serving.length;
  if (users < 1)
    throw new Refusal('request.invalid', 'users: nobody has a place yet; say how many');
  if (count < 1) throw new Refusal('request.invalid', 'lines: no line serves now; say how many');
  const messagesPerDay = present > 0 && mean > 0 ? mean / present : prior.mean;
  const cv = Math.sqrt(prior.spread) / prior.mean;
  // The simulated service knows of its newcomers what the live one knows.
  const forecast = { ...policy.forecast, priorMeanPerDay: messagesPerDay, priorCv: cv };
  return {
    ...{ scenario: whatIf.scenario, policies: whatIf.policies, days: whatIf.days },
    ...{ seed: whatIf.seed, savedShare: whatIf.savedShare, users, messagesPerDay, cv },
    policy: { ...policy, forecast },
    growthPerDay: whatIf.growthPerDay ?? policy.capacity.growthPerDay,
    lines: Array.from({ length: count }, (_, i) => serving[i]?.goodDays ?? whole),
  };
}

/** Enough for every preset of the ramp to be through: the most careful one takes 22. */
const MATURE_GOOD_DAYS = 100;

function refuseTooLarge({
  users,
  growthPerDay,
  days,
  messagesPerDay,
  policies,
}: SimulationQuestion) {
  const last = users * (1 + growthPerDay) ** days;
  const messages = last * days * messagesPerDay * policies.length;
  if (last <= MOST_USERS && messages <= MOST_MESSAGES) return;
  throw new Refusal(
    'simulation.too_large',
    'Ask for fewer days, users or policies, or for less growth',
    {
      users: Math.ceil(last),
      messages: Math.ceil(messages),
      mostUsers: MOST_USERS,
      mostMessages: MOST_MESSAGES,
    },
  );
}
