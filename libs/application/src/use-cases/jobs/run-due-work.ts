import { Injectable } from '@nestjs/common';
import { type EpochMs, SECOND_MS } from '@linekeeper/domain';
import { Clock } from '../../ports';
import { DrainInbox } from '../inbox/drain-inbox';
import { RunFailovers } from '../lines/run-failovers';
import { WatchLines } from '../lines/watch-lines';
import { dueAt, JOB_NAMES } from './registry';
import { RunJob } from './run-job';

/**
 * The worker's one step: empties the inbox, then runs the jobs that are due, until nothing is. Whoever calls,
 * heartbeat, webhook signal or virtual clock, calls this; calls at the same time share one run.
 */
@Injectable()
export class RunDueWork {
  private running: Promise<EpochMs> | null = null;
  private again = false;
  private stopped = false;
  /** No job is due before this; what other processes ran is looked up when it comes. */
  private jobsDueAt: EpochMs = 0;

  constructor(
    private readonly clock: Clock,
    private readonly drainInbox: DrainInbox,
    private readonly watchLines: WatchLines,
    private readonly runFailovers: RunFailovers,
    private readonly runJob: RunJob,
  ) {}

  /** Answers with the instant at which something is due next. */
  execute(): Promise<EpochMs> {
    if (this.stopped) return Promise.resolve(Number.MAX_SAFE_INTEGER);
    if (this.running) {
      // The run under way may have looked past what the caller knows of: it goes round once more.
      this.again = true;
      return this.running;
    }
    this.running = this.untilQuiet().finally(() => (this.running = null));
    return this.running;
  }

  /** Lets the job under way end and begins no other; for a process that stops in order. */
  async stop(): Promise<void> {
    this.stopped = true;
    // Whoever asked for the run hears of its failure.
    await this.running?.catch(() => undefined);
  }

  private async untilQuiet(): Promise<EpochMs> {
    for (;;) {
      this.again = false;
      const nextDueAt = await this.once();
      if (this.isStopped() || (nextDueAt !== null && !this.isCalledAgain())) {
        return nextDueAt ?? Number.MAX_SAFE_INTEGER;
      }
    }
  }

  // Both may change while a step waits, which the compiler cannot know of a field.
  private isCalledAgain(): boolean {
    return this.again;
  }

  private isStopped(): boolean {
    return this.stopped;
  }

  /** Null when more came in meanwhile. */
  private async once(): Promise<EpochMs | null> {
    await this.drain();
    if (this.jobsDueAt <= this.clock.now()) this.jobsDueAt = await this.runDueJobs();
    const now = this.clock.now();
    const inboxDue = await this.drainInbox.nextDueAt();
    if (inboxDue === null) return this.jobsDueAt;
    if (inboxDue > now) return Math.min(this.jobsDueAt, inboxDue);
    return (await this.drain()) > 0 ? null : Math.min(this.jobsDueAt, now + OTHERS_AT_WORK_MS);
  }

  /** Answers with the instant at which the next job is due. */
  private async runDueJobs(): Promise<EpochMs> {
    const lastRuns = new Map((await this.runJob.runs()).map((run) => [run.name, run.lastRunAt]));
    const now = this.clock.now();
    let next = Number.MAX_SAFE_INTEGER;
    for (const name of JOB_NAMES) {
      const lastRunAt = lastRuns.get(name) ?? null;
      let due = dueAt(name, lastRunAt, now);
      if (due <= now && !this.isStopped()) {
        const run = await this.runJob.execute(name);
        // Where another process is at it, its result will be there at the next turn.
        due = dueAt(name, run?.lastRunAt ?? now, now);
      }
      next = Math.min(next, due);
    }
    return next;
  }

  private async drain(): Promise<number> {
    const { processed, retried, dead } = await this.drainInbox.execute();
    // Not by what was drained here alone: an app's question drains the inbox too, and so do other processes.
    await this.watchLines.takeUp();
    await this.runFailovers.takeUp();
    return processed + retried + dead;
  }
}

/** Events that are due but cannot be had are in another process's hands. */
const OTHERS_AT_WORK_MS = SECOND_MS;
