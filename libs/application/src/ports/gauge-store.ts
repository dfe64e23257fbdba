import type { EpochMs } from '@linekeeper/domain';
import type { FailoverState } from './failover-store';

/** Counts for the metrics: one query each, over an index or a sample, so that they stay cheap in a large fleet. */
export abstract class GaugeStore {
  abstract inbox(): Promise<{
    pending: number;
    dead: number;
    oldestPendingAt: EpochMs | null;
  }>;
  /** Failovers that have not ended. */
  abstract failovers(): Promise<{ state: FailoverState; count: number }[]>;
  abstract needsIntroduction(): Promise<number>;
  /**
   * Of about `sample` placed people, or of all when there are no more, the shares (0 to 1) who hold one of these
   * lines beside their own; 1 when nobody is placed.
   */
  abstract coverage(
    usableLineIds: readonly string[],
    sample: number,
  ): Promise<{ sent: number; delivered: number; known: number }>;
}
