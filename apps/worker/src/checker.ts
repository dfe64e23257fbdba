import { type BeforeApplicationShutdown, Injectable, Logger } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { CheckCapabilities } from '@linekeeper/application';

/** How often it is asked whether a capability check is due, in real time: a tenth of a line's pace. */
const BEAT_MS = 1_000;

/** Makes capability checks beside the jobs: a provider that answers none of them holds up neither inbox nor failover. */
@Injectable()
export class Checker implements BeforeApplicationShutdown {
  private readonly logger = new Logger('Checks');

  constructor(private readonly checks: CheckCapabilities) {}

  @Interval(BEAT_MS)
  async beat(): Promise<void> {
    try {
      await this.checks.execute();
    } catch (error) {
      // The database may be away for a moment; the next beat tries again.
      this.logger.error(error instanceof Error ? error.stack : String(error));
    }
  }

  /** Before the database closes. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.checks.stop();
  }
}
