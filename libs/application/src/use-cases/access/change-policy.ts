import { Injectable } from '@nestjs/common';
import { type Actor, actorText } from '../../actor';
import { type ActivePolicy, Clock, Ids, Policies, UnitOfWork } from '../../ports';
import { Refusal } from '../../refusal';
import { checkedPolicy, type PolicyWish, wishedPolicy } from './checked-policy';
import { keepCaps } from './keep-caps';

export interface PolicyChange {
  /** The whole document, or a preset over the one in force. */
  readonly wish: PolicyWish;
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
    // What is wrong in itself is refused before anybody waits for anybody.
    if ('policy' in change.wish) checkedPolicy(change.wish.policy);
    const at = this.clock.now();
    const { policy: inForce } = await this.policies.active();
    const next = await this.unitOfWork.run(async (stores) => {
      await stores.policies.lock();
      const current = await stores.policies.newest();
      const policy = wishedPolicy(change.wish, current?.document ?? inForce);
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
