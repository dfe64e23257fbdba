import type { EpochMs, UserHistory, UserRate, Wishes } from '@linekeeper/domain';
import type { AssignmentState } from './assignment-store';
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

/** What the app tells of a person; null or empty until it does. */
export type UserDetails = Pick<
  UserRecord,
  'externalId' | 'timeZone' | 'labels' | 'consent' | 'expectedPerDay'
>;

/** What a person wishes, and who or what said so last. */
export interface SuppressionRecord extends Wishes {
  readonly source: string;
  readonly reason: string;
  readonly actor: string;
  readonly updatedAt: EpochMs;
}

/** A user's rate before a day is taken in, with the assignment whose load follows from it. */
export interface RateToClose {
  readonly userId: string;
  readonly assignmentId: string;
  readonly lineId: string;
  readonly state: AssignmentState;
  readonly placedAt: EpochMs;
  readonly rate: UserRate | null;
  readonly history: UserHistory;
  readonly expectedPerDay: number | null;
  readonly messages: number;
  readonly meanMilli: number;
  readonly varianceMilli: number;
}

export interface ClosedRate {
  readonly userId: string;
  readonly assignmentId: string;
  readonly rate: UserRate;
  readonly history: UserHistory;
  readonly closedDay: string;
  readonly meanMilli: number;
  readonly varianceMilli: number;
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
  /**
   * Several with their handles. False when somebody has one of the handles or external ids: then the transaction must be
   * given up.
   */
  abstract insertAll(users: readonly Omit<UserRecord, 'suppression'>[]): Promise<boolean>;
  /**
   * Of each whether nothing is known: neither handle nor external id is anybody's, the handle is no line of ours, and
   * nobody with that handle said stop before they were erased.
   */
  abstract strangers(
    people: readonly {
      readonly handle: string;
      readonly externalId: string | null;
      readonly optOutHashes: readonly string[];
    }[],
  ): Promise<boolean[]>;
  /** The user of this id. An alias finds the person it was merged into, whose `id` is another one. */
  abstract byId(id: string): Promise<UserRecord | null>;
  /** Ids of users who turned out to be this person, oldest first. */
  abstract aliases(userId: string): Promise<string[]>;
  /** Time zones of these users, as far as the app told them. */
  abstract zones(userIds: readonly string[]): Promise<ReadonlyMap<string, string>>;
  abstract byHandle(value: string): Promise<UserRecord | null>;
  abstract byHandles(values: readonly string[]): Promise<UserRecord[]>;
  /** An external id that a merged user had finds the person it was merged into. */
  abstract byExternalId(externalId: string): Promise<UserRecord | null>;
  abstract list(filter: UserFilter): Promise<UserRecord[]>;
  /** Writes details that were not known. Call it under the lock of a pool; an external id is unique. */
  abstract fill(userId: string, details: Partial<UserDetails>): Promise<void>;
  /** Adds a handle. False when another user holds it. */
  abstract addHandle(userId: string, handle: ParsedHandle, at: EpochMs): Promise<boolean>;
  /** What the person wishes; locks the person until the transaction ends, so that no wish overwrites another. */
  abstract lockWishes(userId: string): Promise<SuppressionRecord | null>;
  /** Replaces what is known of the person's wishes; call it under {@link lockWishes}. */
  abstract suppress(userId: string, record: SuppressionRecord): Promise<void>;
  /** Remembers since when the holders of these handles were suppressed; null forgets them. Idempotent. */
  abstract keepOptOuts(
    handleHashes: readonly string[],
    suppressedAt: EpochMs | null,
    at: EpochMs,
  ): Promise<void>;
  /** Since when whoever one of these hashes stands for was suppressed, at the latest; null: none is remembered. */
  abstract keptOptOut(handleHashes: readonly string[]): Promise<EpochMs | null>;
  /** Who is suppressed, of those with a place in one of `poolIds`; none named: of all. */
  abstract suppressed(page: {
    limit: number;
    after?: string;
    poolIds?: readonly string[];
  }): Promise<{ userId: string; suppression: SuppressionRecord }[]>;
  /**
   * Takes a closed budget day into the rates of users assigned in the pool before it ended, at `dayEndsAt`: those whose
   * day is not closed yet, at most `limit`, with what they said and were told that day. Ordered by user id, after `after`.
   */
  abstract ratesToClose(query: {
    poolId: string;
    day: string;
    dayEndsAt: EpochMs;
    limit: number;
    after?: string;
  }): Promise<RateToClose[]>;
  /**
   * Of the users assigned in a pool: when the first was placed of whom no day is closed yet, and the oldest last closed
   * day of the others; null where there are none.
   */
  abstract oldestOpenRates(
    poolId: string,
  ): Promise<{ readonly placedAt: EpochMs | null; readonly closedDay: string | null }>;
  /** Stores closed rates, and the load of their assignments, in one statement each. */
  abstract saveRates(rates: readonly ClosedRate[]): Promise<void>;
  /**
   * Histories of at least `minDays` normal days, of those who have or had a place in the pool; of more than `limit`
   * an even sample, the same each time.
   */
  abstract histories(poolId: string, minDays: number, limit: number): Promise<UserHistory[]>;
  /** Removes handles, labels and consent, those of aliases too, and keeps the rows; the user's as erased. */
  abstract erase(userId: string, at: EpochMs): Promise<void>;
}
