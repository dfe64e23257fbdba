import {
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { CheckCapabilities, ClockFollower, InboxSignal, RunDueWork } from '@linekeeper/application';

/** How often the worker asks what is due, in real time. Schedules themselves know only the Clock port. */
const HEARTBEAT_MS = 1_000;

/** Three things ask for due work: the heartbeat, a webhook that came in, and a virtual clock that moves on. */
@Injectable()
export class Heartbeat implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('Worker');

  constructor(
    private readonly runDueWork: RunDueWork,
    private readonly checks: CheckCapabilities,
    private readonly signal: InboxSignal,
    private readonly follower: ClockFollower,
  ) {}

  onApplicationBootstrap(): void {
    this.signal.onNotify(() => void this.beat());
    this.follower.follow(async () => {
      const dueAt = await this.runDueWork.execute();
      // A virtual clock waits for the checks too; on the system clock they go on beside.
      return Math.min(dueAt, (await this.checks.execute()) ?? dueAt);
    });
  }

  /** Before the database closes. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.runDueWork.stop();
  }

  @Interval(HEARTBEAT_MS)
  async beat(): Promise<void> {
    try {
      await this.runDueWork.execute();
    } catch (error) {
      // The database may be away for a moment; the next beat tries again.
      this.logger.error(error instanceof Error ? error.stack : String(error));
    }
  }
}
