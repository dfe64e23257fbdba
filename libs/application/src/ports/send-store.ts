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
  /** Of a send to a group: its thread when the gate answered. The user id is then the group's key. */
  readonly groupChatId?: string | null;
}

/** What an answer of the gate rests on, as it was when the gate looked. */
export interface SendBasis {
  readonly assignmentId: string;
  readonly assignmentEpoch: number;
  /** Of the line that the message leaves from. */
  readonly lineEpoch: number;
  readonly suppressedAt: EpochMs | null;
  readonly frozenAt: EpochMs | null;
  /** The first send on a reservation: with it the reservation stops expiring. */
  readonly marksFirstSend: boolean;
  /** The text of a send that is no reply: it takes one of the places that the same text has within a window. */
  readonly text: {
    /** The app's hash of it. */
    readonly hash: string;
    readonly since: EpochMs;
    readonly limit: number;
    /** False: it is only counted, however often it went out. */
    readonly enforced: boolean;
  } | null;
}

/** The admitted answers of the gate. */
export abstract class SendStore {
  /**
   * Writes an admitted answer in one statement, provided that what it rests on is still so: no move, no change of the
   * line, no stop, no freeze has been committed since, and its text has a place left. False, and nothing written, when it is not. Should its user
   * become an alias at this very moment, it is the person's send from the start.
   */
  abstract insert(send: SendRecord, basis: SendBasis): Promise<boolean>;
  /** Forgets texts that nobody has sent since then. */
  abstract forgetTexts(before: EpochMs): Promise<void>;
  abstract byIds(ids: readonly string[]): Promise<SendRecord[]>;
  /**
   * Notes seen messages; a send all of whose messages were seen is settled, whatever its state was. Answers with
   * how many messages of each are still without news.
   */
  abstract noteSeen(
    seen: readonly { id: string; messages: number }[],
    at: EpochMs,
  ): Promise<{ id: string; lineId: string; left: number }[]>;
  /** Of these people from these lines, whose messages may still be on their way; the first admitted first. */
  abstract openOf(userIds: readonly string[], lineIds: readonly string[]): Promise<SendRecord[]>;
  /**
   * Those from lines that were lost, whose messages may still be on their way, admitted between two instants; the first
   * admitted first.
   */
  abstract openOnLostLines(query: {
    readonly after: EpochMs;
    readonly before: EpochMs;
    readonly limit: number;
  }): Promise<SendRecord[]>;
  /** Compare and set from `open` or `unknown`. False when it was closed already. */
  abstract close(
    id: string,
    state: 'released' | 'expired' | 'unknown',
    at: EpochMs,
  ): Promise<boolean>;
  /** Messages that a pool's lines were let send since then, by class. */
  abstract classesSince(poolId: string, since: EpochMs): Promise<Map<SendClass, number>>;
  /** Open or of unknown fate, past their expiry. */
  abstract expired(now: EpochMs, limit: number): Promise<SendRecord[]>;
}
