import { Injectable, Logger } from '@nestjs/common';
import { type EpochMs, MINUTE_MS } from '@linekeeper/domain';
import { type ApiVersion, UnitOfWork } from '../../ports';

/** Often enough to see silence, seldom enough to cost a busy inbox nothing. */
const NOTED_EVERY_MS = MINUTE_MS;
/** As often as anybody looks for gaps; who sends us rubbish makes us write no more. */
const REJECTION_NOTED_EVERY_MS = 5 * MINUTE_MS;

/** Whether the provider's deliveries come, and whether they are the provider's. */
@Injectable()
export class WebhookHealth {
  private readonly logger = new Logger('Webhooks');
  private rejected = 0;
  private lastVerifiedAt: EpochMs | null = null;
  private readonly notedAt = new Map<ApiVersion, EpochMs>();
  private rejectionNotedAt: EpochMs | null = null;

  constructor(private readonly unitOfWork: UnitOfWork) {}

  /**
   * `final`: the sender knew how to sign, and will not send it again. That is written down, at most once in some minutes,
   * because what it told may be missing. Never throws: the sender gets its answer.
   */
  async noteRejected(now: EpochMs, final: boolean): Promise<void> {
    this.rejected += 1;
    const isNoted =
      this.rejectionNotedAt !== null && now - this.rejectionNotedAt < REJECTION_NOTED_EVERY_MS;
    if (!final || isNoted) return;
    this.rejectionNotedAt = now;
    try {
      await this.unitOfWork.read.environment.noteRejected(now);
    } catch (error) {
      this.rejectionNotedAt = null;
      this.logger.warn({
        what: 'That a delivery was turned away could not be noted',
        cause: error instanceof Error ? error.name : 'unknown',
      });
    }
  }

  /** Writes it down at most once a minute. Never throws: the delivery is stored, and must be acknowledged. */
  async noteVerified(version: ApiVersion, now: EpochMs): Promise<void> {
    this.lastVerifiedAt = now;
    const notedAt = this.notedAt.get(version);
    if (notedAt !== undefined && now - notedAt < NOTED_EVERY_MS) return;
    this.notedAt.set(version, now);
    try {
      await this.unitOfWork.read.subscriptions.verified(now, version);
    } catch (error) {
      this.notedAt.delete(version);
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
