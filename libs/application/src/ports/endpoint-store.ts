import type { EpochMs } from '@linekeeper/domain';
import type { EventType } from '../events';
import type { OutboxCursor, OutboxRecord } from './admin-store';

/** Where a customer hears of what happens. */
export interface EndpointRecord {
  readonly id: string;
  readonly url: string;
  readonly description: string;
  /** Empty: every type. */
  readonly eventTypes: readonly EventType[];
  /** Empty: every pool, and what concerns the whole fleet. */
  readonly poolIds: readonly string[];
  readonly state: 'enabled' | 'disabled';
  readonly stateReason: string;
  readonly stateBy: string;
  /** As the secret box sealed it. The one from before signs beside it until `previousUntil`. */
  readonly secret: string;
  readonly previousSecret: string | null;
  readonly previousUntil: EpochMs | null;
  /** The events up to here have been handed out. */
  readonly cursor: OutboxCursor;
  /** What happened before is not for it. */
  readonly wantsSince: EpochMs;
  /** What ended before it is opened again when the cursor passes over it. */
  readonly replayedAt: EpochMs | null;
  /** Tries that failed since the last that went well, and when the first of them was. */
  readonly failures: number;
  readonly failingSince: EpochMs | null;
  readonly version: number;
  readonly createdAt: EpochMs;
  readonly updatedAt: EpochMs;
}

export type EndpointChange = Partial<
  Pick<
    EndpointRecord,
    | 'url'
    | 'description'
    | 'eventTypes'
    | 'poolIds'
    | 'state'
    | 'stateReason'
    | 'stateBy'
    | 'secret'
    | 'previousSecret'
    | 'previousUntil'
    | 'cursor'
    | 'wantsSince'
    | 'replayedAt'
    | 'failures'
    | 'failingSince'
  >
>;

export const DELIVERY_STATES = ['pending', 'delivered', 'given-up'] as const;
export type DeliveryState = (typeof DELIVERY_STATES)[number];

/** One event on its way to one endpoint. */
export interface DeliveryRecord {
  readonly id: string;
  readonly endpointId: string;
  readonly event: OutboxRecord;
  readonly state: DeliveryState;
  /** Tries begun. */
  readonly attempts: number;
  readonly nextAt: EpochMs;
  readonly queuedAt: EpochMs;
  readonly endedAt: EpochMs | null;
}

/** One try, as the log keeps it. */
export interface AttemptRecord {
  readonly id: string;
  readonly endpointId: string;
  readonly eventId: string;
  readonly eventType: string;
  readonly attempt: number;
  readonly at: EpochMs;
  readonly latencyMs: number;
  readonly status: number | null;
  readonly error: string | null;
}

/** Endpoints of customers, and what is on its way to them. */
export abstract class EndpointStore {
  abstract list(): Promise<EndpointRecord[]>;
  abstract byId(id: string): Promise<EndpointRecord | null>;
  /** The row, locked until the transaction ends; null when it is gone, or, with `skipLocked`, in other hands. */
  abstract lock(id: string, skipLocked?: boolean): Promise<EndpointRecord | null>;
  /** The enabled ones that something is to be handed out to or posted to now. */
  abstract waiting(now: EpochMs): Promise<string[]>;
  abstract insert(endpoint: EndpointRecord): Promise<void>;
  /** `raiseVersion`: it is a change of an operator. */
  abstract change(
    id: string,
    change: EndpointChange,
    meta: { readonly at: EpochMs; readonly raiseVersion: boolean },
  ): Promise<void>;
  /** With all its deliveries and its log. */
  abstract remove(id: string): Promise<void>;
  /**
   * Makes a delivery of each event, due at once. One that is there already stays as it is; if it ended or was queued before
   * `reopenBefore`, it begins anew. Answers how many are due now because of this call.
   */
  abstract queue(
    endpointId: string,
    events: readonly { readonly deliveryId: string; readonly seq: number }[],
    reopenBefore: EpochMs | null,
    at: EpochMs,
  ): Promise<number>;
  /**
   * Takes up to `limit` deliveries that are due, the longest due first, and begins a try of each: nobody else gets them
   * before `until`. In one statement; of several processes each gets others.
   */
  abstract claim(
    endpointId: string,
    limit: number,
    now: EpochMs,
    until: EpochMs,
  ): Promise<DeliveryRecord[]>;
  /**
   * The end of the try that {@link claim} began. False, and nothing is written, when that try is not the newest any more
   * or the delivery has ended. `nextAt` null: no further try.
   */
  abstract settle(
    delivery: Pick<DeliveryRecord, 'id' | 'attempts'>,
    outcome: { readonly state: DeliveryState; readonly nextAt: EpochMs | null },
    at: EpochMs,
  ): Promise<boolean>;
  abstract log(attempt: AttemptRecord): Promise<void>;
  /** A try failed: counted on the endpoint. Answers what it then looks like; null when it is gone. */
  abstract failed(id: string, at: EpochMs): Promise<EndpointRecord | null>;
  /** A try went well: what failed before is forgotten. Idempotent. */
  abstract recovered(id: string): Promise<void>;
  abstract deliveries(
    endpointId: string,
    page: { limit: number; after?: string; state?: DeliveryState },
  ): Promise<DeliveryRecord[]>;
  /** The newest first. */
  abstract attempts(
    endpointId: string,
    page: { limit: number; after?: string; eventId?: string },
  ): Promise<AttemptRecord[]>;
  /** How many deliveries of each endpoint are in each state. */
  abstract counts(): Promise<
    { readonly endpointId: string; readonly state: DeliveryState; readonly count: number }[]
  >;
  /** Forgets what ended before, at most `limit` rows of each kind. Answers how many were forgotten. */
  abstract prune(before: EpochMs, limit: number): Promise<number>;
}
