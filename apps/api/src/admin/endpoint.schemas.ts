import {
  type AttemptRecord,
  DELIVERY_STATES,
  type DeliveryRecord,
  type EndpointView,
  EVENT_TYPES,
} from '@linekeeper/application';
import { z } from 'zod';
import { instant, instantOrNull } from '../http/instants';
import { pageOf, pageQuery } from '../http/pagination';

export const reason = z.string().trim().min(1).max(500).describe('Why; kept in the audit');
export const reasonBody = z.strictObject({ reason });

const url = z
  .url()
  .max(2_000)
  .describe('https, at a public host; where EVENTS_TO_LOOPBACK allows it also http://127.0.0.1');
const description = z.string().trim().max(200);
const eventTypes = z
  .array(z.enum(EVENT_TYPES))
  .max(EVENT_TYPES.length)
  .describe('Which events; empty: all, also types to come');
const poolIds = z
  .array(z.uuid())
  .max(100)
  .describe('Of which pools; empty: all, and what concerns the whole fleet');

export const endpointBody = z.strictObject({
  url,
  description: description.default(''),
  eventTypes: eventTypes.default([]),
  poolIds: poolIds.default([]),
  reason,
});
export const endpointEdit = z.strictObject({
  url: url.optional(),
  description: description.optional(),
  eventTypes: eventTypes.optional(),
  poolIds: poolIds.optional(),
  reason,
});
export const replayBody = z.union([
  z.strictObject({ eventId: z.uuid().describe('The webhook-id'), reason }),
  z.strictObject({ since: z.iso.datetime({ offset: true }), reason }),
]);
export const deliveriesQuery = pageQuery.extend({ state: z.enum(DELIVERY_STATES).optional() });
export const attemptsQuery = pageQuery.extend({ eventId: z.uuid().optional() });

const at = z.string().describe('RFC 3339');
const endpointAnswer = z.object({
  id: z.string(),
  url: z.string(),
  description: z.string(),
  eventTypes: z.array(z.enum(EVENT_TYPES)),
  poolIds: z.array(z.string()),
  state: z.enum(['enabled', 'disabled']),
  stateReason: z.string(),
  stateBy: z.string(),
  previousSecretUntil: at.nullable().describe('Until then the secret from before signs as well'),
  failuresInARow: z.number().int(),
  failingSince: at.nullable(),
  deliveries: z.object({
    pending: z.number().int(),
    delivered: z.number().int(),
    givenUp: z.number().int(),
  }),
  version: z.number().int(),
  createdAt: at,
  updatedAt: at,
});
export const endpointsAnswer = pageOf(endpointAnswer);
export const withSecret = endpointAnswer
  .omit({ deliveries: true })
  .extend({ secret: z.string().describe('whsec_..., shown this once') });
export { endpointAnswer };

export const deliveriesAnswer = pageOf(
  z.object({
    eventId: z.string(),
    type: z.string(),
    at,
    state: z.enum(DELIVERY_STATES),
    attempts: z.number().int(),
    nextAt: at.nullable(),
    queuedAt: at,
    endedAt: at.nullable(),
  }),
);
export const attemptsAnswer = pageOf(
  z.object({
    eventId: z.string(),
    type: z.string(),
    attempt: z.number().int(),
    at,
    latencyMs: z.number().int(),
    status: z.number().int().nullable(),
    error: z.string().nullable(),
  }),
);

/** An endpoint as it may be shown: of its secrets only that there are two. */
export function bareEndpointView(endpoint: EndpointView['endpoint']) {
  return {
    id: endpoint.id,
    url: endpoint.url,
    description: endpoint.description,
    eventTypes: [...endpoint.eventTypes],
    poolIds: [...endpoint.poolIds],
    state: endpoint.state,
    stateReason: endpoint.stateReason,
    stateBy: endpoint.stateBy,
    previousSecretUntil: instantOrNull(endpoint.previousUntil),
    failuresInARow: endpoint.failures,
    failingSince: instantOrNull(endpoint.failingSince),
    version: endpoint.version,
    createdAt: instant(endpoint.createdAt),
    updatedAt: instant(endpoint.updatedAt),
  };
}

export function endpointView({ endpoint, counts }: EndpointView): z.infer<typeof endpointAnswer> {
  const { pending, delivered, 'given-up': givenUp } = counts;
  return { ...bareEndpointView(endpoint), deliveries: { pending, delivered, givenUp } };
}

export function deliveryView({ event, state, attempts, ...rest }: DeliveryRecord) {
  return {
    eventId: event.id,
    type: event.type,
    at: instant(event.at),
    state,
    attempts,
    nextAt: state === 'pending' ? instant(rest.nextAt) : null,
    queuedAt: instant(rest.queuedAt),
    endedAt: instantOrNull(rest.endedAt),
  };
}

export function attemptView({ eventId, eventType, attempt, at, ...rest }: AttemptRecord) {
  const { latencyMs, status, error } = rest;
  return { eventId, type: eventType, attempt, at: instant(at), latencyMs, status, error };
}
