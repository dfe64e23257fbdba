import { PolicyStore } from '@linekeeper/application';
import { completePolicy, type EpochMs, type FleetPolicy } from '@linekeeper/domain';
import type { Db } from '../database';
import { date, json } from '../values';

export class PrismaPolicyStore extends PolicyStore {
  constructor(private readonly db: Db) {
    super();
  }

  async newest(): Promise<{ version: number; document: FleetPolicy } | null> {
    const row = await this.db.policyVersion.findFirst({ orderBy: { version: 'desc' } });
    return row && { version: row.version, document: completePolicy(row.document as object) };
  }

  async byVersion(version: number): Promise<FleetPolicy | null> {
    const row = await this.db.policyVersion.findUnique({ where: { version } });
    return row && completePolicy(row.document as object);
  }

  async insert(version: {
    version: number;
    document: FleetPolicy;
    actor: string;
    reason: string;
    at: EpochMs;
  }): Promise<void> {
    const { at, document, ...row } = version;
    await this.db.policyVersion.create({
      data: { ...row, document: json(document), createdAt: date(at) },
    });
  }
}
