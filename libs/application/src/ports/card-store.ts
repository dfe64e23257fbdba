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

export abstract class CardStore {
  abstract byVersion(version: string): Promise<CardRecord | null>;
  /** Keeps a card; a version that exists stays as it is. */
  abstract keep(card: CardRecord): Promise<void>;
  abstract recordSent(entry: {
    id: string;
    userId: string;
    version: string;
    channel: string;
    actor: string;
    at: EpochMs;
  }): Promise<void>;
  abstract sentTo(userId: string): Promise<{ version: string; channel: string; at: EpochMs }[]>;
  /** Raises how sure we are that the person holds these numbers (sent < delivered < known); never lowers it. */
  abstract know(entries: readonly KnownNumberRecord[], at: EpochMs): Promise<void>;
  abstract known(userIds: readonly string[]): Promise<KnownNumberRecord[]>;
}
