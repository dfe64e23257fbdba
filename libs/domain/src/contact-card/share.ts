import { hash32 } from '../kernel/hash';
import type { FleetPolicy } from '../fleet-policy';
import { DAY_MS, type EpochMs, HOUR_MS, MINUTE_MS } from '../kernel/time';

/** A thread as sharing looks at it. */
export interface ShareState {
  readonly chatId: string;
  /** What its line speaks: each version of the provider has its own way of wanting the card. */
  readonly apiVersion: 'v2' | 'v3';
  readonly hasInbound: boolean;
  readonly hasOutbound: boolean;
  readonly lastActivityAt: EpochMs;
  readonly lastSharedAt: EpochMs | null;
  /** Shares of the card as it is now. */
  readonly shares: number;
  /** Whether the card that was last shared looked otherwise. */
  readonly changedSince: boolean;
  /** Refusals of the provider since the last share that went well, and when the latest was. */
  readonly refusals: number;
  readonly refusedAt: EpochMs | null;
}

/** A share waits up to this part of its interval longer, the same for a thread each time: threads do not fall together. */
const JITTER = 0.1;
/** Refused so often in a row, a thread is left alone until the card changes: what refuses it is not going away. */
const MAX_REFUSALS = 3;

/** Why the card is not shared into a thread now; null when it is. */
export type WhyNotShare = 'too-early' | 'idle' | 'enough' | 'not-yet' | 'backing-off' | 'given-up';

/**
 * Decides for one thread. On V3 it waits until both sides have written, as Linq demands there; on V2 until we have, because
 * V2 wants the card right after the thread was made. Refused, it waits a day, then twice that, then for another card. A changed
 * card is shared at the next activity, whenever the last share was, and its shares are counted anew.
 */
export function whyNotShare(
  state: ShareState,
  now: EpochMs,
  { cards }: Pick<FleetPolicy, 'cards'>,
): WhyNotShare | null {
  const needsInbound = state.apiVersion === 'v3';
  if (!state.hasOutbound || (needsInbound && !state.hasInbound)) return 'too-early';
  if (state.lastActivityAt + cards.shareActiveWithinMinutes * MINUTE_MS < now) return 'idle';
  if (state.changedSince) return null;
  if (state.refusals >= MAX_REFUSALS) return 'given-up';
  if (state.refusedAt !== null && state.refusals > 0) {
    const waitMs = DAY_MS * 2 ** (state.refusals - 1);
    if (state.refusedAt + waitMs > now) return 'backing-off';
  }
  if (state.shares >= cards.maxShares) return 'enough';
  if (state.lastSharedAt === null) return null;
  const everyMs = cards.shareEveryHours * HOUR_MS;
  const jitterMs = Math.floor(everyMs * JITTER * (hash32(state.chatId) / 2 ** 32));
  return state.lastSharedAt + everyMs + jitterMs > now ? 'not-yet' : null;
}
