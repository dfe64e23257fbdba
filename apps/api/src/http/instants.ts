import type { EpochMs } from '@linekeeper/domain';

/** An instant as the contract writes it: RFC 3339 in UTC with milliseconds. */
export function instant(at: EpochMs): string {
  return new Date(at).toISOString();
}

export function instantOrNull(at: EpochMs | null): string | null {
  return at === null ? null : instant(at);
}
