import { Injectable } from '@nestjs/common';
import { DAY_MS } from '@linekeeper/domain';
import { automation } from '../../actor';
import { UnitOfWork } from '../../ports';
import { Decisions } from '../shared';

const BATCH = 500;

/**
 * Closes sends of which there was no news within their time; the ledger lets go of their holds by itself. A late
 * webhook still counts its message.
 */
@Injectable()
export class ExpireSends {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly decisions: Decisions,
  ) {}

  async execute(): Promise<{ expiredSends: number }> {
    const { now } = await this.decisions.begin(automation('expire-reservations'));
    await this.unitOfWork.read.sends.forgetTexts(now - DAY_MS);
    let expiredSends = 0;
    for (;;) {
      const due = await this.unitOfWork.read.sends.expired(now, BATCH);
      for (const send of due) {
        if (await this.unitOfWork.read.sends.close(send.id, 'expired', now)) expiredSends += 1;
      }
      if (due.length < BATCH) return { expiredSends };
    }
  }
}
