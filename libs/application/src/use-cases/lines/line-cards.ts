import { Injectable } from '@nestjs/common';
import { MessagingProvider, UnitOfWork } from '../../ports';
import { type Decision, lineOr404, mayAct, poolOf } from '../shared';

/** The contact card that a line itself has at the provider: the name that people see above its threads. */
@Injectable()
export class LineCards {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly provider: MessagingProvider,
  ) {}

  /**
   * Sets the card up when the line has none; while sharing only observes, it says so and writes nothing at the
   * provider. Idempotent; the provider is asked until the line has one.
   */
  async ensure(lineId: string, decision: Decision): Promise<void> {
    const { read } = this.unitOfWork;
    const line = await lineOr404(read, lineId);
    if (line.contactCardActive) return;
    const pool = await poolOf(read, line.poolId);
    if (!(await this.provider.hasContactCard(line.phoneNumber))) {
      const wouldBe = { event: 'line.changed', data: { lineId, contactCard: 'set' } } as const;
      if (!(await mayAct(read, decision, 'share', wouldBe))) return;
      await this.provider.setContactCard(line.phoneNumber, nameOn(pool.cardProfile));
    }
    const options = { at: decision.now, raiseEpoch: false };
    await read.lines.change(line.id, { contactCardActive: true }, options);
  }
}

function nameOn(profile: unknown): string {
  const { name } = profile as { name?: unknown };
  return typeof name === 'string' ? name : 'Linekeeper';
}
