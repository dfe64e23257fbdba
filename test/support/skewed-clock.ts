import { Clock, ClockFollower, type RunDue } from '@linekeeper/application';
import type { FollowedClock } from '@linekeeper/infrastructure';

/** By how much a process's clock is wrong; a test may change it while the process runs: then the clock jumps. */
export interface Skew {
  ms: number;
}

/** The clock of one process, which is wrong. Like that of a machine it never goes back within the process. */
export class SkewedClock extends Clock {
  private latest = 0;

  constructor(
    private readonly clock: FollowedClock,
    private readonly skew: Skew,
  ) {
    super();
  }

  now(): number {
    this.latest = Math.max(this.latest, this.clock.now() + this.skew.ms);
    return this.latest;
  }
}

/** Tells the true clock when something is due by the wrong one. */
export class SkewedFollower extends ClockFollower {
  constructor(
    private readonly clock: FollowedClock,
    private readonly skewed: SkewedClock,
    private readonly skew: Skew,
  ) {
    super();
  }

  follow(runDue: RunDue): void {
    this.clock.drive(async () => {
      const dueAt = await runDue(this.skewed.now());
      return dueAt === null ? null : dueAt - this.skew.ms;
    });
  }
}
