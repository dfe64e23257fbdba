import type { EpochMs, SendClass } from '@linekeeper/domain';

export interface SendRecord {
  readonly id: string;
  readonly userId: string;
  readonly lineId: string;
  readonly assignmentEpoch: number;
  readonly class: SendClass;
  readonly messages: number;
  /** How many of its messages were seen at the provider. */
  readonly settledMessages: number;
  readonly newConversation: boolean;
  /** `unknown`: sent or not, nobody knows; the hold stays until news or expiry. */
  readonly state: 'open' | 'settled' | 'released' | 'expired' | 'unknown';
  readonly policyVersion: number;
  readonly admittedAt: EpochMs;
  readonly expiresAt: EpochMs;
  readonly closedAt: EpochMs | null;
}

/** The admitted answers of the gate. */
export abstract class SendStore {
  /** False when the id exists. Of a user who has just become an alias it is the person's send from the start. */
  abstract insert(send: SendRecord): Promise<boolean>;
  abstract byIds(ids: readonly string[]): Promise<SendRecord[]>;
  /** Notes seen messages; a send all of whose messages were seen is settled, whatever its state was. */
  abstract noteSeen(seen: readonly { id: string; messages: number }[], at: EpochMs): Promise<void>;
  /** Compare and set from `open` or `unknown`. False when it was closed already. */
  abstract close(
    id: string,
    state: 'released' | 'expired' | 'unknown',
    at: EpochMs,
  ): Promise<boolean>;
  /** Open or of unknown fate, past their expiry. */
  abstract expired(now: EpochMs, limit: number): Promise<SendRecord[]>;
}
