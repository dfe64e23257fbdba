import type { EpochMs, FleetPolicy } from '@linekeeper/domain';
import type { ApiVersion } from './api-version';

export const ROLES = ['viewer', 'app', 'operator', 'admin'] as const;
export type Role = (typeof ROLES)[number];

export const ACTUATORS = [
  'gate',
  'admission',
  'ejection',
  'failover',
  'rebalance',
  'share',
  're-issue',
] as const;
export type Actuator = (typeof ACTUATORS)[number];
export type ActuatorMode = 'observe' | 'propose' | 'auto';

export interface EnvironmentRecord {
  readonly name: string;
  readonly frozenAt: EpochMs | null;
  readonly actuators: Readonly<Record<Actuator, ActuatorMode>>;
  /** Until then an operator brings a new webhook secret in; null: nobody does. */
  readonly webhookRotationUntil: EpochMs | null;
  /** When a delivery was last turned away for good, to some minutes; null: none was. */
  readonly webhooksRejectedAt: EpochMs | null;
}

export abstract class EnvironmentStore {
  abstract get(): Promise<EnvironmentRecord | null>;
  abstract create(environment: EnvironmentRecord, at: EpochMs): Promise<void>;
  abstract setFrozen(at: EpochMs | null): Promise<void>;
  abstract setWebhookRotation(until: EpochMs | null): Promise<void>;
  /** A delivery was turned away at `at`. */
  abstract noteRejected(at: EpochMs): Promise<void>;
  abstract setActuators(actuators: EnvironmentRecord['actuators']): Promise<void>;
}

/** Who made a version of the policy, and why. */
export interface PolicyVersionRecord {
  readonly version: number;
  readonly actor: string;
  readonly reason: string;
  readonly at: EpochMs;
}

export abstract class PolicyStore {
  abstract newest(): Promise<{ version: number; document: FleetPolicy } | null>;
  abstract byVersion(version: number): Promise<FleetPolicy | null>;
  /** Lets one transaction at a time make a version. Held until it ends. */
  abstract lock(): Promise<void>;
  /** The newest first, without their documents. */
  abstract list(page: { limit: number; before?: number }): Promise<PolicyVersionRecord[]>;
  abstract record(version: number): Promise<PolicyVersionRecord | null>;
  /** Inserts the version; throws when it exists. */
  abstract insert(version: {
    version: number;
    document: FleetPolicy;
    actor: string;
    reason: string;
    at: EpochMs;
  }): Promise<void>;
}

export interface AuditRecord {
  readonly id: string;
  readonly at: EpochMs;
  readonly actor: string;
  readonly action: string;
  readonly subjectType: string;
  readonly subjectId: string;
  readonly reason: string;
  readonly change: unknown;
  readonly policyVersion: number;
}

export abstract class AuditStore {
  abstract append(entry: AuditRecord): Promise<void>;
  /**
   * The newest first. With `poolIds` only deeds on lines, assignments, failovers and people of these pools; what
   * concerns the whole fleet is left out.
   */
  abstract list(page: {
    limit: number;
    after?: string;
    subjectId?: string;
    poolIds?: readonly string[];
  }): Promise<AuditRecord[]>;
}

export interface OutboxRecord {
  readonly id: string;
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly at: EpochMs;
}

/** A place in the outbox: a transaction, and an event within it. */
export interface OutboxCursor {
  readonly xid: bigint;
  readonly seq: number;
}

/** An event as it stands in the outbox: its own number, and the transaction that wrote it. */
export interface StoredEvent extends OutboxRecord, OutboxCursor {}

/** What happened, in the transaction in which it happened. Handles never appear in the data, users do by id. */
export abstract class OutboxStore {
  abstract append(events: readonly OutboxRecord[]): Promise<void>;
  /**
   * What comes after a cursor and is there for good, in the order of the transactions that wrote it, and the cursor to go
   * on from. Numbers are given out before a transaction ends, so only this order misses nothing.
   */
  abstract after(
    cursor: OutboxCursor,
    limit: number,
  ): Promise<{ events: StoredEvent[]; cursor: OutboxCursor }>;
  /** Before everything that is not there for good yet. */
  abstract cursorNow(): Promise<OutboxCursor>;
  /** Before everything that happened at `at` or later. */
  abstract cursorAt(at: EpochMs): Promise<OutboxCursor>;
  /** Before the newest `count` events that are there for good. */
  abstract cursorBefore(count: number): Promise<OutboxCursor>;
  /** After the event with this number; when it is not kept any more, before the first with a higher one. */
  abstract cursorAfterSeq(seq: number): Promise<OutboxCursor>;
  abstract byId(id: string): Promise<(OutboxRecord & { seq: number }) | null>;
  /** The pools each event concerns, by its seq: empty for one that concerns the whole fleet. */
  abstract poolsOf(events: readonly { readonly seq: number }[]): Promise<Map<number, string[]>>;
}

export interface ApiKeyRecord {
  readonly id: string;
  readonly name: string;
  /** The first characters of the key, which tell it apart; not secret. */
  readonly prefix: string;
  readonly hash: string;
  readonly role: Role;
  readonly poolIds: readonly string[];
  readonly createdAt: EpochMs;
  readonly expiresAt: EpochMs | null;
  readonly revokedAt: EpochMs | null;
}

