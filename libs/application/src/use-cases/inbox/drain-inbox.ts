import { Injectable, Logger } from '@nestjs/common';
import { type EpochMs, MINUTE_MS, SECOND_MS } from '@linekeeper/domain';
import { PROVIDER_ACTOR } from '../../actor';
import {
  Clock,
  type InboxRecord,
  Metrics,
  Outages,
  ProviderEventReader,
  type Stores,
  UnitOfWork,
  versionOfEvent,
} from '../../ports';
import { Refusal } from '../../refusal';
import { announce, type Decision, Decisions } from '../shared';
import { Intake, type IntakeEffects, NO_EFFECTS } from './intake';
import { EarlyEvent, type IntakeEvent, PoolsNeeded, UnusableEvent } from './intake-event';

/** Enough to spread the cost of a transaction over many events, little enough to hold nobody up. */
const BATCH = 400;
/** Batches at a time of one process when there is a backlog; they claim other threads, as two processes do. */
const LANES = 2;
/** An event is tried so often, over about four minutes, before it becomes a dead letter. */
const MAX_ATTEMPTS = 8;
const FIRST_RETRY_MS = 2 * SECOND_MS;
const COUNTED = 'linekeeper_inbox_events_total';
const LONGEST_RETRY_MS = 5 * MINUTE_MS;

export interface DrainReport {
  readonly processed: number;
  readonly retried: number;
  readonly dead: number;
  readonly startedFailovers: boolean;
}

/**
 * Processes what the inbox holds: each event once, in order per thread, a batch to a transaction. An event that
 * fails is tried again by itself with growing pauses and then kept as a dead letter; it never holds up other
 * threads. While the database is away it throws, and no event has failed. Safe to run in several processes and to kill at any moment.
 */
