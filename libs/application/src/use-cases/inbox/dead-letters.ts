import { Injectable } from '@nestjs/common';
import type { Actor } from '../../actor';
import { Clock, type InboxRecord, InboxSignal, UnitOfWork } from '../../ports';
import { Refusal } from '../../refusal';
import { audit, Decisions } from '../shared';

/** Events that could not be applied: to look at, and to try again once the cause is mended. */
@Injectable()
export class DeadLetters {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly decisions: Decisions,
    private readonly clock: Clock,
    private readonly signal: InboxSignal,
  ) {}

  list(page: { limit: number; after?: string }): Promise<InboxRecord[]> {
    return this.unitOfWork.read.inbox.dead(page);
  }

  counts(): Promise<{ pending: number; dead: number; oldestPendingAt: number | null }> {
    return this.unitOfWork.read.inbox.counts();
  }

  async replay(eventId: string, reason: string, actor: Actor): Promise<void> {
    const decision = await this.decisions.begin(actor);
    await this.unitOfWork.run(async (stores) => {
      if (!(await stores.inbox.revive(eventId, this.clock.now()))) {
        throw new Refusal('inbox.not_found', `There is no dead letter ${eventId}`);
      }
      await audit(stores, decision, {
        action: 'inbox.replay',
        subjectType: 'inbox-event',
        subjectId: eventId,
        reason,
        change: {},
      });
    });
    this.signal.notify();
  }
}