export interface PageSessionRecord {
  readonly tokenHash: string;
  readonly kind: 'link' | 'session';
  readonly role: Role;
  readonly createdAt: EpochMs;
  readonly expiresAt: EpochMs;
  readonly usedAt: EpochMs | null;
}

export abstract class KeyStore {
  abstract insert(key: ApiKeyRecord): Promise<void>;
  abstract byPrefix(prefix: string): Promise<ApiKeyRecord | null>;
  abstract list(): Promise<ApiKeyRecord[]>;
  /** False when there is no such key or it is revoked already. */
  abstract revoke(id: string, at: EpochMs): Promise<boolean>;
  abstract insertSession(session: PageSessionRecord): Promise<void>;
  /** Takes an unused, unexpired link: single use. Null otherwise. */
  abstract takeLink(tokenHash: string, now: EpochMs): Promise<PageSessionRecord | null>;
  abstract session(tokenHash: string, now: EpochMs): Promise<PageSessionRecord | null>;
  /** A session that runs ends at `now`. Idempotent. */
  abstract endSession(tokenHash: string, now: EpochMs): Promise<void>;
}

export abstract class LeaseStore {
  /**
   * The fencing token when the lease was free, had expired or its holder has died; null while a run holds it, be it one
   * of this process.
   */
  abstract take(name: string, holder: string, now: EpochMs, ttlMs: number): Promise<bigint | null>;
}

export interface JobRunRecord {
  readonly name: string;
  readonly lastRunAt: EpochMs;
  readonly lastResult: unknown;
  readonly lastError: string | null;
}

/** What a job proposed, and what became of it. */
export interface ProposalRecord {
  readonly id: string;
  readonly kind: string;
  readonly body: unknown;
  readonly policyVersion: number;
  readonly at: EpochMs;
  readonly version: number;
  readonly appliedAt: EpochMs | null;
  readonly result: unknown;
}

export abstract class JobStore {
  abstract runs(): Promise<JobRunRecord[]>;
  /**
   * Gives the job's lease back and records its run, in one statement. False, and nothing is written, when the token
   * is no longer the newest: whoever took the lease over has the newer word.
   */
  abstract finish(run: JobRunRecord, token: bigint, now: EpochMs): Promise<boolean>;
  abstract insertProposal(proposal: {
    id: string;
    kind: string;
    body: unknown;
    policyVersion: number;
    at: EpochMs;
  }): Promise<void>;
  abstract latestProposal(kind: string): Promise<ProposalRecord | null>;
  /** The row, locked until the transaction ends. */
  abstract lockProposal(id: string): Promise<ProposalRecord | null>;
  /** It was carried out: its version rises. */
  abstract applied(id: string, result: unknown, at: EpochMs): Promise<void>;
}

export interface IdempotencyAnswer {
  readonly requestHash: string;
  /** Null while the first request is under way. */
  readonly status: number | null;
  readonly response: unknown;
}

export abstract class IdempotencyStore {
  /** Claims the key. Null when it is ours now; otherwise what stands there. Expired ones (24 h) are taken over. */
  abstract claim(key: string, requestHash: string, now: EpochMs): Promise<IdempotencyAnswer | null>;
  abstract answer(key: string, status: number, response: unknown): Promise<void>;
  /** Gives the key back after a fault, so that the caller may try again. */
  abstract forget(key: string): Promise<void>;
}

export interface SubscriptionRecord {
  /** The provider's, of its version. */
  readonly id: string;
  readonly apiVersion: ApiVersion;
  readonly targetUrl: string;
  /** As the secret box sealed it. */
  readonly secret: string;
  readonly createdAt: EpochMs;
  readonly lastVerifiedAt: EpochMs | null;
  readonly retiredAt: EpochMs | null;
}

export abstract class SubscriptionStore {
  /** Not retired; of one version, or of all. */
  abstract active(version?: ApiVersion): Promise<SubscriptionRecord[]>;
  /** Not retired, or retired after `since`: deliveries that were signed before may still be on their way. */
  abstract usable(since: EpochMs, version: ApiVersion): Promise<SubscriptionRecord[]>;
  /** In the place of one of the same version and id, should the provider have given an id twice. */
  abstract insert(subscription: SubscriptionRecord): Promise<void>;
  abstract retire(id: string, at: EpochMs): Promise<void>;
  /** The first delivery that its secret signed came. Idempotent. */
  abstract proved(id: string, at: EpochMs): Promise<void>;
  /** Deliveries of a version still come: noted for each of its active subscriptions whose secret has proved itself. */
  abstract verified(at: EpochMs, version: ApiVersion): Promise<void>;
  /** Blanks the secrets of what was retired before: nothing is signed with them any more. Idempotent. */
  abstract forgetSecrets(retiredBefore: EpochMs): Promise<void>;
  /** Puts a secret that was sealed anew in the place of `before`; nothing happens when another one stands there. */
  abstract reseal(id: string, before: string, secret: string): Promise<void>;
}
