import { Injectable } from '@nestjs/common';
import {
  allowedVerbs,
  type EpochMs,
  type LifecycleVerb,
  type LineEffect,
  type LinePatch,
  step,
} from '@linekeeper/domain';
import type { Actor } from '../../actor';
import { type LineChange, type LineRecord, type Stores, UnitOfWork } from '../../ports';
import { Refusal } from '../../refusal';
import {
  announce,
  audit,
  type Decision,
  Decisions,
  fitPods,
  lineOr404,
  type PoolScope,
} from '../shared';
import { LineCards } from './line-cards';
import { afterEjection } from './line-status';
import { startFailover } from './start-failover';

export interface StepRequest {
  readonly lineId: string;
  readonly verb: LifecycleVerb;
  readonly reason: string;
  readonly dryRun: boolean;
  readonly deadline?: EpochMs | undefined;
  readonly waiveWarming?: boolean | undefined;
}

export interface StepReport {
  readonly line: LineRecord;
  readonly change: LinePatch;
  readonly effects: readonly LineEffect[];
  /** Users who would be, or are being, moved. */
  readonly usersAffected: number;
  readonly failoverId: string | null;
  readonly dryRun: boolean;
}

/** Takes a line through its lifecycle: every verb with a reason, an audit row, and a dry run that changes nothing. */
@Injectable()
export class StepLine {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly decisions: Decisions,
    private readonly lineCards: LineCards,
  ) {}

  /** Refuses an illegal step as `line.illegal_step` with the allowed ones. */
  async execute(request: StepRequest, actor: Actor, scope: PoolScope): Promise<StepReport> {
    const decision = await this.decisions.begin(actor);
    await lineOr404(this.unitOfWork.read, request.lineId, scope);
    // A line that goes into service shows a name and not a bare number.
    if (request.verb === 'activate' && !request.dryRun) {
      await this.lineCards.ensure(request.lineId, decision);
    }
    return this.unitOfWork.run((stores) => stepLine(stores, request, decision));
  }
}

/** One step inside a transaction; automation takes its steps through here too. */
export async function stepLine(
  stores: Stores,
  request: StepRequest,
  decision: Decision,
): Promise<StepReport> {
  const { verb, reason, dryRun } = request;
  const line = await lineOr404(stores, request.lineId);
  await stores.pools.lock(line.poolId);
  const current = await lineOr404(stores, request.lineId);
  const answer = step(current, verb, decision.by.kind, decision.now, decision.policy, {
    ...(request.deadline === undefined ? {} : { deadline: request.deadline }),
    ...(request.waiveWarming === undefined ? {} : { waiveWarming: request.waiveWarming }),
  });
  if (answer.kind === 'illegal') {
    throw new Refusal('line.illegal_step', answer.why, {
      from: answer.from,
      allowed: allowedVerbs(current),
    });
  }
  const moving = answer.effects.includes('eject') || answer.effects.includes('start-drain');
  const report = {
    change: answer.next,
    effects: answer.effects,
    usersAffected: moving ? current.users : 0,
    dryRun,
  };
  if (dryRun) return { ...report, line: { ...current, ...answer.next }, failoverId: null };
  const change: LineChange = {
    ...answer.next,
    ...(answer.next.adminState === undefined ? {} : { adminReason: reason }),
    ...(answer.next.health === undefined ? {} : { healthReason: reason }),
  };
  await stores.lines.change(current.id, change, { at: decision.now, raiseEpoch: true });
  await fitPods(stores, { id: current.poolId }, decision);
  await audit(stores, decision, {
    action: `line.${verb}`,
    subjectType: 'line',
    subjectId: current.id,
    reason,
    change: { from: { adminState: current.adminState, health: current.health }, to: answer.next },
  });
  await announce(stores, decision, 'line.changed', { lineId: current.id, verb, reason });
  const failoverId = await carryOut(stores, current.id, answer.effects, request, decision);
  return { ...report, line: await lineOr404(stores, current.id), failoverId };
}

async function carryOut(
  stores: Stores,
  lineId: string,
  effects: readonly LineEffect[],
  request: StepRequest,
  decision: Decision,
): Promise<string | null> {
  if (effects.includes('eject')) {
    const cause = decision.by.kind === 'automation' ? 'inferred' : 'operator';
    return afterEjection(stores, lineId, cause, request.reason, decision);
  }
  if (effects.includes('start-drain')) {
    const deadline = request.deadline ?? null;
    return startFailover(
      stores,
      lineId,
      { cause: 'drain', reason: request.reason, deadline },
      decision,
    );
  }
  if (effects.includes('stop-drain')) {
    const states = ['planned', 'running', 'paused'] as const;
    for (const each of await stores.failovers.list({ limit: 10, states, lineId })) {
      if (each.cause !== 'drain') continue;
      await stores.failovers.change(
        each.id,
        { state: 'cancelled', finishedAt: decision.now },
        decision.now,
      );
    }
  }
  return null;
}
