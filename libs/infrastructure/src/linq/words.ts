import { CHAT_HEALTHS, type ChatHealth, type ChatHealthNews } from '@linekeeper/application';
import type { EpochMs } from '@linekeeper/domain';
import { parseInstant } from './instants';

const REPUTATIONS = ['HEALTHY', 'AT_RISK', 'CRITICAL'] as const;
const STATUSES = ['ACTIVE', 'FLAGGED'] as const;

/** Every enum of the provider is open: a word we do not know is no word. */
function known<T extends string>(words: readonly T[], value: unknown): T | null {
  return words.find((word) => word === value) ?? null;
}

/** Linq writes a reputation as `{status}` in lists and as a plain word in webhooks. */
export function reputationOf(value: unknown): (typeof REPUTATIONS)[number] | null {
  return known(REPUTATIONS, inner(value));
}

export function statusOf(value: unknown): (typeof STATUSES)[number] | null {
  return known(STATUSES, inner(value));
}

export function chatHealthOf(value: unknown): ChatHealth | null {
  return known(CHAT_HEALTHS, inner(value));
}

/** The same with the instant since which it holds; `at` where the provider does not say. */
export function chatHealthNewsOf(value: unknown, at: EpochMs): ChatHealthNews | null {
  const health = chatHealthOf(value);
  if (health === null) return null;
  const since =
    typeof value === 'object' && value !== null && 'updated_at' in value ? value.updated_at : null;
  return { health, at: parseInstant(since) ?? at };
}

function inner(value: unknown): unknown {
  return typeof value === 'object' && value !== null && 'status' in value ? value.status : value;
}
