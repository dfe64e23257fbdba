import { Injectable } from '@nestjs/common';
import { goodDaysForCap, rampCap, type ReadinessCheck } from '@linekeeper/domain';
import type { Actor } from '../../actor';
import {
  type ApiVersion,
  HandleParser,
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
  /** Where calls shall be forwarded to, E.164; null: nowhere. */
  readonly wantedForwarding?: string | null | undefined;
  /** The operator's word on whether the provider types by itself on it; null takes it back. */
  readonly autoTyping?: 'on' | 'off' | null | undefined;
  /** All checks of readiness that are waived from now on. */
  readonly waivedChecks?: readonly ReadinessCheck[] | undefined;
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
    private readonly handles: HandleParser,
  ) {}

  /** Refuses `line.not_at_provider` for a version that does not list the line. */
  async execute(
    lineId: string,
    edit: LineEdit,
    actor: Actor,
    scope: PoolScope,
  ): Promise<LineRecord> {
    if (edit.apiVersion !== undefined) await this.mustBeListed(lineId, edit.apiVersion, scope);
    const wantedForwarding = this.forwarding(edit.wantedForwarding);
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
        ...(wantedForwarding === undefined ? {} : { wantedForwarding }),
        ...(edit.autoTyping === undefined ? {} : { autoTyping: edit.autoTyping }),
        ...(edit.waivedChecks === undefined ? {} : { waivedChecks: edit.waivedChecks }),
      };
      const { budgetPerDay, managed, apiVersion, autoTyping, waivedChecks } = line;
      await stores.lines.change(lineId, change, { at: decision.now, raiseEpoch: true });
      await fitPods(stores, { id: poolId }, decision);
      await audit(stores, decision, {
        action: 'line.edit',
        subjectType: 'line',
        subjectId: lineId,
        reason: edit.reason,
        change: {
          from: { budgetPerDay, managed, apiVersion, autoTyping, waivedChecks },
          to: change,
        },
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

  private forwarding(text: string | null | undefined): string | null | undefined {
    if (text === undefined || text === null) return text;
    const parsed = this.handles.parse(text);
    if (parsed?.kind === 'phone') return parsed.value;
    throw new Refusal('handle.invalid', 'wantedForwarding: not a phone number like +14155550123');
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
