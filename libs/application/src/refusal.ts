/**
 * Every answer of the kind "no, because": a stable code and what it means. Clients may rely on the codes; the
 * HTTP status of each stands in the API's problem filter.
 */
export const REFUSALS = {
  'request.invalid': 'The request does not have the expected form',
  'request.malformed': 'The body is not valid JSON',
  'request.too_large': 'The body is larger than allowed',
  'request.headers_too_large': 'The headers are larger or more than allowed',
  'request.timeout': 'The request did not arrive in time',
  'request.unsupported_media_type': 'The body must be JSON, and not compressed',
  'request.url_malformed': 'The address is not a valid URL',
  'request.url_too_long': 'A part of the address is longer than allowed',
  'route.not_found': 'There is nothing at this address',
  'method.not_allowed': 'This address does not take that method',
  'auth.missing': 'No API key was given',
  'auth.invalid': 'The API key is unknown, expired or revoked',
  'rate.limited': 'Too many requests, or too many failed tries',
  'auth.forbidden': 'The role of this key does not allow this',
  'handle.invalid':
    'The handle is neither a possible phone number in international form nor an email address',
  'handle.taken': 'The handle belongs to another user',
  'handle.own_line': 'The handle is one of our own lines',
  'external_id.taken': 'The external id belongs to another user',
  'time_zone.invalid': 'The time zone is not an IANA zone',
  'pool.not_found': 'There is no such pool',
  'pool.ambiguous': 'The user has assignments in several pools: name one',
  'user.not_found': 'There is no such user',
  'user.erased': 'The user was erased',
  'user.merge_self': 'A user cannot be merged into themself',
  'user.merge_foreign_pool': 'One of the users has a place in a pool that this key does not see',
  'assignment.not_found': 'The user has no assignment',
  'assignment.illegal_state': 'The assignment does not allow this now',
  'assignment.busy': 'Too many placements at once: try again',
  'code.too_many_open': 'Too many open reservation codes for this key',
  'photo.unfit': 'The photo cannot go on a card',
  'photo.address': 'The address of the photo is not one that may be fetched from',
  'photo.unreachable': 'The photo could not be fetched',
  'card.version_unknown': 'That card version was never made for this user',
  'fleet.no_capacity': 'No line can take another user now',
  'fleet.frozen': 'The fleet is frozen',
  'line.not_found': 'There is no such line',
  'line.exists': 'There is a line with this number already',
  'line.illegal_step': 'The line does not allow this step now',
  'line.not_ready': 'The line is not ready to go into service',
  'line.disruption_budget': 'Too much of the pool would be out at once',
  'line.not_at_provider': 'The provider does not list this number',
  'chat.not_found': 'No thread with this id was seen on our lines',
  'chat.not_group': 'The thread is with one person: ask by userId or handle',
  'send.not_found': 'There is no such reservation',
  'send.closed': 'The reservation is closed already',
  'failover.not_found': 'There is no such failover',
  'failover.illegal_step': 'The failover does not allow this step now',
  'job.not_found': 'There is no such job',
  'job.running': 'The job runs elsewhere at this moment',
  'inbox.not_found': 'There is no such dead letter',
  'key.not_found': 'There is no such key',
  'endpoint.not_found': 'There is no such endpoint for events',
  'endpoint.address': 'Events may not be posted to this address',
  'endpoint.too_many': 'There are as many endpoints as may be',
  'endpoint.disabled': 'The endpoint is disabled',
  'event.not_found': 'There is no such event',
  'rebalance.not_found': 'There is no such proposal',
  'rebalance.applied': 'The proposal was carried out already',
  'rebalance.stale': 'The proposal does not fit the fleet of now',
  'policy.not_found': 'There is no such version of the policy',
  'policy.invalid': 'The policy has unknown keys or values out of range',
  'policy.crossed': 'Two thresholds of the policy contradict each other',
  'precondition.stale': 'The version named in If-Match is not the current one',
  'idempotency.mismatch': 'The Idempotency-Key was used with another request',
  'idempotency.in_progress': 'The first request with this Idempotency-Key is still under way',
  'webhook.signature': 'The signature does not hold',
  'webhook.unavailable': 'The event could not be stored: send it again',
  'provider.unavailable': 'The messaging provider cannot be reached',
  'gateway.v2_not_available': 'The V2 paths of the gateway are not available',
  'simulation.not_found': 'There is no such simulation, or it is no longer kept',
  'simulation.running': 'Another simulation runs: one at a time',
  'simulation.too_large': 'The simulation would take too long',
  'service.unavailable': 'A part the service needs is not available',
} as const;

export type RefusalCode = keyof typeof REFUSALS;

/** A refusal on its way to the caller. `details` says which value was wrong and what is allowed. */
export class Refusal extends Error {
  constructor(
    readonly code: RefusalCode,
    readonly detail: string,
    readonly extra: Readonly<Record<string, unknown>> = {},
  ) {
    super(`${code}: ${detail}`);
    this.name = 'Refusal';
  }
}
