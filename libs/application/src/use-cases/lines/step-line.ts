import { Injectable } from '@nestjs/common';
import { allowedVerbs, type DisruptionBlock, step, type StepAnswer } from '@linekeeper/domain';
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
import { CheckLine } from './check-line';
import { guardActivation, guardDisruption } from './guard-step';
import { ReplaceNumber, type Successor } from './replace-number';
import { carryOutEffects } from './step-effects';
import type { StepReport, StepRequest } from './step-request';

/** Takes a line through its lifecycle: every verb with a reason, an audit row, and a dry run that changes nothing. */
@Injectable()
export class StepLine {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly decisions: Decisions,
    private readonly checkLine: CheckLine,
    private readonly replaceNumber: ReplaceNumber,
  ) {}

  /**
   * Refuses an illegal step as `line.illegal_step` with the allowed ones, `line.not_ready` with what is open, and
   * `line.disruption_budget` with the blocking rule.
   */
  async execute(request: StepRequest, actor: Actor, scope: PoolScope): Promise<StepReport> {
    const decision = await this.decisions.begin(actor);
    await lineOr404(this.unitOfWork.read, request.lineId, scope);
    refuseOddWindow(request, decision);
    if (request.verb === 'activate' && !request.dryRun) {
      await this.checkLine.mend(request.lineId, decision);
    }
    const successor = await this.replaceNumber.listed(request);
    return this.unitOfWork.run((stores) => stepLine(stores, request, decision, successor));
  }
}

/** One step inside a transaction; automation takes its steps through here too. */
export async function stepLine(
  stores: Stores,
  request: StepRequest,
  decision: Decision,
  successor: Successor | null = null,
): Promise<StepReport> {
  const { verb, reason, dryRun } = request;
  const line = await lineOr404(stores, request.lineId);
  await stores.pools.lock(line.poolId);
  const current = await lineOr404(stores, request.lineId);
  const answer = step(current, verb, decision.by.kind, decision.now, decision.policy, {
    ...(request.deadline === undefined ? {} : { deadline: request.deadline }),
    ...(request.waiveWarming === undefined ? {} : { waiveWarming: request.waiveWarming }),
    ...(request.window === undefined ? {} : { window: request.window }),
  });
  if (answer.kind === 'illegal') {
    throw new Refusal('line.illegal_step', answer.why, {
      from: answer.from,
      allowed: allowedVerbs(current),
    });
  }
  const { effects } = answer;
  const activation =
    verb === 'activate' ? await guardActivation(stores, current, request, decision) : null;
  const block = await guardDisruption(stores, current, request, decision);
  const moving = effects.some((effect) => effect === 'eject' || effect.startsWith('start-'));
  const report = {
    change: answer.next,
    effects,
    usersAffected: moving ? current.users : 0,
    readiness: activation?.readiness ?? null,
    overridden: block?.rule ?? null,
    dryRun,
  };
  if (dryRun) {
    const wouldBe = { ...current, ...answer.next };
    const successorId = successor?.known?.id ?? null;
    return { ...report, line: wouldBe, failoverId: null, successorId };
  }
  const successorId = successor && (await successor.take(stores, current, decision));
  const change = {
    ...changeOf(answer.next, reason),
    ...(successorId === null ? {} : { successorId }),
    ...(activation === null ? {} : { waivedChecks: activation.waivedChecks }),
  };
  await stores.lines.change(current.id, change, { at: decision.now, raiseEpoch: true });
  await fitPods(stores, { id: current.poolId }, decision);
  await audit(stores, decision, {
    action: `line.${verb}`,
    subjectType: 'line',
    subjectId: current.id,
    reason,
    change: changed(current, answer.next, { successorId, block, waive: request.waive }),
  });
  await announce(stores, decision, 'line.changed', { lineId: current.id, verb, reason });
  const failoverId = await carryOutEffects(stores, current.id, effects, request, decision);
  return { ...report, line: await lineOr404(stores, current.id), failoverId, successorId };
}

type Patch = Extract<StepAnswer, { kind: 'ok' }>['next'];

function changeOf(next: Patch, reason: string): LineChange {
  return {
    ...next,
    ...(next.adminState === undefined ? {} : { adminReason: reason }),
    ...(next.health === undefined ? {} : { healthReason: reason }),
  };
}

function changed(
  { adminState, health }: LineRecord,
  to: Patch,
  more: {
    readonly successorId: string | null;
    readonly block: DisruptionBlock | null;
    readonly waive: readonly string[] | undefined;
  },
): object {
  return {
    from: { adminState, health },
    to,
    ...(more.successorId === null ? {} : { successorId: more.successorId }),
    ...(more.block === null ? {} : { overridden: more.block.rule }),
    ...(more.waive === undefined || more.waive.length === 0 ? {} : { waived: more.waive }),
  };
}

/** A window that is over before it begins is a slip. */
function refuseOddWindow({ window }: StepRequest, { now }: Decision): void {
  if (window?.until === undefined) return;
  if (window.until > Math.max(now, window.from ?? now)) return;
  throw new Refusal(
    'request.invalid',
    'until: the window must end after it begins, and not before now',
  );
}
