import type { Play } from './play';
import type { Webhooks } from './webhooks';
import type { World } from './world';

/** A follower that says it is due in the past would stop the clock: it is asked again a little later. */
const OVERDUE_PAUSE_MS = 1_000;

/**
 * Moves the clock. By itself it runs at its speed and fires events from a timer; on request it jumps from event
 * to event, and only over a finished past: webhooks delivered, followers done, nothing left that is due.
 */
export class Stepper {
  private timer: NodeJS.Timeout | null = null;
  private advancing = false;
  private stopRequested = false;

  constructor(
    private readonly world: World,
    private readonly play: Play,
    private readonly webhooks: Webhooks,
    private readonly log: (line: string) => void,
  ) {}

  /** Something was added or the speed has changed: fires what is due and sets the timer for the next. */
  nudge(): void {
    if (this.advancing) return;
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
    const next = this.world.queue.nextAt();
    if (next === null) return;
    const { clock } = this.world;
    const wait = next - clock.now();
    if (wait > 0 && clock.currentSpeed === 0) return;
    const realMs = wait <= 0 ? 0 : Math.min(wait / clock.currentSpeed, 60_000);
    this.timer = setTimeout(() => {
      this.timer = null;
      this.fire(this.world.clock.now());
      this.nudge();
    }, realMs);
  }

  get isAdvancing(): boolean {
    return this.advancing;
  }

  requestStop(): void {
    this.stopRequested = true;
  }

  private isStopRequested(): boolean {
    return this.stopRequested;
  }

  /** To `target`, from event to event; with a quantum, events within it come to pass in one step. */
  async advance(target: number, quantumMs: number): Promise<{ steps: number; fired: number }> {
    const { clock, queue } = this.world;
    this.advancing = true;
    this.stopRequested = false;
    if (this.timer) clearTimeout(this.timer);
    clock.hold();
    let steps = 0;
    let fired = 0;
    try {
      // What came about at this instant arrives before the clock leaves it: on the other side of a leap its
      // signature would be too old, and that is not sent again.
      if (this.webhooks.pending().inFlight > 0) fired += await this.untilQuiet();
      do {
        const now = clock.now();
        const due = Math.min(queue.nextAt() ?? target, this.followersNext(now) ?? target);
        const next = Math.max(now, due);
        const rounded = quantumMs > 0 ? Math.ceil(next / quantumMs) * quantumMs : next;
        clock.moveTo(Math.min(target, rounded));
        fired += await this.untilQuiet();
        steps += 1;
      } while (clock.now() < target && !this.isStopRequested());
    } finally {
      this.advancing = false;
      clock.release();
      this.nudge();
    }
    return { steps, fired };
  }

  private followersNext(now: number): number | null {
    const next = this.world.clock.nextDueOfFollowers();
    return next === null ? null : Math.max(next, now + OVERDUE_PAUSE_MS);
  }

  /** At one instant: followers work, events come to pass, webhooks are delivered, until nothing more happens. */
  private async untilQuiet(): Promise<number> {
    const { clock } = this.world;
    let fired = 0;
    for (;;) {
      const before = this.world.changes;
      const heardBefore = this.webhooks.heard;
      const late = await clock.tickAll();
      if (late.length > 0) this.log(`the clock goes on without ${late.join(', ')}`);
      const now = this.fire(clock.now());
      await this.webhooks.idle();
      fired += now;
      const due = this.world.queue.nextAt();
      // Whoever heard of something after the tick has work that the tick did not wait for.
      const quiet =
        now === 0 &&
        this.world.changes === before &&
        this.webhooks.heard === heardBefore &&
        (due === null || due > clock.now());
      if (quiet) return fired;
    }
  }

  private fire(now: number): number {
    let fired = 0;
    for (let event = this.world.queue.take(now); event; event = this.world.queue.take(now)) {
      this.play.perform(event);
      fired += 1;
    }
    return fired;
  }
}
