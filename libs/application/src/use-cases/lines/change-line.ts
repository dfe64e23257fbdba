import { Injectable } from '@nestjs/common';
import { goodDaysForCap, rampCap } from '@linekeeper/domain';
import type { Actor } from '../../actor';
import { type LineChange, type LineRecord, UnitOfWork } from '../../ports';
import { Refusal } from '../../refusal';
import { audit, announce, Decisions, fitPods, lineOr404, type PoolScope } from '../shared';

export interface LineEdit {
  readonly budgetPerDay?: number | undefined;
  readonly managed?: boolean | undefined;
  readonly reason: string;
  /** The epoch the edit was made from; another one refuses it as `precondition.stale`. */
  readonly basedOn: number | null;
}

/** Changes what an operator may set of a line beside its lifecycle. */
@Injectable()
export class ChangeLine {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly decisions: Decisions,
  ) {}

  async execute(
    lineId: string,
    edit: LineEdit,
    actor: Actor,
    scope: PoolScope,
  ): Promise<LineRecord> {
    const decision = await this.decisions.begin(actor);
    return this.unitOfWork.run(async (stores) => {
      const { poolId } = await lineOr404(stores, lineId, scope);
      await stores.pools.lock(poolId);
      const line = await lineOr404(stores, lineId);
      if (edit.basedOn !== null && edit.basedOn !== line.epoch) {
        throw new Refusal('precondition.stale', `The line is at version ${line.epoch}`, {
          current: line.epoch,
          given: edit.basedOn,
        });
      }
      if (edit.managed === false && line.users > 0) {
        throw new Refusal(
          'line.illegal_step',
          `${line.users} users are on the line: drain it first`,
        );
      }
      const change: LineChange = {
        ...(edit.managed === undefined ? {} : { managed: edit.managed }),
        ...(edit.budgetPerDay === undefined ? {} : budgetChange(line, edit.budgetPerDay)),
      };
      await stores.lines.change(lineId, change, { at: decision.now, raiseEpoch: true });
      await fitPods(stores, { id: poolId }, decision);
      await audit(stores, decision, {
        action: 'line.edit',
        subjectType: 'line',
        subjectId: lineId,
        reason: edit.reason,
        change: { from: { budgetPerDay: line.budgetPerDay, managed: line.managed }, to: change },
      });
      await announce(stores, decision, 'line.changed', {
        lineId,
        verb: 'edit',
        reason: edit.reason,
      });
      return lineOr404(stores, lineId);
    });

    /** A larger budget is grown into by the ramp: today's cap does not jump with it. */
    function budgetChange(line: LineRecord, budgetPerDay: number): LineChange {
      const cap = rampCap(line, decision.policy);
      return { budgetPerDay, goodDays: goodDaysForCap(cap, budgetPerDay, decision.policy) };
    }
  }
}
