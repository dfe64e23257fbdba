import { Injectable } from '@nestjs/common';
import type { EpochMs, FleetPolicy } from '@linekeeper/domain';
import { type Actor, actorText } from '../../actor';
import { type ChangeContext, Clock, Ids, Policies } from '../../ports';

/** One decision: at one instant, by one actor, under one policy version. Every change it makes carries all three. */
export interface Decision {
  readonly now: EpochMs;
  readonly by: Actor;
  readonly actor: string;
  readonly policy: FleetPolicy;
  readonly policyVersion: number;
  readonly newId: () => string;
}

/** Begins decisions. */
@Injectable()
export class Decisions {
  constructor(
    private readonly clock: Clock,
    private readonly policies: Policies,
    private readonly ids: Ids,
  ) {}

  async begin(by: Actor): Promise<Decision> {
    const { version, policy } = await this.policies.active();
    return {
      now: this.clock.now(),
      by,
      actor: actorText(by),
      policy,
      policyVersion: version,
      newId: () => this.ids.uuid(),
    };
  }
}

/** The same decision in the name of another: several are decided at one instant. */
export function actingAs(by: Actor, decision: Decision): Decision {
  return { ...decision, by, actor: actorText(by) };
}

/** What the history keeps of a change. */
export function changeContext(
  decision: Decision,
  reason: string,
  failoverId?: string,
): ChangeContext {
  return {
    actor: decision.actor,
    reason,
    policyVersion: decision.policyVersion,
    at: decision.now,
    ...(failoverId === undefined ? {} : { failoverId }),
  };
}
