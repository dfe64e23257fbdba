import { PolicyStore, type PolicyVersionRecord } from '@linekeeper/application';
import { completePolicy, type EpochMs, type FleetPolicy } from '@linekeeper/domain';
import { ADVISORY_LOCKS } from '../../advisory-locks';
import type { Db } from '../database';
import { date, json, ms } from '../values';

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

  async lock(): Promise<void> {
    const lock = ADVISORY_LOCKS.policy;
    await this.db.$queryRaw`SELECT 1 FROM (SELECT pg_advisory_xact_lock(${lock})) AS locked`;
  }

  async list(page: { limit: number; before?: number }): Promise<PolicyVersionRecord[]> {
    const rows = await this.db.policyVersion.findMany({
      where: page.before === undefined ? {} : { version: { lt: page.before } },
      select: SHOWN,
      orderBy: { version: 'desc' },
      take: page.limit,
    });
    return rows.map(recordOf);
  }

  async record(version: number): Promise<PolicyVersionRecord | null> {
    const row = await this.db.policyVersion.findUnique({ where: { version }, select: SHOWN });
    return row && recordOf(row);
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

const SHOWN = { version: true, actor: true, reason: true, createdAt: true } as const;

function recordOf({
  createdAt,
  ...row
}: {
  version: number;
  actor: string;
  reason: string;
  createdAt: Date;
}): PolicyVersionRecord {
  return { ...row, at: ms(createdAt) };
}
