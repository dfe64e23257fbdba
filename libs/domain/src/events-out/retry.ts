import { type EpochMs, HOUR_MS, SECOND_MS } from '../kernel/time';

/** The second try follows soon: most faults of an endpoint are a restart. Each later one waits three times as long. */
const FIRST_WAIT_MS = 5 * SECOND_MS;
const FACTOR = 3;
const MAX_WAIT_MS = 4 * HOUR_MS;
/** A wait is this share of its length at least, so that endpoints that failed together are not tried together. */
const LEAST_SHARE = 0.5;

/**
 * When a delivery whose `attempts`-th try (from 1) has just failed is tried again; null: never, because it would be
 * later than `retryHours` after it was queued. `chance` is uniform in [0, 1).
 */
export function nextTryAt(
  delivery: { readonly queuedAt: EpochMs; readonly attempts: number },
  now: EpochMs,
  retryHours: number,
  chance: number,
): EpochMs | null {
  const whole = Math.min(MAX_WAIT_MS, FIRST_WAIT_MS * FACTOR ** (delivery.attempts - 1));
  const wait = Math.round(whole * (LEAST_SHARE + (1 - LEAST_SHARE) * chance));
  const at = now + wait;
  return at > delivery.queuedAt + retryHours * HOUR_MS ? null : at;
}

/** Tries that failed since the last one that went well. */
export interface FailingEndpoint {
  readonly failures: number;
  /** When the first of them was; null when there is none. */
  readonly failingSince: EpochMs | null;
}

/**
 * Whether an endpoint is to be left alone until somebody looks at it: it has failed often enough, and for long enough,
 * so that neither a burst of events in a bad minute nor one event in a bad night does it.
 */
export function isGivenUp(
  endpoint: FailingEndpoint,
  now: EpochMs,
  limits: { readonly disableAfterFailures: number; readonly disableAfterHours: number },
): boolean {
  if (endpoint.failingSince === null || endpoint.failures < limits.disableAfterFailures)
    return false;
  return now - endpoint.failingSince >= limits.disableAfterHours * HOUR_MS;
}
