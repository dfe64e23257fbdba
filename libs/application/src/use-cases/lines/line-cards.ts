import { Injectable } from '@nestjs/common';
import { Clock, MessagingProvider, UnitOfWork } from '../../ports';
import { lineOr404, poolOf } from '../shared';

/** The contact card that a line itself has at the provider: the name that people see above its threads. */
@Injectable()
export class LineCards {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly provider: MessagingProvider,
    private readonly clock: Clock,
  ) {}

  /** Sets the card up when the line has none. Idempotent; the provider is asked once a line. */
  async ensure(lineId: string): Promise<void> {
    const { read } = this.unitOfWork;
    const line = await lineOr404(read, lineId);
    if (line.contactCardActive) return;
    const pool = await poolOf(read, line.poolId);
    if (!(await this.provider.hasContactCard(line.phoneNumber))) {
      await this.provider.setContactCard(line.phoneNumber, nameOn(pool.cardProfile));
    }
    const options = { at: this.clock.now(), raiseEpoch: false };
    await read.lines.change(line.id, { contactCardActive: true }, options);
  }
}

function nameOn(profile: unknown): string {
  const { name } = profile as { name?: unknown };
  return typeof name === 'string' ? name : 'Linekeeper';
}
