import { Clock, ClockFollower } from '@linekeeper/application';
import type { EpochMs } from '@linekeeper/domain';

/** The clock of the machine. It never goes backwards within this process, whatever is done to the machine's. */
export class SystemClock extends Clock {
  private latest = 0;

  now(): EpochMs {
    this.latest = Math.max(this.latest, Date.now());
    return this.latest;
  }
}

/** The system clock waits for nobody: the worker's heartbeat asks by itself what is due. */
export class NoFollower extends ClockFollower {
  follow(): void {
    // Nothing follows a clock that cannot be held.
  }
}
