import { Injectable } from '@nestjs/common';
import type { FleetPolicy } from '@linekeeper/domain';
import { type Actor, actorText } from '../../actor';
import { crossedThresholds, fleetPolicySchema } from '../../fleet-policy.schema';
import { type ActivePolicy, Clock, Ids, Policies, UnitOfWork } from '../../ports';
import { Refusal } from '../../refusal';
import { keepCaps } from './keep-caps';

export interface PolicyChange {
  /** The whole document. */
  readonly policy: unknown;
  /** The version it was made from; another one in force refuses it. Null: whatever is in force. */
  readonly basedOn: number | null;
  readonly reason: string;
  readonly dryRun: boolean;
}

/** Reads and changes the fleet policy. Every change is a new version; old ones stay. A faster or slower ramp raises no cap. */
@Injectable()
export class ChangePolicy {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly policies: Policies,
    private readonly clock: Clock,
    private readonly ids: Ids,
  ) {}

  active(): Promise<ActivePolicy> {
    return this.policies.active();
  }

  /** Refuses unknown keys and values out of range (`policy.invalid`) and contradictions (`policy.crossed`), naming them. */
  async execute(change: PolicyChange, actor: Actor): Promise<ActivePolicy> {
    const policy = checked(change.policy);
    const at = this.clock.now();
    const next = await this.unitOfWork.run(async (stores) => {
      const current = await stores.policies.newest();
      const version = current?.version ?? 0;
      if (change.basedOn !== null && change.basedOn !== version) {
        throw new Refusal('precondition.stale', `Version ${version} is in force`, {
          current: version,
          given: change.basedOn,
        });
      }
      if (change.dryRun) return { version: version + 1, policy };
      await stores.policies.insert({
        version: version + 1,
        document: policy,
        actor: actorText(actor),
        reason: change.reason,
        at,
      });
      const linesToldAnew = current ? await keepCaps(stores, current.document, policy, at) : 0;
      await stores.audit.append({
        id: this.ids.uuid(),
        at,
        actor: actorText(actor),
        action: 'policy.change',
        subjectType: 'policy',
        subjectId: String(version + 1),
        reason: change.reason,
        change: { from: current?.document ?? null, to: policy, linesToldAnew },
        policyVersion: version + 1,
      });
      return { version: version + 1, policy };
    });
    if (!change.dryRun) this.policies.refresh();
    return next;
  }
}

function checked(document: unknown): FleetPolicy {
  const parsed = fleetPolicySchema.safeParse(document);
  if (!parsed.success) {
    const errors = parsed.error.issues.map((issue) => ({
      path: issue.path.join('.'),
      message: issue.message,
    }));
    const first = errors[0];
    throw new Refusal(
      'policy.invalid',
      first ? `${first.path || 'policy'}: ${first.message}` : '',
      {
        errors,
      },
    );
  }
  const crossed = crossedThresholds(parsed.data);
  const first = crossed[0];
  if (first) throw new Refusal('policy.crossed', first.rule, { crossed });
  return parsed.data;
}
