import { Injectable } from '@nestjs/common';
import { automation } from '../../actor';
import { UnitOfWork } from '../../ports';
import { announce, Decisions, poolOf } from '../shared';
import { releaseAssignment } from './tie';

/** One transaction takes so many: short enough to hold nobody up. */
const BATCH = 100;

/** Takes the capacity of reservations back that nobody came for. */
@Injectable()
export class ExpireReservations {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly decisions: Decisions,
  ) {}

  async execute(): Promise<{ expired: number }> {
    let expired = 0;
    for (;;) {
      const count = await this.batch();
      expired += count;
      if (count < BATCH) return { expired };
    }
  }

  private async batch(): Promise<number> {
    const decision = await this.decisions.begin(automation('expire-reservations'));
    return this.unitOfWork.run(async (stores) => {
      for (const pool of await stores.pools.list()) await stores.pools.lock(pool.id);
      const due = await stores.assignments.expired(decision.now, BATCH);
      for (const assignment of due) {
        const pool = await poolOf(stores, assignment.poolId);
        if (!(await releaseAssignment(stores, pool, assignment, 'nobody came', decision))) continue;
        await announce(stores, decision, 'assignment.expired', {
          userId: assignment.userId,
          assignmentId: assignment.id,
          lineId: assignment.lineId,
        });
      }
      return due.length;
    });
  }
}
