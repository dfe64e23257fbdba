import { type JobRunRecord, JobStore, type ProposalRecord } from '@linekeeper/application';
import type { EpochMs } from '@linekeeper/domain';
import type { Db } from '../database';
import { date, json, ms, msOrNull } from '../values';

export class PrismaJobStore extends JobStore {
  constructor(private readonly db: Db) {
    super();
  }

  async runs(): Promise<JobRunRecord[]> {
    const rows = await this.db.jobRun.findMany();
    return rows.map((row) => ({ ...row, lastRunAt: ms(row.lastRunAt) }));
  }

  async finish(run: JobRunRecord, token: bigint, now: EpochMs): Promise<boolean> {
    const result = JSON.stringify(run.lastResult ?? {});
    const written = await this.db.$executeRaw`
      WITH released AS (
        UPDATE leases SET expires_at = ${date(now)}
        WHERE name = ${run.name} AND token = ${token} RETURNING name)
      INSERT INTO job_runs (name, last_run_at, last_result, last_error)
      SELECT name, ${date(run.lastRunAt)}, ${result}::jsonb, ${run.lastError} FROM released
      ON CONFLICT (name) DO UPDATE SET last_run_at = excluded.last_run_at,
        last_result = excluded.last_result, last_error = excluded.last_error`;
    return written === 1;
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

  async latestProposal(kind: string): Promise<ProposalRecord | null> {
    const row = await this.db.proposal.findFirst({
      where: { kind },
      orderBy: [{ at: 'desc' }, { id: 'desc' }],
    });
    return row && { ...row, at: ms(row.at), appliedAt: msOrNull(row.appliedAt) };
  }

  async lockProposal(id: string): Promise<ProposalRecord | null> {
    await this.db.$queryRaw`SELECT 1 FROM proposals WHERE id = ${id}::uuid FOR UPDATE`;
    const row = await this.db.proposal.findUnique({ where: { id } });
    return row && { ...row, at: ms(row.at), appliedAt: msOrNull(row.appliedAt) };
  }

  async applied(id: string, result: unknown, at: EpochMs): Promise<void> {
    await this.db.proposal.update({
      where: { id },
      data: { result: json(result), appliedAt: date(at), version: { increment: 1 } },
    });
  }
}
