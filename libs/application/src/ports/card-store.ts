import type { EpochMs, FleetOutlook, SendClass, UserPrior } from '@linekeeper/domain';

export type Sureness = 'sent' | 'delivered' | 'known';

export interface KnownNumberRecord {
  readonly userId: string;
  readonly lineId: string;
  readonly sureness: Sureness;
  readonly position: number;
}

/** What a pool has learned of its days and its users, up to and with the closed budget day `day`. */
export interface LearnedForecast {
  readonly day: string;
  readonly outlook: FleetOutlook;
  readonly prior: UserPrior;
}

export interface PoolRecord {
  readonly id: string;
  readonly slug: string;
  readonly name: string;
  readonly timeZone: string;
  readonly cardProfile: unknown;
  readonly cardRevisedAt: EpochMs;
  readonly createdAt: EpochMs;
  /** Null until the first day is closed. */
  readonly learned: LearnedForecast | null;
}

export abstract class PoolStore {
  abstract insert(pool: PoolRecord): Promise<void>;
  abstract list(): Promise<PoolRecord[]>;
  abstract bySlug(slug: string): Promise<PoolRecord | null>;
  abstract byId(id: string): Promise<PoolRecord | null>;
  abstract setCardProfile(id: string, profile: unknown, revisedAt: EpochMs): Promise<void>;
  abstract setLearned(id: string, learned: LearnedForecast): Promise<void>;
  /** The classes that wait for want of live lines. False when they are the same as before. */
  abstract setShedClasses(id: string, classes: readonly SendClass[]): Promise<boolean>;
  /** Locks the pool's row until the transaction ends: every change of its lines' sums happens under it. */
  abstract lock(id: string): Promise<void>;
}

export interface CardRecord {
  readonly version: string;
  readonly poolId: string;
  readonly numbers: readonly string[];
  readonly vcf: string;
  readonly createdAt: EpochMs;
}

/** What a card that is made now would have on it. */
export interface CardNumbers {
  readonly poolId: string;
  /** Another one as soon as anything of the pool has changed. */
  readonly poolVersion: string;
  /** In the order of the card. */
  readonly numbers: readonly string[];
}

/** Why somebody is to be given a card: they never had one, or what they had no longer holds. */
export type CardDue = 'none' | 'stale';

/** Somebody who is to be given a card, and writes with us just now. */
export interface CardOwed {
  readonly userId: string;
  readonly poolId: string;
  readonly why: CardDue;
}

/** A card on its way to a person as a message, under the hold of the gate it goes with. */
export interface CardMessageRecord {
  /** The hold's. */
  readonly sendId: string;
  readonly userId: string;
  readonly version: string;
  /** `asked` until the provider tells of the message; `sent`, `delivered`; `failed`: it never went, or never arrived. */
  readonly state: 'asked' | 'sent' | 'delivered' | 'failed';
  readonly at: EpochMs;
}

/** What has become of a card message since it was looked at. */
export interface CardMessageNews extends CardMessageRecord {
  readonly before: CardMessageRecord['state'];
}

export abstract class CardStore {
  abstract byVersion(version: string): Promise<CardRecord | null>;
  /** Those of these versions that were never made. Far cheaper than reading them: a card carries its photo. */
  abstract unmade(versions: readonly string[]): Promise<string[]>;
  /** The numbers of a person's cards as they would be now, one for each of their places. Nobody's: none. One round trip. */
  abstract numbersNow(userId: string): Promise<CardNumbers[]>;
  /** Keeps cards, in one statement; a version that exists stays as it is. */
  abstract keep(cards: readonly CardRecord[]): Promise<void>;
  /** Notes that a card went to a person. Idempotent by id. */
  abstract recordSent(entry: {
    id: string;
    userId: string;
    version: string;
    channel: string;
    actor: string;
    at: EpochMs;
  }): Promise<void>;
  /**
   * Takes back that a card went, by the id it was noted under: it never arrived. Numbers that are held for `sent` because of
   * it alone are not held any more. Idempotent.
   */
  abstract takeBackSent(id: string): Promise<void>;
  /**
   * Why this user is to be given a card; null when they are not. `none`: no card of this pool ever went to them. `stale`: a
   * number on the last one is that of a retired line, or a fallback they have was never given to them. That their line
   * is another one now makes no card stale.
   */
  abstract due(userId: string, poolId: string): Promise<CardDue | null>;
  /** How many users with a place in these pools (none named: in all) are to be given a card. */
  abstract countDue(poolIds: readonly string[]): Promise<{ none: number; stale: number }>;
  /**
   * Users who are to be given a card and whose thread was active since then, those without a card first, then whoever
   * was active last. In that thread they wrote, and we have written to them after it. Left out: who said stop, who was sent
   * a card by message since `tried`, and whose card is stale but who was given one unasked since `reissued`.
   */
  abstract owed(query: {
    activeSince: EpochMs;
    tried: EpochMs;
    reissued: EpochMs;
    limit: number;
  }): Promise<CardOwed[]>;
  /** What the provider calls the uploaded file of a card; null while it was not uploaded. */
  abstract attachment(version: string): Promise<string | null>;
  abstract keepAttachment(version: string, attachmentId: string): Promise<void>;
  abstract addMessage(message: CardMessageRecord): Promise<void>;
  /**
   * Card messages since then whose state is behind what is known of their message, with the state they are to be in. One
   * whose hold has closed without a message has failed, until its message is found after all.
   */
  abstract messagesBehind(since: EpochMs, limit: number): Promise<CardMessageNews[]>;
  abstract advanceMessage(sendId: string, state: CardMessageRecord['state']): Promise<void>;
  abstract sentTo(userId: string): Promise<{ version: string; channel: string; at: EpochMs }[]>;
  /** Raises how sure we are that the person holds these numbers (sent < delivered < known); never lowers it. */
  abstract know(entries: readonly KnownNumberRecord[], at: EpochMs): Promise<void>;
  abstract known(userIds: readonly string[]): Promise<KnownNumberRecord[]>;
}
