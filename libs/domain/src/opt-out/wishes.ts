import { DAY_MS, type EpochMs } from '../kernel/time';

/** A later ordinary message of a suppressed person may be answered for this long. */
const REPLY_ALLOWED_MS = DAY_MS;

/**
 * What a person has told us about being written to. What they said counts by when they said it, not by when we heard of
 * it: the same words in any order of arrival come to the same.
 */
export interface Wishes {
  /** The latest stop, unless it was taken back since. */
  readonly suppressedAt: EpochMs | null;
  /** The latest word that takes a stop back, said whether or not a stop was known then. */
  readonly liftedAt: EpochMs | null;
  /** Until then replies are permitted, although a stop stands. */
  readonly replyAllowedUntil: EpochMs | null;
}

export const NOTHING_WISHED: Wishes = {
  suppressedAt: null,
  liftedAt: null,
  replyAllowedUntil: null,
};

/**
 * They said stop at `at`. One that was taken back since changes nothing. `lastWroteAt` is their latest message of any
 * kind that is known: what they wrote after the stop may be answered, also when the stop is heard of later.
 */
export function afterStop(wishes: Wishes, at: EpochMs, lastWroteAt: EpochMs | null): Wishes {
  const { liftedAt, replyAllowedUntil } = wishes;
  if (liftedAt !== null && at < liftedAt) return wishes;
  const suppressedAt = Math.max(wishes.suppressedAt ?? at, at);
  const answeredTo = replyAllowedUntil === null ? -Infinity : replyAllowedUntil - REPLY_ALLOWED_MS;
  const wroteAt = Math.max(answeredTo, lastWroteAt ?? -Infinity);
  return {
    suppressedAt,
    liftedAt,
    replyAllowedUntil: wroteAt > suppressedAt ? wroteAt + REPLY_ALLOWED_MS : null,
  };
}

/** They said at `at` that we may write again: that takes back what was said before it, and is remembered. */
export function afterStart(wishes: Wishes, at: EpochMs): Wishes {
  const liftedAt = Math.max(wishes.liftedAt ?? at, at);
  const stands = wishes.suppressedAt !== null && wishes.suppressedAt >= at;
  return stands
    ? { ...wishes, liftedAt }
    : { suppressedAt: null, liftedAt, replyAllowedUntil: null };
}

/** They wrote something ordinary at `at`: after a stop it may be answered for a day, and nothing more. */
export function afterMessage(wishes: Wishes, at: EpochMs): Wishes {
  const { suppressedAt, replyAllowedUntil } = wishes;
  if (suppressedAt === null || at <= suppressedAt) return wishes;
  return {
    ...wishes,
    replyAllowedUntil: Math.max(replyAllowedUntil ?? -Infinity, at + REPLY_ALLOWED_MS),
  };
}
