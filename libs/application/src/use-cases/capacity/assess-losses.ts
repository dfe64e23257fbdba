import { Injectable } from '@nestjs/common';
import {
  isOneLossTooMuch,
  type LossTable,
  lossTable,
  lowSince,
  whyNotUsableAsFallback,
} from '@linekeeper/domain';
import { automation } from '../../actor';
import type { EventType } from '../../events';
import { type LossReportRecord, type PoolRecord, type Stores, UnitOfWork } from '../../ports';
import { announce, basisOf, type Decision, Decisions, forAdmission, viewsOf } from '../shared';

const ACTOR = automation('assess-losses');

/** Works out what the loss of any lines would do, keeps it for whoever asks, and says when room or coverage is low. */
@Injectable()
export class AssessLosses {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly decisions: Decisions,
  ) {}

  /** Looks at every pool; each report takes the place of the last one. Converges. */
  async execute(): Promise<{ pools: number; sets: number; low: number }> {
    const done = { pools: 0, sets: 0, low: 0 };
    for (const pool of await this.unitOfWork.read.pools.list()) {
      const decision = await this.decisions.begin(ACTOR);
      const body = await assess(this.unitOfWork.read, pool, decision);
      const { capacityLowSince, coverageLowSince } = await this.unitOfWork.run((stores) =>
        keep(stores, pool, body, decision),
      );
      done.pools += 1;
      done.sets += body.sets.length;
      if (capacityLowSince !== null || coverageLowSince !== null) done.low += 1;
    }
    return done;
  }
}

/** The loss of any lines of a pool as it is now. Reads sums by line and by card. */
export async function assess(
  stores: Stores,
  pool: PoolRecord,
  decision: Decision,
): Promise<LossTable> {
  const { now, policy } = decision;
  const lines = forAdmission(await viewsOf(stores, pool, decision));
  const usable = lines.filter((line) => whyNotUsableAsFallback(line, now) === null);
  const ids = new Set(usable.map(({ id }) => id));
  const held = (await stores.losses.heldCounts(pool.id)).map((group) => ({
    ...group,
    // Their own line counts as what they stand on, whether or not it takes others.
    lineIds: group.lineIds.filter((id) => id === group.primaryLineId || ids.has(id)),
  }));
  const serving = lines.filter(
    ({ id, users, managed, adminState }) =>
      ids.has(id) || (managed && adminState !== 'retired' && users > 0),
  );
  return lossTable(serving, held, basisOf(pool, policy).outlook, policy);
}

async function keep(
  stores: Stores,
  pool: PoolRecord,
  body: LossTable,
  decision: Decision,
): Promise<LossReportRecord> {
  const { now, policy, policyVersion } = decision;
  const limits = policy.losses;
  await stores.pools.lock(pool.id);
  const before = await stores.losses.of(pool.id);
  const isUsed = body.sets.some(({ users }) => users > 0);
  // Where one loss is too much, whatever room is left is too little. A pool that nobody is in lacks nothing.
  const room = !isUsed ? 1 : isOneLossTooMuch(body) ? 0 : body.freeShare;
  const capacityLowSince = lowSince(
    before?.capacityLowSince ?? null,
    room,
    { low: limits.capacityLowShare, enough: limits.capacityEnoughShare },
    now,
  );
  const coverageLowSince = lowSince(
    before?.coverageLowSince ?? null,
    body.coveredShare,
    { low: limits.coverageLowShare, enough: limits.coverageEnoughShare },
    now,
  );
  const report = {
    poolId: pool.id,
    at: now,
    policyVersion,
    body,
    capacityLowSince,
    coverageLowSince,
  };
  await stores.losses.save(report);
  const tell = async (
    was: number | null,
    is: number | null,
    [low, enough]: readonly [EventType, EventType],
    data: object,
  ): Promise<void> => {
    if ((was === null) === (is === null)) return;
    await announce(stores, decision, is === null ? enough : low, { poolId: pool.id, ...data });
  };
  const { freeShare, coveredShare } = body;
  await tell(
    before?.capacityLowSince ?? null,
    capacityLowSince,
    ['capacity.low', 'capacity.enough'],
    { freeShare, oneLossTooMuch: isOneLossTooMuch(body) },
  );
  await tell(
    before?.coverageLowSince ?? null,
    coverageLowSince,
    ['coverage.low', 'coverage.enough'],
    { coveredShare },
  );
  return report;
}
