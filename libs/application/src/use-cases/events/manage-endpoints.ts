import { Injectable } from '@nestjs/common';
import { HOUR_MS } from '@linekeeper/domain';
import type { Actor } from '../../actor';
import type { EventType } from '../../events';
import {
  type DeliveryState,
  type EndpointChange,
  type EndpointRecord,
  EventPoster,
  type Stores,
  UnitOfWork,
} from '../../ports';
import { Refusal } from '../../refusal';
import { announce, audit, type Decision, Decisions } from '../shared';
import { EndpointSecrets } from './endpoint-secrets';

/** Each is a place that every event may have to go to: a handful is what an app needs. */
export const MAX_ENDPOINTS = 20;

export interface EndpointInput {
  readonly url: string;
  readonly description: string;
  readonly eventTypes: readonly EventType[];
  readonly poolIds: readonly string[];
}

export interface EndpointView {
  readonly endpoint: EndpointRecord;
  readonly counts: Readonly<Record<DeliveryState, number>>;
}

/** An operator's change: the version it was made from (null: whatever is there), and why. */
export interface EndpointDeed {
  readonly basedOn: number | null;
  readonly reason: string;
}

/** The places where a customer hears of what happens. A secret in clear leaves here once. */
@Injectable()
export class ManageEndpoints {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly decisions: Decisions,
    private readonly secrets: EndpointSecrets,
    private readonly poster: EventPoster,
  ) {}

  async list(): Promise<EndpointView[]> {
    const { endpoints } = this.unitOfWork.read;
    const [all, counts] = await Promise.all([endpoints.list(), endpoints.counts()]);
    return all.map((endpoint) => {
      const own = counts.filter(({ endpointId }) => endpointId === endpoint.id);
      const of = (state: DeliveryState): number =>
        own.find((each) => each.state === state)?.count ?? 0;
      return {
        endpoint,
        counts: {
          pending: of('pending'),
          delivered: of('delivered'),
          'given-up': of('given-up'),
        },
      };
    });
  }

  async get(id: string): Promise<EndpointView> {
    const view = (await this.list()).find(({ endpoint }) => endpoint.id === id);
    if (!view) throw notFound(id);
    return view;
  }

  /** It hears of what happens from now on. Refuses an address that may not be posted to, and one too many. */
  async create(
    input: EndpointInput,
    reason: string,
    actor: Actor,
  ): Promise<{ endpoint: EndpointRecord; secret: string }> {
    const decision = await this.decisions.begin(actor);
    await this.refuseAddress(input.url);
    const id = decision.newId();
    const secret = this.secrets.make(id);
    const endpoint = await this.unitOfWork.run(async (stores) => {
      await refusePools(stores, input.poolIds);
      if ((await stores.endpoints.list()).length >= MAX_ENDPOINTS) {
        throw new Refusal('endpoint.too_many', `At most ${MAX_ENDPOINTS}`, { max: MAX_ENDPOINTS });
      }
      const made: EndpointRecord = {
        ...input,
        ...{ id, state: 'enabled', stateReason: reason, stateBy: decision.actor },
        ...{ secret: secret.sealed, previousSecret: null, previousUntil: null },
        cursor: await stores.outbox.cursorNow(),
        ...{ wantsSince: decision.now, replayedAt: null, failures: 0, failingSince: null },
        ...{ version: 1, createdAt: decision.now, updatedAt: decision.now },
      };
      await stores.endpoints.insert(made);
      await auditOf(stores, decision, 'create', id, reason, input);
      return made;
    });
    return { endpoint, secret: secret.plain };
  }

  async edit(
    id: string,
    edit: Partial<EndpointInput>,
    deed: EndpointDeed,
    actor: Actor,
  ): Promise<EndpointRecord> {
    if (edit.url !== undefined) await this.refuseAddress(edit.url);
    return this.change(id, deed, actor, async (stores, decision) => {
      await refusePools(stores, edit.poolIds ?? []);
      await auditOf(stores, decision, 'edit', id, deed.reason, edit);
      return edit;
    });
  }

  /**
   * Enables it, from now on: what happened while it was disabled is sent when it is asked for by a replay. Disabled,
   * nothing is sent; what was under way goes on once it is enabled, within the day that it is tried for. Idempotent.
   */
  async setState(
    id: string,
    state: EndpointRecord['state'],
    deed: EndpointDeed,
    actor: Actor,
  ): Promise<EndpointRecord> {
    return this.change(id, deed, actor, async (stores, decision, before) => {
      if (before.state === state) return null;
      await auditOf(stores, decision, state === 'enabled' ? 'enable' : 'disable', id, deed.reason, {
        failures: before.failures,
      });
      await announce(stores, decision, `webhook-endpoint.${state}`, {
        endpointId: id,
        reason: deed.reason,
      });
      const set = { state, stateReason: deed.reason, stateBy: decision.actor };
      if (state === 'disabled') return set;
      return {
        ...set,
        ...{ failures: 0, failingSince: null, wantsSince: decision.now },
        cursor: await stores.outbox.cursorNow(),
      };
    });
  }

  /** A new secret; the one from before signs beside it for the overlap of the policy, and for no longer. */
  async rotateSecret(
    id: string,
    deed: EndpointDeed,
    actor: Actor,
  ): Promise<{ endpoint: EndpointRecord; secret: string }> {
    const secret = this.secrets.make(id);
    const endpoint = await this.change(id, deed, actor, async (stores, decision, before) => {
      const { secretOverlapHours } = decision.policy.eventsOut;
      const previousUntil = decision.now + secretOverlapHours * HOUR_MS;
      await auditOf(stores, decision, 'rotate-secret', id, deed.reason, {
        previousUntil: new Date(previousUntil).toISOString(),
      });
      return { secret: secret.sealed, previousSecret: before.secret, previousUntil };
    });
    return { endpoint, secret: secret.plain };
  }

  async remove(id: string, reason: string, actor: Actor): Promise<void> {
    const decision = await this.decisions.begin(actor);
    await this.unitOfWork.run(async (stores) => {
      const before = await stores.endpoints.lock(id);
      if (!before) throw notFound(id);
      await stores.endpoints.remove(id);
      await auditOf(stores, decision, 'remove', id, reason, { url: before.url });
    });
  }

  private async change(
    id: string,
    { basedOn }: EndpointDeed,
    actor: Actor,
    work: (
      stores: Stores,
      decision: Decision,
      before: EndpointRecord,
    ) => Promise<EndpointChange | null>,
  ): Promise<EndpointRecord> {
    const decision = await this.decisions.begin(actor);
    return this.unitOfWork.run(async (stores) => {
      const before = await stores.endpoints.lock(id);
      if (!before) throw notFound(id);
      if (basedOn !== null && basedOn !== before.version) {
        throw new Refusal('precondition.stale', `Version ${before.version} is the current one`, {
          current: before.version,
          given: basedOn,
        });
      }
      const change = await work(stores, decision, before);
      if (change === null) return before;
      await stores.endpoints.change(id, change, { at: decision.now, raiseVersion: true });
      return (await stores.endpoints.byId(id)) ?? before;
    });
  }

  private async refuseAddress(url: string): Promise<void> {
    const why = await this.poster.refusal(url);
    if (why !== null) throw new Refusal('endpoint.address', `url: ${why}`);
  }
}

export const notFound = (id: string): Refusal =>
  new Refusal('endpoint.not_found', `There is no endpoint ${id}`);

async function refusePools(stores: Stores, poolIds: readonly string[]): Promise<void> {
  for (const poolId of poolIds) {
    if (!(await stores.pools.byId(poolId))) {
      throw new Refusal('pool.not_found', `There is no pool ${poolId}`);
    }
  }
}

function auditOf(
  stores: Stores,
  decision: Decision,
  deed: string,
  subjectId: string,
  reason: string,
  change: unknown,
): Promise<void> {
  const action = `webhook-endpoint.${deed}`;
  return audit(stores, decision, {
    ...{ action, subjectType: 'webhook-endpoint', subjectId, reason, change },
  });
}
