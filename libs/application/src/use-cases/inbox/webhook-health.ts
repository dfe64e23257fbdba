import { Injectable, Logger } from '@nestjs/common';
import { type EpochMs, MINUTE_MS } from '@linekeeper/domain';
import { UnitOfWork } from '../../ports';

/** Often enough to see silence, seldom enough to cost a busy inbox nothing. */
const NOTED_EVERY_MS = MINUTE_MS;

/** Whether the provider's deliveries come, and whether they are the provider's. */
@Injectable()
export class WebhookHealth {
  private readonly logger = new Logger('Webhooks');
  private rejected = 0;
  private lastVerifiedAt: EpochMs | null = null;
  private notedAt: EpochMs | null = null;

  constructor(private readonly unitOfWork: UnitOfWork) {}

  noteRejected(): void {
    this.rejected += 1;
  }

  /** Writes it down at most once a minute. Never throws: the delivery is stored, and must be acknowledged. */
  async noteVerified(now: EpochMs): Promise<void> {
    this.lastVerifiedAt = now;
    if (this.notedAt !== null && now - this.notedAt < NOTED_EVERY_MS) return;
    this.notedAt = now;
    try {
      await this.unitOfWork.read.subscriptions.verified(now);
    } catch (error) {
      this.notedAt = null;
      this.logger.warn({
        what: 'That a delivery was verified could not be noted',
        cause: error instanceof Error ? error.name : 'unknown',
      });
    }
  }

  /**
   * Deliveries whose signature did not hold, since this process began; and when one last did, by any process, to the
   * minute. Null when none ever did.
   */
  async look(): Promise<{ rejectedSinceStart: number; lastVerifiedAt: EpochMs | null }> {
    const noted = (await this.unitOfWork.read.subscriptions.active()).map(
      (subscription) => subscription.lastVerifiedAt,
    );
    const latest = Math.max(0, ...[...noted, this.lastVerifiedAt].map((at) => at ?? 0));
    return { rejectedSinceStart: this.rejected, lastVerifiedAt: latest === 0 ? null : latest };
  }
}
