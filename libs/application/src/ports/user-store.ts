import type { EpochMs, UserRate } from '@linekeeper/domain';
import type { ParsedHandle } from './handle-parser';

export interface UserRecord {
  readonly id: string;
  readonly externalId: string | null;
  readonly timeZone: string | null;
  readonly labels: readonly string[];
  readonly consent: { readonly source: string; readonly at: string } | null;
  readonly expectedPerDay: number | null;
  readonly discovered: boolean;
  readonly createdAt: EpochMs;
  readonly erasedAt: EpochMs | null;
  readonly handles: readonly ParsedHandle[];
  readonly suppression: SuppressionRecord | null;
}

export interface SuppressionRecord {
  /** Null: not suppressed (any more). */
  readonly suppressedAt: EpochMs | null;
  readonly source: string;
  readonly reason: string;
  readonly actor: string;
  readonly replyAllowedUntil: EpochMs | null;
  readonly updatedAt: EpochMs;
}

export interface UserFilter {
  readonly handle?: string;
  readonly externalId?: string;
  readonly lineId?: string;
  readonly state?: string;
  readonly poolIds?: readonly string[];
  readonly limit: number;
  /** The id of the last user of the page before. */
  readonly after?: string;
}

export abstract class UserStore {
  abstract insert(user: Omit<UserRecord, 'suppression'>): Promise<void>;
  abstract byId(id: string): Promise<UserRecord | null>;
  abstract byHandle(value: string): Promise<UserRecord | null>;
  abstract byExternalId(externalId: string): Promise<UserRecord | null>;
  abstract list(filter: UserFilter): Promise<UserRecord[]>;
  /** Adds a handle. False when another user holds it. */
  abstract addHandle(userId: string, handle: ParsedHandle, at: EpochMs): Promise<boolean>;
  abstract suppress(userId: string, record: SuppressionRecord): Promise<void>;
  abstract suppressed(page: {
    limit: number;
    after?: string;
  }): Promise<{ userId: string; suppression: SuppressionRecord }[]>;
  abstract rates(userIds: readonly string[]): Promise<Map<string, UserRate & { closedDay: string }>>;
  abstract saveRates(
    rates: readonly { userId: string; rate: UserRate; closedDay: string }[],
  ): Promise<void>;
  /** Removes handles, labels and consent and keeps the row as erased. */
  abstract erase(userId: string, at: EpochMs): Promise<void>;
}
