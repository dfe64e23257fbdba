import { setTimeout as delay } from 'node:timers/promises';
import { Clock, ClockFollower, type RunDue } from '@linekeeper/application';
import type { EpochMs } from '@linekeeper/domain';
import { readEventStream } from './event-stream';

/** What the owner of the clock says: where it stands, and whether it runs by itself. */
interface Tick {
  readonly id: number;
  readonly epochMs: EpochMs;
  readonly speed: number;
  readonly running: boolean;
}

const RECONNECT_MS = 250;

/**
 * Follows the simulator's virtual clock. Between two ticks the time stands still or runs at the told speed. Each
 * tick is acknowledged once everything due at it has run, so that the clock only moves on over a finished past.
 */
export class FollowedClock extends Clock {
  private anchor: { epochMs: EpochMs; realMs: number; speed: number; running: boolean };
  private latest = 0;
  private runDue: RunDue | null = null;
  private waiting: Tick | null = null;
  private busy = false;
  private readonly stopper = new AbortController();

  /** `name` tells the followers apart at the owner. */
  constructor(
    private readonly baseUrl: string,
    private readonly name: string,
  ) {
    super();
    this.anchor = { epochMs: 0, realMs: Date.now(), speed: 0, running: false };
  }

  now(): EpochMs {
    const { epochMs, realMs, speed, running } = this.anchor;
    const at = running ? epochMs + Math.floor((Date.now() - realMs) * speed) : epochMs;
    this.latest = Math.max(this.latest, at);
    return this.latest;
  }

  /** Connects and stays connected; resolves once the first tick has come. */
  start(): Promise<void> {
    return new Promise((resolve) => void this.keepConnected(resolve));
  }

  stop(): void {
    this.stopper.abort();
  }

  /** Hands the worker's loop over to the clock's ticks. */
  drive(runDue: RunDue): void {
    this.runDue = runDue;
  }

  private async keepConnected(onFirst: () => void): Promise<void> {
    const url = `${this.baseUrl}/__sim/clock/follow?name=${encodeURIComponent(this.name)}`;
    while (!this.stopper.signal.aborted) {
      try {
        for await (const data of readEventStream(url, this.stopper.signal)) {
          this.take(JSON.parse(data) as Tick);
          onFirst();
        }
      } catch {
        // The owner is away: time goes on as last told until it is back.
      }
      await delay(RECONNECT_MS, undefined, { signal: this.stopper.signal }).catch(() => undefined);
    }
  }

  private take(tick: Tick): void {
    this.anchor = { ...tick, realMs: Date.now() };
    this.waiting = tick;
    if (!this.busy) void this.work();
  }

  /** One tick at a time; a newer one replaces those that wait. */
  private async work(): Promise<void> {
    this.busy = true;
    try {
      for (let tick = this.waiting; tick !== null; tick = this.waiting) {
        this.waiting = null;
        const nextDueAt =
          this.runDue === null ? null : await this.runDue(this.now()).catch(() => null);
        await this.acknowledge(tick, nextDueAt);
      }
    } finally {
      this.busy = false;
    }
  }

  private async acknowledge(tick: Tick, nextDueAtEpochMs: EpochMs | null): Promise<void> {
    await fetch(`${this.baseUrl}/__sim/clock/ack`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name: this.name, id: tick.id, nextDueAtEpochMs }),
    }).then(
      (response) => response.arrayBuffer(),
      () => undefined,
    );
  }
}

/** The port's view of the followed clock. */
export class VirtualClockFollower extends ClockFollower {
  constructor(private readonly clock: FollowedClock) {
    super();
  }

  follow(runDue: RunDue): void {
    this.clock.drive(runDue);
  }
}
