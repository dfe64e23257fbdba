import { Injectable } from '@nestjs/common';
import { type EpochMs, type LossOf, whyNotUsableAsFallback } from '@linekeeper/domain';
import { PROVIDER_ACTOR } from '../../actor';
import { type LossReportRecord, type PoolRecord, UnitOfWork } from '../../ports';
import { Decisions, lineOr404, type PoolScope, sees } from '../shared';
import { assess } from './assess-losses';

export interface LossesOfPool {
  readonly pool: PoolRecord;
  readonly report: LossReportRecord;
}

export interface LossesSeen {
  readonly now: EpochMs;
  readonly pools: readonly LossesOfPool[];
  /** Of all these pools, pool by pool, the worst first. */
  readonly sets: readonly (LossOf & { readonly poolId: string })[];
}

/** The loss report as it was last worked out. Changes nothing. */
@Injectable()
export class LookAtLosses {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly decisions: Decisions,
  ) {}

  /** A pool of which no report was made yet is assessed at once. `losses`: only sets of so many lines. */
  async execute(losses: number | undefined, scope: PoolScope): Promise<LossesSeen> {
    const decision = await this.decisions.begin(PROVIDER_ACTOR);
    const { read } = this.unitOfWork;
    const pools: LossesOfPool[] = [];
    for (const pool of await read.pools.list()) {
      if (!sees(scope, pool.id)) continue;
      const report = (await read.losses.of(pool.id)) ?? {
        poolId: pool.id,
        at: decision.now,
        policyVersion: decision.policyVersion,
        body: await assess(read, pool, decision),
        capacityLowSince: null,
        coverageLowSince: null,
      };
      pools.push({ pool, report });
    }
    const sets = pools.flatMap(({ report: { poolId, body } }) =>
      body.sets
        .filter(({ lineIds }) => losses === undefined || lineIds.length === losses)
        .map((set) => ({ poolId, ...set })),
    );
    return { now: decision.now, pools, sets };
  }

  /** Who would hold no number that serves if these lines, all of pools that the caller sees, were lost now. By id. */
  async uncovered(
    lineIds: readonly string[],
    page: { readonly limit: number; readonly after?: string },
    scope: PoolScope,
  ): Promise<string[]> {
    const { now } = await this.decisions.begin(PROVIDER_ACTOR);
    const { read } = this.unitOfWork;
    for (const id of lineIds) await lineOr404(read, id, scope);
    const usable = (await read.lines.list()).filter(
      (line) => !lineIds.includes(line.id) && whyNotUsableAsFallback(line, now) === null,
    );
    return read.losses.uncovered(
      lineIds,
      usable.map(({ id }) => id),
      page,
    );
  }
}
