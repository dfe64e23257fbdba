import { type JobRunRecord, JobStore } from '@linekeeper/application';
import type { EpochMs } from '@linekeeper/domain';
import type { Db } from '../database';
import { date, json, ms } from '../values';

export class PrismaJobStore extends JobStore {
  constructor(private readonly db: Db) {
    super();
  }

  async runs(): Promise<JobRunRecord[]> {
    const rows = await this.db.jobRun.findMany();
    return rows.map((row) => ({ ...row, lastRunAt: ms(row.lastRunAt) }));
  }

  async record(run: JobRunRecord): Promise<void> {
    const data = {
      lastRunAt: date(run.lastRunAt),
      lastResult: json(run.lastResult ?? {}),
      lastError: run.lastError,
    };
    await this.db.jobRun.upsert({
      where: { name: run.name },
      create: { name: run.name, ...data },
      update: data,
    });
  }

  async insertProposal(proposal: {
    id: string;
    kind: string;
    body: unknown;
    policyVersion: number;
    at: EpochMs;
  }): Promise<void> {
    await this.db.proposal.create({
      data: { ...proposal, body: json(proposal.body), at: date(proposal.at) },
    });
  }

  async latestProposal(kind: string): Promise<{ id: string; body: unknown; at: EpochMs } | null> {
    const row = await this.db.proposal.findFirst({ where: { kind }, orderBy: { at: 'desc' } });
    return row && { id: row.id, body: row.body, at: ms(row.at) };
  }
}
