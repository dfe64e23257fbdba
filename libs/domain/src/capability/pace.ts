import { DAY_MS, type EpochMs, HOUR_MS, MINUTE_MS, SECOND_MS } from '../kernel/time';

/** Linq lets a line make one capability check in ten seconds (its guide to capability checks). */
export const CHECK_EVERY_MS = 10 * SECOND_MS;

/**
 * For so long a check that is under way keeps its line and its handle: well beyond the ten seconds that the provider is
 * waited for, so that only a process that died gives them back this way.
 */
export const CHECK_HELD_MS = 30 * SECOND_MS;

/** A line from which a check failed lets others try first: longer than the first pause of a failed check. */
const TROUBLED_MS = MINUTE_MS;
/** What the provider says is believed up to here. */
const LONGEST_REST_MS = HOUR_MS;

const FIRST_PAUSE_MS = 30 * SECOND_MS;
const LONGEST_PAUSE_MS = 10 * MINUTE_MS;
/** An answer that was not to be had in a day serves nobody who still waits for it. */
const ASKED_FOR_MS = DAY_MS;

/** How a check went, as far as its line is concerned. `limited`: the provider said to wait, for so many seconds if it said. */
export type CheckEnd =
  | { readonly kind: 'answered' }
  | { readonly kind: 'failed' }
  | { readonly kind: 'limited'; readonly retryAfterSeconds: number | null };

/**
 * When a line may make its next check. Counted from the end of the last one, the provider sees two of them at least ten
 * seconds apart, however long each was on its way.
 */
export function slotFreeAt(end: CheckEnd, endedAt: EpochMs): EpochMs {
  if (end.kind === 'answered') return endedAt + CHECK_EVERY_MS;
  if (end.kind === 'failed') return endedAt + TROUBLED_MS;
  const told = (end.retryAfterSeconds ?? 0) * SECOND_MS;
  return endedAt + Math.min(LONGEST_REST_MS, Math.max(CHECK_EVERY_MS, told));
}

/**
 * When a check without an answer is made again; null: it is given up, and nothing is known. `attempts`: tries that failed.
 * The pauses double from half a minute to ten minutes.
 */
export function nextCheckAt(
  check: { readonly askedAt: EpochMs; readonly attempts: number },
  now: EpochMs,
  maxTries: number,
): EpochMs | null {
  if (check.attempts >= maxTries || now - check.askedAt >= ASKED_FOR_MS) return null;
  const pause = FIRST_PAUSE_MS * 2 ** Math.max(0, check.attempts - 1);
  return now + Math.min(LONGEST_PAUSE_MS, pause);
}

/** What is known of a handle at `now`: an answer holds until it expires. Null: nothing. */
export function knownImessage(
  answer: { readonly imessage: boolean | null; readonly expiresAt: EpochMs | null },
  now: EpochMs,
): boolean | null {
  return answer.expiresAt !== null && now < answer.expiresAt ? answer.imessage : null;
}
