import type { EventType } from '../../events';
import type { EndpointRecord, OutboxRecord, Stores } from '../../ports';
import type { Decision } from '../shared';

/** Events that one step hands out; a replay of a month goes on in the next. */
const PAGE = 500;

type NumberedEvent = OutboxRecord & { readonly seq: number };

/**
 * Makes a delivery of every event that an endpoint wants and has not been handed yet, up to a page, and moves its cursor on
 * in the same transaction. Call it under the lock of the endpoint. Answers whether there may be more.
 */
export async function handOut(
  stores: Stores,
  endpoint: EndpointRecord,
  decision: Decision,
): Promise<boolean> {
  const { events, cursor } = await stores.outbox.after(endpoint.cursor, PAGE);
  if (events.length === 0) return false;
  const wanted = await wantedBy(stores, endpoint, events);
  const deliveries = wanted.map(({ seq }) => ({ deliveryId: decision.newId(), seq }));
  await stores.endpoints.queue(endpoint.id, deliveries, endpoint.replayedAt, decision.now);
  await stores.endpoints.change(
    endpoint.id,
    { cursor },
    { at: endpoint.updatedAt, raiseVersion: false },
  );
  return events.length === PAGE;
}

/** Those of `events` that an endpoint is to hear of: by type, by pool, and not from before it wanted any. */
export async function wantedBy(
  stores: Stores,
  endpoint: EndpointRecord,
  events: readonly NumberedEvent[],
): Promise<NumberedEvent[]> {
  const { eventTypes, poolIds } = endpoint;
  const ofType = events.filter(
    ({ type, at }) =>
      at >= endpoint.wantsSince &&
      (eventTypes.length === 0 || eventTypes.includes(type as EventType)),
  );
  if (poolIds.length === 0 || ofType.length === 0) return ofType;
  const pools = await stores.outbox.poolsOf(ofType);
  return ofType.filter(({ seq }) => pools.get(seq)?.some((poolId) => poolIds.includes(poolId)));
}
