import { Injectable } from '@nestjs/common';
import type { EpochMs } from '@linekeeper/domain';
import type { Actor } from '../../actor';
import {
  type AttemptRecord,
  type DeliveryRecord,
  type DeliveryState,
  type EndpointRecord,
  type Stores,
  UnitOfWork,
} from '../../ports';
import { Refusal } from '../../refusal';
import { audit, type Decision, Decisions } from '../shared';
import { wantedBy } from './hand-out';
import { notFound } from './manage-endpoints';

/** What to send again: one event, or all since an instant. */
export type ReplayWish = { readonly eventId: string } | { readonly since: EpochMs };

/** Sends again what an endpoint may have missed, under the ids that the events had, and shows what was sent. */
@Injectable()
export class ReplayEvents {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly decisions: Decisions,
  ) {}

  /**
   * Due at once, with a day of tries before it; of many, the older come first. Refuses an endpoint that is disabled
   * (`endpoint.disabled`) and an event that its filter leaves out (`event.not_found`).
   */
  async execute(id: string, wish: ReplayWish, reason: string, actor: Actor): Promise<void> {
    const decision = await this.decisions.begin(actor);
    await this.unitOfWork.run(async (stores) => {
      const endpoint = await stores.endpoints.lock(id);
      if (!endpoint) throw notFound(id);
      if (endpoint.state === 'disabled') {
        throw new Refusal('endpoint.disabled', `Enable it first: ${endpoint.stateReason}`);
      }
      if ('eventId' in wish) await one(stores, endpoint, wish.eventId, decision);
      else await allSince(stores, endpoint, wish.since, decision);
      await audit(stores, decision, {
        action: 'webhook-endpoint.replay',
        subjectType: 'webhook-endpoint',
        subjectId: id,
        reason,
        change: 'since' in wish ? { since: new Date(wish.since).toISOString() } : wish,
      });
    });
  }

  async deliveries(
    id: string,
    page: { limit: number; after?: string; state?: DeliveryState },
  ): Promise<DeliveryRecord[]> {
    await this.known(id);
    return this.unitOfWork.read.endpoints.deliveries(id, page);
  }

  async attempts(
    id: string,
    page: { limit: number; after?: string; eventId?: string },
  ): Promise<AttemptRecord[]> {
    await this.known(id);
    return this.unitOfWork.read.endpoints.attempts(id, page);
  }

  private async known(id: string): Promise<void> {
    if (!(await this.unitOfWork.read.endpoints.byId(id))) throw notFound(id);
  }
}

async function one(
  stores: Stores,
  endpoint: EndpointRecord,
  eventId: string,
  decision: Decision,
): Promise<void> {
  const event = await stores.outbox.byId(eventId);
  const everSince = { ...endpoint, wantsSince: 0 };
  const [wanted] = event ? await wantedBy(stores, everSince, [event]) : [];
  if (!wanted) throw new Refusal('event.not_found', 'No such event is for this endpoint');
  const delivery = { deliveryId: decision.newId(), seq: wanted.seq };
  await stores.endpoints.queue(endpoint.id, [delivery], decision.now, decision.now);
}

/** The cursor goes back; handing out opens again what ended before this instant. */
async function allSince(
  stores: Stores,
  endpoint: EndpointRecord,
  since: EpochMs,
  { now }: Decision,
): Promise<void> {
  if (since > now) throw new Refusal('request.invalid', 'since: that instant has not come yet');
  const cursor = await stores.outbox.cursorAt(since);
  const change = { cursor, wantsSince: since, replayedAt: now };
  await stores.endpoints.change(endpoint.id, change, { at: now, raiseVersion: false });
}
