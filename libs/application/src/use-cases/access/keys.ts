import { Injectable } from '@nestjs/common';
import type { EpochMs } from '@linekeeper/domain';
import { type Actor, actorText } from '../../actor';
import {
  type ApiKeyRecord,
  Clock,
  Digest,
  Ids,
  Policies,
  Random,
  type Role,
  UnitOfWork,
} from '../../ports';
import { Refusal } from '../../refusal';
import { Authenticate } from './authenticate';
import { fingerprintOf, hashOf, newKey } from './key-format';

export interface NewKey {
  readonly name: string;
  readonly role: Role;
  readonly poolIds: readonly string[];
  readonly expiresAt: EpochMs | null;
  readonly reason: string;
}

/** Makes, lists and revokes API keys. A key in clear leaves here once, from {@link create}. */
@Injectable()
export class ManageKeys {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly clock: Clock,
    private readonly ids: Ids,
    private readonly random: Random,
    private readonly digest: Digest,
    private readonly policies: Policies,
    private readonly authenticate: Authenticate,
  ) {}

  /** Refuses an expiry that has passed as `request.invalid` and an unknown pool as `pool.not_found`. */
  async create(input: NewKey, actor: Actor): Promise<{ key: string; record: ApiKeyRecord }> {
    const key = newKey(this.random);
    const record = this.recordOf(key, input);
    if (record.expiresAt !== null && record.expiresAt <= record.createdAt) {
      throw new Refusal('request.invalid', 'expiresAt: that instant has passed already');
    }
    const { version } = await this.policies.active();
    await this.unitOfWork.run(async (stores) => {
      for (const poolId of input.poolIds) {
        if (!(await stores.pools.byId(poolId))) {
          throw new Refusal('pool.not_found', `There is no pool ${poolId}`);
        }
      }
      await stores.keys.insert(record);
      await stores.audit.append({
        id: this.ids.uuid(),
        at: record.createdAt,
        actor: actorText(actor),
        action: 'key.create',
        subjectType: 'key',
        subjectId: record.id,
        reason: input.reason,
        change: {
          name: record.name,
          role: record.role,
          poolIds: record.poolIds,
          expiresAt: record.expiresAt === null ? null : new Date(record.expiresAt).toISOString(),
        },
        policyVersion: version,
      });
    });
    return { key, record };
  }

  /** Makes sure that a key given from outside (or one from an earlier start) works. Idempotent. */
  async ensure(key: string, name: string, role: Role): Promise<void> {
    const record = this.recordOf(key, { name, role, poolIds: [], expiresAt: null });
    if (await this.unitOfWork.read.keys.byPrefix(record.prefix)) return;
    await this.unitOfWork.read.keys.insert(record);
  }

  list(): Promise<ApiKeyRecord[]> {
    return this.unitOfWork.read.keys.list();
  }

  async revoke(id: string, reason: string, actor: Actor): Promise<void> {
    const at = this.clock.now();
    const { version } = await this.policies.active();
    await this.unitOfWork.run(async (stores) => {
      if (!(await stores.keys.revoke(id, at))) {
        throw new Refusal('key.not_found', `There is no active key ${id}`);
      }
      await stores.audit.append({
        id: this.ids.uuid(),
        at,
        actor: actorText(actor),
        action: 'key.revoke',
        subjectType: 'key',
        subjectId: id,
        reason,
        change: {},
        policyVersion: version,
      });
    });
    this.authenticate.forget();
  }

  private recordOf(key: string, input: Omit<NewKey, 'reason'>): ApiKeyRecord {
    const hash = hashOf(this.digest, key);
    return {
      id: this.ids.uuid(),
      name: input.name,
      prefix: fingerprintOf(hash),
      hash,
      role: input.role,
      poolIds: input.poolIds,
      createdAt: this.clock.now(),
      expiresAt: input.expiresAt,
      revokedAt: null,
    };
  }
}
