import { Injectable, Logger } from '@nestjs/common';
import { DAY_MS, isGivenUp, MINUTE_MS, nextTryAt, SECOND_MS } from '@linekeeper/domain';
import { automation } from '../../actor';
import {
  Clock,
  type DeliveryRecord,
  type EndpointRecord,
  EventPoster,
  Metrics,
  type PostOutcome,
  Random,
  type Stores,
  UnitOfWork,
  WallClock,
} from '../../ports';
import { announce, audit, type Decision, Decisions } from '../shared';
import { EndpointSecrets } from './endpoint-secrets';
import { handOut } from './hand-out';

/** Tries of one endpoint under way at once in one process. An endpoint that hangs holds up itself alone. */
const AT_ONCE = 8;
/** A try that has not ended by then died with its process. Longer than the longest time-out. */
const TRY_ENDS_WITHIN_MS = MINUTE_MS;
/** Steps of one call; the next beat goes on. */
const MAX_STEPS = 50;
const PRUNE_ROWS = 5_000;
/** "Gone": whoever listened there wants nothing more. */
const GONE = 410;

export interface DeliveryReport {
  readonly delivered: number;
  readonly failed: number;
  readonly givenUp: number;
}

type Verdict = 'delivered' | 'failed' | 'given-up' | 'superseded';

/**
 * Hands events out to the endpoints that want them and posts what is due. At least once: a try whose end was not written is
 * made again, under the same id. Several processes may call it at the same time; each try is one process's.
 */
