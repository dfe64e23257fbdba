import type { EpochMs } from '@linekeeper/domain';
import { parseInstant } from '../linq/instants';

/** V2's webhooks put a space before the offset: `2025-05-21 15:30:00 -0600`. Answers are RFC 3339. Null for all else. */
export function parseV2Instant(text: unknown): EpochMs | null {
  return parseInstant(typeof text === 'string' ? text.replace(/ ([+-]\d\d:?\d\d)$/, '$1') : text);
}
