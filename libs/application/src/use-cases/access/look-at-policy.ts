import { Injectable } from '@nestjs/common';
import {
  effectiveCaps,
  type EffectiveCaps,
  type FleetPolicy,
  policyChanges,
  type PolicyChangeEntry,
  rampTable,
} from '@linekeeper/domain';
import type { Actor } from '../../actor';
import { type PolicyVersionRecord, UnitOfWork } from '../../ports';
import { Refusal } from '../../refusal';
import { Decisions, runningDay } from '../shared';
import { type PolicyWish, wishedPolicy } from './checked-policy';

export interface PolicyPreview {
  /** The version in force, which it was compared with. */
  readonly basedOn: number;
  readonly policy: FleetPolicy;
  readonly changes: readonly PolicyChangeEntry[];
  readonly ramp: Readonly<Record<'before' | 'after', ReturnType<typeof rampTable>>>;
  readonly lines: readonly {
    readonly lineId: string;
    readonly phoneNumber: string;
    readonly budgetPerDay: number;
    readonly before: EffectiveCaps;
    readonly after: EffectiveCaps;
  }[];
}

/** What the policy was, who changed it and why, and what a change would do to the lines. Changes nothing. */
@Injectable()
export class LookAtPolicy {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly decisions: Decisions,
  ) {}

  /** Refuses what a change would refuse. The caps are those of this moment; retired lines are left out. */
  async preview(wish: PolicyWish, actor: Actor): Promise<PolicyPreview> {
    const decision = await this.decisions.begin(actor);
    const { policy: before, policyVersion: basedOn, now } = decision;
    const policy = wishedPolicy(wish, before);
    const { read } = this.unitOfWork;
    const lines: PolicyPreview['lines'][number][] = [];
    for (const pool of await read.pools.list()) {
      const at = { now, day: runningDay(pool, decision), policy: before };
      for (const line of await read.lines.views(pool.id, at)) {
        if (!line.managed || line.adminState === 'retired') continue;
        const { id: lineId, phoneNumber, budgetPerDay } = line;
        lines.push({
          ...{ lineId, phoneNumber, budgetPerDay },
          before: effectiveCaps(line, before, before),
          after: effectiveCaps(line, before, policy),
        });
      }
    }
    return {
      ...{ basedOn, policy, lines },
      changes: policyChanges(before, policy),
      ramp: { before: rampTable(before), after: rampTable(policy) },
    };
  }

  versions(page: { limit: number; before?: number }): Promise<PolicyVersionRecord[]> {
    return this.unitOfWork.read.policies.list(page);
  }

  async version(version: number): Promise<PolicyVersionRecord & { policy: FleetPolicy }> {
    const { policies } = this.unitOfWork.read;
    const [record, policy] = [await policies.record(version), await policies.byVersion(version)];
    if (!record || !policy) {
      throw new Refusal('policy.not_found', `There is no version ${version} of the policy`);
    }
    return { ...record, policy };
  }

  async diff(from: number, to: number): Promise<PolicyChangeEntry[]> {
    return policyChanges((await this.version(from)).policy, (await this.version(to)).policy);
  }
}
