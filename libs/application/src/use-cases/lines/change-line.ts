import { Injectable } from '@nestjs/common';
import { goodDaysForCap, rampCap } from '@linekeeper/domain';
import type { Actor } from '../../actor';
import {
  type ApiVersion,
  type LineChange,
  type LineRecord,
  MessagingProvider,
  speaking,
  UnitOfWork,
} from '../../ports';
import { Refusal } from '../../refusal';
import { audit, announce, Decisions, fitPods, lineOr404, type PoolScope } from '../shared';

export interface LineEdit {
  readonly budgetPerDay?: number | undefined;
  readonly managed?: boolean | undefined;
  /** Which version of the provider's API it speaks from now on: that one must list it. */
  readonly apiVersion?: ApiVersion | undefined;
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
    private readonly provider: MessagingProvider,
  ) {}

  /** Refuses `line.not_at_provider` for a version that does not list the line. */
  async execute(
    lineId: string,
    edit: LineEdit,
    actor: Actor,
    scope: PoolScope,
  ): Promise<LineRecord> {
    if (edit.apiVersion !== undefined) await this.mustBeListed(lineId, edit.apiVersion, scope);
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
        ...(edit.apiVersion === undefined ? {} : speaking(line, edit.apiVersion, decision.now)),
      };
      const { budgetPerDay, managed, apiVersion } = line;
      await stores.lines.change(lineId, change, { at: decision.now, raiseEpoch: true });
      await fitPods(stores, { id: poolId }, decision);
      await audit(stores, decision, {
        action: 'line.edit',
        subjectType: 'line',
        subjectId: lineId,
        reason: edit.reason,
        change: { from: { budgetPerDay, managed, apiVersion }, to: change },
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

  private async mustBeListed(lineId: string, version: ApiVersion, scope: PoolScope): Promise<void> {
    const line = await lineOr404(this.unitOfWork.read, lineId, scope);
    if (line.apiVersion === version) return;
    const listed = await this.provider.listLines(version);
    if (listed.some(({ phoneNumber }) => phoneNumber === line.phoneNumber)) return;
    throw new Refusal(
      'line.not_at_provider',
      `The provider does not list this number for the account on ${version.toUpperCase()}`,
    );
  }
}
