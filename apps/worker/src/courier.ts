import { type BeforeApplicationShutdown, Injectable, Logger } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { DeliverEvents } from '@linekeeper/application';

/** How often it is asked whether events are to be posted, in real time. */
const BEAT_MS = 500;

/** Posts events beside the jobs: an endpoint of a customer that hangs holds up no failover. */
@Injectable()
export class Courier implements BeforeApplicationShutdown {
  private readonly logger = new Logger('Events');

  constructor(private readonly deliverEvents: DeliverEvents) {}

  @Interval(BEAT_MS)
  async beat(): Promise<void> {
    try {
      await this.deliverEvents.execute();
    } catch (error) {
      // The database may be away for a moment; the next beat tries again.
      this.logger.error(error instanceof Error ? error.stack : String(error));
    }
  }

  /** Before the database closes. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.deliverEvents.stop();
  }
}