@Injectable()
export class DeliverEvents {
  private readonly logger = new Logger('Events');
  /** Endpoints at which this process is at work. */
  private readonly busy = new Map<string, Promise<DeliveryReport>>();
  private stopped = false;

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly decisions: Decisions,
    private readonly clock: Clock,
    private readonly wallClock: WallClock,
    private readonly random: Random,
    private readonly secrets: EndpointSecrets,
    private readonly poster: EventPoster,
    private readonly metrics: Metrics,
  ) {}

  /** Until nothing is due, for each endpoint by itself. Calls at the same time share the work. */
  async execute(): Promise<DeliveryReport> {
    const waiting = await this.unitOfWork.read.endpoints.waiting(this.clock.now());
    const reports = await Promise.all((this.stopped ? [] : waiting).map((id) => this.serve(id)));
    return {
      delivered: reports.reduce((sum, each) => sum + each.delivered, 0),
      failed: reports.reduce((sum, each) => sum + each.failed, 0),
      givenUp: reports.reduce((sum, each) => sum + each.givenUp, 0),
    };
  }

  /** Hands out what came and forgets what is old, and posts nothing: it never waits for an endpoint. */
  async prepare(): Promise<{ endpoints: number; forgotten: number }> {
    const decision = await this.decisions.begin(automation('deliver-events'));
    const endpoints = await this.unitOfWork.read.endpoints.list();
    const enabled = endpoints.filter(({ state }) => state === 'enabled');
    for (const { id } of enabled) await this.handOut(id);
    const before = decision.now - decision.policy.eventsOut.keepLogDays * DAY_MS;
    const forgotten = await this.unitOfWork.read.endpoints.prune(before, PRUNE_ROWS);
    return { endpoints: enabled.length, forgotten };
  }

  /** Begins nothing more and waits for the tries under way; for a process that stops in order. */
  async stop(): Promise<void> {
    this.stopped = true;
    await Promise.allSettled(this.busy.values());
  }

  private serve(id: string): Promise<DeliveryReport> {
    const running = this.busy.get(id);
    if (running) return running;
    const work = this.untilDone(id).finally(() => this.busy.delete(id));
    this.busy.set(id, work);
    return work;
  }

  private async untilDone(id: string): Promise<DeliveryReport> {
    const report = { delivered: 0, failed: 0, givenUp: 0 };
    for (let step = 0; step < MAX_STEPS && !this.stopped; step += 1) {
      const more = await this.handOut(id);
      // What it looks like now: it may have been disabled by the step before.
      const endpoint = await this.unitOfWork.read.endpoints.byId(id);
      if (endpoint?.state !== 'enabled') break;
      const now = this.clock.now();
      const until = now + TRY_ENDS_WITHIN_MS;
      const due = await this.unitOfWork.read.endpoints.claim(id, AT_ONCE, now, until);
      const verdicts = await Promise.all(due.map((delivery) => this.try(endpoint, delivery)));
      for (const verdict of verdicts) {
        if (verdict === 'delivered') report.delivered += 1;
        if (verdict === 'failed') report.failed += 1;
        if (verdict === 'given-up') report.givenUp += 1;
      }
      if (due.length === 0 && !more) break;
    }
    return report;
  }

  /** Where another process hands out to this endpoint, nothing is left to do. */
  private async handOut(id: string): Promise<boolean> {
    const decision = await this.decisions.begin(automation('deliver-events'));
    return this.unitOfWork.run(async (stores) => {
      const endpoint = await stores.endpoints.lock(id, true);
      return endpoint?.state === 'enabled' ? handOut(stores, endpoint, decision) : false;
    });
  }

  private async try(endpoint: EndpointRecord, delivery: DeliveryRecord): Promise<Verdict> {
    const { event } = delivery;
    const decision = await this.decisions.begin(automation('deliver-events'));
    const outcome = await this.poster.post({
      url: endpoint.url,
      id: event.id,
      // The receiver compares it with a clock on a wall, whatever clock the fleet goes by.
      at: this.wallClock.now(),
      body: bodyOf(event),
      secrets: this.secrets.signing(endpoint, decision.now),
      timeoutMs: decision.policy.eventsOut.timeoutSeconds * SECOND_MS,
    });
    const verdict = await this.unitOfWork.run((stores) =>
      this.record(stores, endpoint, delivery, outcome, { ...decision, now: this.clock.now() }),
    );
    this.metrics.count('linekeeper_event_deliveries_total', { outcome: verdict });
    return verdict;
  }

  /** All that follows from a try, in one transaction. */
  private async record(
    stores: Stores,
    endpoint: EndpointRecord,
    delivery: DeliveryRecord,
    outcome: PostOutcome,
    decision: Decision,
  ): Promise<Verdict> {
    const { eventsOut } = decision.policy;
    const { now } = decision;
    const error = errorOf(outcome);
    const nextAt =
      error === null ? null : nextTryAt(delivery, now, eventsOut.retryHours, this.random.next());
    const state = error === null ? 'delivered' : nextAt === null ? 'given-up' : 'pending';
    if (!(await stores.endpoints.settle(delivery, { state, nextAt }, now))) return 'superseded';
    await stores.endpoints.log({
      id: decision.newId(),
      endpointId: endpoint.id,
      eventId: delivery.event.id,
      eventType: delivery.event.type,
      attempt: delivery.attempts,
      at: now,
      latencyMs: outcome.latencyMs,
      status: 'status' in outcome ? outcome.status : null,
      error,
    });
    if (error === null) {
      if (endpoint.failures > 0) await stores.endpoints.recovered(endpoint.id);
      return 'delivered';
    }
    const failing = await stores.endpoints.failed(endpoint.id, now);
    const isGone = 'status' in outcome && outcome.status === GONE;
    if (failing?.state === 'enabled' && (isGone || isGivenUp(failing, now, eventsOut))) {
      await this.disable(stores, failing, isGone, decision);
    }
    return state === 'given-up' ? 'given-up' : 'failed';
  }

  private async disable(
    stores: Stores,
    { id, failures }: EndpointRecord,
    isGone: boolean,
    decision: Decision,
  ): Promise<void> {
    const { disableAfterHours } = decision.policy.eventsOut;
    const reason = isGone
      ? 'it answered 410 Gone'
      : `${failures} tries failed in a row, over more than ${disableAfterHours} hours`;
    const change = { state: 'disabled', stateReason: reason, stateBy: decision.actor } as const;
    await stores.endpoints.change(id, change, { at: decision.now, raiseVersion: true });
    await audit(stores, decision, {
      action: 'webhook-endpoint.disable',
      subjectType: 'webhook-endpoint',
      subjectId: id,
      reason,
      change: { failures },
    });
    await announce(stores, decision, 'webhook-endpoint.disabled', { endpointId: id, reason });
    this.logger.warn({ what: 'An endpoint for events was disabled', endpoint: id, reason });
  }
}

/** What an endpoint gets: the type, when it happened by the fleet's clock, and the event's own data. */
export function bodyOf({ type, at, data }: DeliveryRecord['event']): string {
  return JSON.stringify({ type, timestamp: new Date(at).toISOString(), data });
}

/** Null when the endpoint took the event: any 2xx. */
function errorOf(outcome: PostOutcome): string | null {
  if ('fault' in outcome) return `${outcome.fault}: ${outcome.detail}`;
  if (outcome.status >= 200 && outcome.status < 300) return null;
  if (outcome.status >= 300 && outcome.status < 400) {
    return `status ${outcome.status}: an endpoint that sends on is not followed`;
  }
  return `status ${outcome.status}`;
}
