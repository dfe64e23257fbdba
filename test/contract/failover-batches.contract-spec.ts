import { type AssignmentRecord, automation, type FailoverRecord } from '@linekeeper/application';
import { randomUUID } from 'node:crypto';
import { moveBatch } from '../../libs/application/src/use-cases/lines/failover-batch';
import { changeContext, poolOf } from '../../libs/application/src/use-cases/shared';
import { InMemoryBudgetLedger } from '../../libs/infrastructure/src/memory/in-memory-budget-ledger';
import { PrismaDatabase } from '../../libs/infrastructure/src/prisma/database';
import { PrismaUsageHistory } from '../../libs/infrastructure/src/prisma/usage-history';
import { StoreStage } from '../support/store-stage';

const START = Date.UTC(2026, 9, 6, 12);
const PEOPLE = 30;
const PER_BATCH = 5;
const MEAN_MILLI = 20_000;

/** A failover in batches on a real database: each batch is a plan of its own, and they come to what one plan would. */
describe('A failover in batches', () => {
  let stage: StoreStage;
  let database: PrismaDatabase;
  beforeAll(async () => {
    stage = await StoreStage.open(START);
    database = new PrismaDatabase(stage.testDatabase.url);
  });
  afterAll(async () => {
    await database.close();
    await stage.close();
  });

  it('deals people as one plan would, by what each line said before the first of them came', async () => {
    const lost = await stage.line({ health: 'ejected', healthReason: 'flagged' });
    // Five parts in fifteen go to a line that says as much as the other two together do.
    const shares = [1, 2, 3];
    const lines: string[] = [];
    for (const share of shares) {
      const load = { meanMilli: 400_000 * share, varianceMilli: 12_000_000 * share };
      const id = await stage.line(load);
      lines.push(id);
      // A busy day leaves each the whole budget.
      await stage.query(
        `INSERT INTO line_days VALUES ($1, '2026-10-05', 1200, 1200, 0, 0, 0, 0, 3000, 3000, 'hold', '[]', now())`,
        [id],
      );
    }
    const people: string[] = [];
    for (let i = 0; i < PEOPLE; i += 1) people.push(await onLost(lost, lines));
    const failover: FailoverRecord = {
      ...{ id: randomUUID(), lineId: lost, lineEpoch: 1, cause: 'flagged', state: 'running' },
      ...{ reason: 'a test', actor: 'operator:test', policyVersion: 1, usersTotal: PEOPLE },
      ...{ usersMoved: 0, usersStranded: 0, usersWaiting: 0, startedAt: START, etaAt: null },
      ...{ deadline: null, movesPerHour: null, finishedAt: null, updatedAt: START },
      ...{ heldBecause: null, groupsEscalatedHours: 0, takenUpAt: null },
    };
    await stage.unitOfWork.read.failovers.insert(failover);
    const ledger = new InMemoryBudgetLedger(new PrismaUsageHistory(database.client));
    for (let moved = 0; moved < PEOPLE; moved += PER_BATCH) {
      const decision = await stage.decisions.begin(automation('run-failovers'));
      const report = await stage.unitOfWork.run(async (stores) => {
        const pool = await poolOf(stores, stage.poolId);
        await stores.pools.lock(pool.id);
        const users = await stores.assignments.toMove(lost, PER_BATCH, []);
        return moveBatch(stores, ledger, failover, pool, users, decision);
      });
      expect(report.moved).toBe(PER_BATCH);
      stage.now += 60_000;
    }
    const rows = await stage.query<{ line_id: string; people: number }>(
      'SELECT line_id, count(*)::int AS people FROM assignments GROUP BY 1',
    );
    const counts = new Map(rows.map((row) => [row.line_id, row.people]));
    expect(lines.map((id) => counts.get(id))).toEqual(shares.map((share) => 5 * share));

    const { assignments } = stage.unitOfWork.read;
    expect(await assignments.movedIn([...lines, lost], START - 1)).toEqual(
      new Map(lines.map((id, i) => [id, 5 * shares[i]! * MEAN_MILLI])),
    );
    expect(await assignments.movedIn(lines, stage.now)).toEqual(new Map());
  });

  /** Somebody of the lost line who was texted from all the others. */
  async function onLost(lost: string, others: readonly string[]): Promise<string> {
    const userId = await stage.user();
    const decision = await stage.decisions.begin(automation('test'));
    const assignment: AssignmentRecord = {
      ...{ id: randomUUID(), poolId: stage.poolId, userId, lineId: lost, epoch: 1 },
      ...{ state: 'confirmed', startedBy: 'inbound', expiresAt: null, firstSendAt: START },
      ...{ confirmedAt: START, pinned: false, meanMilli: MEAN_MILLI, varianceMilli: 820_000 },
      ...{ policyVersion: 1, explanation: {}, needsIntroductionSince: null, escalatedHours: 0 },
      ...{ lastMovedAt: null, createdAt: START, updatedAt: START, fallbackLineIds: others },
    };
    await stage.unitOfWork.read.assignments.insert(assignment, changeContext(decision, 'a test'));
    await stage.unitOfWork.read.cards.know(
      others.map((lineId, i) => ({ userId, lineId, sureness: 'known', position: i + 1 })),
      START,
    );
    return userId;
  }
});
