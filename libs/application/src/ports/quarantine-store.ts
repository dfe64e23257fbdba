import type { EpochMs } from '@linekeeper/domain';
import type { ApiVersion } from './api-version';

/** A delivery whose signature no known secret made, while one may be on its way to us. */
export interface QuarantinedWebhook {
  /** Tells it apart, so that a delivery that is sent again is kept once. */
  readonly id: string;
  /** At the address of which version it came. */
  readonly apiVersion: ApiVersion;
  readonly body: Buffer;
  /** The headers that signatures are made with. */
  readonly headers: Readonly<Record<string, string>>;
  /** The address it came from. */
  readonly source: string;
  readonly receivedAt: EpochMs;
  readonly expiresAt: EpochMs;
}

export interface QuarantineBounds {
  readonly rows: number;
  readonly bytes: number;
  readonly rowsPerSource: number;
}

export abstract class QuarantineStore {
  /**
   * Keeps it unless a bound is reached: then false. Idempotent by id. In a transaction, whose other work should be short:
   * bounds then hold however many come at once.
   */
  abstract add(webhook: QuarantinedWebhook, bounds: QuarantineBounds): Promise<boolean>;
  /** The oldest that have not expired. */
  abstract list(now: EpochMs, limit: number): Promise<QuarantinedWebhook[]>;
  abstract remove(ids: readonly string[]): Promise<void>;
  /** Answers how many went. */
  abstract removeExpired(now: EpochMs): Promise<number>;
  abstract counts(): Promise<{ count: number; bytes: number; oldestAt: EpochMs | null }>;
}
