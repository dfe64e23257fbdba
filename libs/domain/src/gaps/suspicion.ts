import { type EpochMs, HOUR_MS, MINUTE_MS } from '../kernel/time';

/** Why messages of a line may have been missed. */
export type GapCause = 'asked' | 'was-down' | 'resubscribed' | 'rejected' | 'quiet' | 'sweep';

export interface GapSuspicion {
  readonly cause: GapCause;
  /** The instant of the sign: a reading that began at or after it settles it. */
  readonly at: EpochMs;
}

/** What hints at lost events on all lines. */
export interface GapSigns {
  /** An operator wants to know. */
  readonly asked: boolean;
  /** When somebody last looked for these signs; null: nobody ever did. */
  readonly lookedAt: EpochMs | null;
  /** When the newest subscription to the provider's events was made. */
  readonly subscribedAt: EpochMs | null;
  /** When a delivery was last turned away for good. */
  readonly rejectedAt: EpochMs | null;
  /** Whether the provider tries each delivery once only, so that any hitch loses one. */
  readonly isToldOnce: boolean;
}

/** The signs are looked for every five minutes: after three missed looks we were away. The provider retries for longer. */
const AWAY_MS = 15 * MINUTE_MS;
/** Anybody can send us what we reject, so it makes us read no more often than this. */
const REJECTED_EVERY_MS = HOUR_MS;
/** Without any sign: a lost event here and there shows in nothing else. */
const SWEEP_EVERY_MS = 24 * HOUR_MS;
/** The same where nothing is delivered a second time: a stop that was lost must not be for a day. */
const SWEEP_EVERY_MS_IF_TOLD_ONCE = HOUR_MS;

/**
 * Whether a line's messages must be read back, given when they last were; the strongest sign decides. Null when
 * nothing hints at a gap.
 */
export function suspectGap(
  readAt: EpochMs,
  isQuiet: boolean,
  { asked, lookedAt, subscribedAt, rejectedAt, isToldOnce }: GapSigns,
  now: EpochMs,
): GapSuspicion | null {
  if (asked) return { cause: 'asked', at: now };
  if (lookedAt !== null && now - lookedAt > AWAY_MS) return { cause: 'was-down', at: now };
  if (subscribedAt !== null && subscribedAt > readAt) {
    return { cause: 'resubscribed', at: subscribedAt };
  }
  if (rejectedAt !== null && rejectedAt > readAt && now - readAt >= REJECTED_EVERY_MS) {
    return { cause: 'rejected', at: rejectedAt };
  }
  const hour = now - (now % HOUR_MS);
  if (isQuiet && hour > readAt) return { cause: 'quiet', at: hour };
  const sweep = readAt + (isToldOnce ? SWEEP_EVERY_MS_IF_TOLD_ONCE : SWEEP_EVERY_MS);
  return now >= sweep ? { cause: 'sweep', at: sweep } : null;
}

/** Fewer than this in the usual hours is a line on which silence happens by chance: e^-10 is one in 22,000. */
const USUAL_MESSAGES = 10;

/** Nothing came in or went out in hours in which much usually does. `before`: the same hours of the days before. */
export function isOddlyQuiet(messages: number, before: readonly number[]): boolean {
  const total = before.reduce((sum, each) => sum + each, 0);
  return messages === 0 && total >= USUAL_MESSAGES * Math.max(1, before.length);
}
