import type { EpochMs } from '@linekeeper/domain';

/** A message of ours whose end no webhook will tell, so that the provider has to be asked for it. */
export interface OpenOutcome {
  readonly messageId: string;
  readonly sentAt: EpochMs;
  /** How often it was asked for in vain. */
  readonly asked: number;
  readonly nextAt: EpochMs;
}

export abstract class OutcomeStore {
  /** Those that are noted already are left as they are. */
  abstract open(outcomes: readonly OpenOutcome[]): Promise<void>;
  /** Which to ask for, the longest due first. */
  abstract due(now: EpochMs, limit: number): Promise<OpenOutcome[]>;
  /** It was asked for in vain once more. */
  abstract askAgain(messageId: string, nextAt: EpochMs): Promise<void>;
  /** Known, or given up. Idempotent. */
  abstract close(messageIds: readonly string[]): Promise<void>;
}
