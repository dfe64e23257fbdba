import type { OutboundText } from '@linekeeper/application';
import { type EpochMs, SECOND_MS } from '@linekeeper/domain';
import type { ListedMessage } from './answers';

/**
 * V2 tells whole seconds, and its clock may go a little differently from ours. Little, because a message that is not
 * recognised is asked for again under its key, while another one that is taken for it would be lost.
 */
const TOLERANCE_MS = 5 * SECOND_MS;

/** What a look at the chat says of a send whose answer was lost. */
export type Trace =
  | { readonly kind: 'found'; readonly number: string }
  | { readonly kind: 'absent' }
  /** Several messages could be it. */
  | { readonly kind: 'ambiguous' };

/** Finds a message of ours among those of its chat: V2 tells no keys, so by line, text and time. */
export function traceOf(
  listed: readonly ListedMessage[],
  { fromPhoneNumber, text }: OutboundText,
  firstTryAt: EpochMs,
): Trace {
  const numbers = new Set(
    listed
      .filter((each) => each.from === fromPhoneNumber && each.text === text)
      .filter(({ at }) => at !== null && at >= firstTryAt - TOLERANCE_MS)
      .map(({ number }) => number),
  );
  const [number] = numbers;
  if (number === undefined) return { kind: 'absent' };
  return numbers.size === 1 ? { kind: 'found', number } : { kind: 'ambiguous' };
}
