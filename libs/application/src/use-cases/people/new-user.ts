import type { EpochMs } from '@linekeeper/domain';
import type { UserRecord } from '../../ports';
import type { Said } from './known-person';

/** Somebody took the handle or external id between our look and our write. */
export class LostRace extends Error {}

/** Somebody whom an app brings. */
export interface NewUser extends Said {
  readonly handle?: string | undefined;
  readonly pool?: string | undefined;
  readonly startedBy: 'inbound' | 'outbound';
  /** What a full pool does with them; default: it refuses. */
  readonly onFull?: 'refuse' | 'wait-list' | undefined;
  /** A UUID for the user that this request makes without a handle; a repetition within a day answers with that user. */
  readonly workId?: string | undefined;
}

/** What is known of them at first; their handles are added once it is clear that they are nobody else's. */
export function userFrom(input: NewUser, id: string, now: EpochMs): UserRecord {
  return {
    id,
    externalId: input.externalId ?? null,
    timeZone: input.timeZone ?? null,
    labels: input.labels ?? [],
    consent: input.consent ?? null,
    expectedPerDay: input.expectedMessagesPerDay ?? null,
    discovered: false,
    createdAt: now,
    erasedAt: null,
    handles: [],
    suppression: null,
  };
}