@Injectable()
export class DrainInbox {
  private readonly logger = new Logger('Inbox');
  private running: Promise<DrainReport> | null = null;
  private again = false;

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly decisions: Decisions,
    private readonly reader: ProviderEventReader,
    private readonly intake: Intake,
    private readonly clock: Clock,
    private readonly metrics: Metrics,
    private readonly outages: Outages,
  ) {}

  /** Until nothing that is due is left. Calls at the same time share one run, which goes round again for the later ones. */
  execute(): Promise<DrainReport> {
    if (this.running) {
      this.again = true;
      return this.running;
    }
    this.running = this.untilEmpty().finally(() => (this.running = null));
    return this.running;
  }

  private async untilEmpty(): Promise<DrainReport> {
    const total = { processed: 0, retried: 0, dead: 0, startedFailovers: false };
    let lanes = 1;
    for (;;) {
      this.again = false;
      const batches = await allOf(Array.from({ length: lanes }, () => this.batch()));
      for (const report of batches) {
        total.processed += report.processed;
        total.retried += report.retried;
        total.dead += report.dead;
        total.startedFailovers ||= report.startedFailovers;
      }
      const most = Math.max(
        ...batches.map(({ processed, retried, dead }) => processed + retried + dead),
      );
      if (most === 0 && !this.isCalledAgain()) return total;
      // A backlog: while one batch waits for the database, another is worked out.
      lanes = most >= BATCH ? LANES : 1;
    }
  }

  private isCalledAgain(): boolean {
    return this.again;
  }

  /** When the inbox will next have something to do; null when it is empty. */
  nextDueAt(): Promise<EpochMs | null> {
    return this.unitOfWork.read.inbox.nextDueAt();
  }

  private async batch(): Promise<DrainReport> {
    const decision = await this.decisions.begin(PROVIDER_ACTOR);
    let claimed: readonly InboxRecord[] = [];
    try {
      const effects = await this.underPools((poolIds) =>
        this.unitOfWork.runOften(async (stores) => {
          claimed = await stores.inbox.claim(decision.now, BATCH);
          if (claimed.length === 0) return null;
          return this.apply(stores, claimed, decision, poolIds);
        }),
      );
      if (effects === null) return NOTHING;
      for (const _ of claimed) this.metrics.count(COUNTED, { outcome: 'processed' });
      await this.intake.afterCommit(effects, this.clock.now());
      return { ...NOTHING, processed: claimed.length, startedFailovers: effects.startedFailovers };
    } catch (error) {
      // It is not an event that fails, but the database: when that is back they are all taken again.
      if (claimed.length === 0 || this.isAway(error)) throw error;
      return this.oneByOne(claimed);
    }
  }

  private async oneByOne(records: readonly InboxRecord[]): Promise<DrainReport> {
    const total = { processed: 0, retried: 0, dead: 0, startedFailovers: false };
    const waiting = new Set<string>();
    for (const record of records) {
      // What comes after an event that waits for its next try waits with it.
      if (waiting.has(record.orderKey)) continue;
      const outcome = await this.one(record);
      this.metrics.count(COUNTED, { outcome: outcome.kind });
      total[outcome.kind] += 1;
      total.startedFailovers ||= outcome.startedFailovers;
      if (outcome.kind === 'retried') waiting.add(record.orderKey);
    }
    return total;
  }

  private async one(record: InboxRecord): Promise<{
    kind: 'processed' | 'retried' | 'dead';
    startedFailovers: boolean;
  }> {
    const decision = await this.decisions.begin(PROVIDER_ACTOR);
    try {
      const effects = await this.underPools((poolIds) =>
        this.unitOfWork.runOften(async (stores) => {
          const claimed = await stores.inbox.claimOne(record.eventId);
          return this.apply(stores, claimed ? [claimed] : [], decision, poolIds);
        }),
      );
      await this.intake.afterCommit(effects, this.clock.now());
      return { kind: 'processed', startedFailovers: effects.startedFailovers };
    } catch (error) {
      if (this.isAway(error)) throw error;
      return { kind: await this.failed(record, error, decision), startedFailovers: false };
    }
  }

  private isAway(error: unknown): boolean {
    return this.outages.explains(error) || isUnavailable(error);
  }

  /** Once more for each pool that turns out to be needed: pools are taken before the rows of people and lines. */
  private async underPools<T>(work: (poolIds: ReadonlySet<string>) => Promise<T>): Promise<T> {
    let poolIds: ReadonlySet<string> = new Set();
    for (;;) {
      try {
        return await work(poolIds);
      } catch (error) {
        if (!(error instanceof PoolsNeeded)) throw error;
        poolIds = error.poolIds;
      }
    }
  }

  private async apply(
    stores: Stores,
    records: readonly InboxRecord[],
    decision: Decision,
    poolIds: ReadonlySet<string>,
  ): Promise<IntakeEffects> {
    const events: IntakeEvent[] = [];
    const ignored: string[] = [];
    const done: string[] = [];
    for (const record of records) {
      const event = this.read(record);
      if (event.kind === 'ignored') ignored.push(record.eventId);
      else {
        events.push(event);
        done.push(record.eventId);
      }
    }
    const effects =
      events.length > 0 ? await this.intake.apply(stores, events, decision, poolIds) : NO_EFFECTS;
    await stores.inbox.finish(done, 'done', decision.now);
    await stores.inbox.finish(ignored, 'ignored', decision.now);
    return effects;
  }

  private read(record: InboxRecord): IntakeEvent {
    const answer = this.reader.read(record.body, record.receivedAt, versionOfEvent(record.eventId));
    if (answer.kind === 'unreadable') throw new UnusableEvent(answer.why);
    return answer.event;
  }

  private async failed(
    record: InboxRecord,
    error: unknown,
    decision: Decision,
  ): Promise<'retried' | 'dead'> {
    const text = error instanceof Error ? error.message : String(error);
    const hopeless = error instanceof UnusableEvent || record.attempts + 1 >= MAX_ATTEMPTS;
    if (!(error instanceof UnusableEvent || error instanceof EarlyEvent)) {
      this.logger.error({
        what: text,
        eventId: record.eventId,
        eventType: record.eventType,
        attempt: record.attempts + 1,
      });
    }
    return this.unitOfWork.run(async (stores) => {
      if (!hopeless) {
        const pause = Math.min(FIRST_RETRY_MS * 2 ** record.attempts, LONGEST_RETRY_MS);
        await stores.inbox.retryLater(record.eventId, decision.now + pause, text);
        return 'retried';
      }
      await stores.inbox.bury(record.eventId, text, decision.now);
      await announce(stores, decision, 'inbox.dead-letter', {
        eventId: record.eventId,
        eventType: record.eventType,
        reason: text,
      });
      return 'dead';
    });
  }
}

function isUnavailable(error: unknown): boolean {
  return error instanceof Refusal && error.code === 'service.unavailable';
}

/** Waits for all of them, and then throws what one has thrown: nothing goes on behind the caller's back. */
async function allOf<T>(work: readonly Promise<T>[]): Promise<T[]> {
  const ended = await Promise.allSettled(work);
  for (const each of ended) if (each.status === 'rejected') throw each.reason;
  return ended.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
}

const NOTHING: DrainReport = { processed: 0, retried: 0, dead: 0, startedFailovers: false };
