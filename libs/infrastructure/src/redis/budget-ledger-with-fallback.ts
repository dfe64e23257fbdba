import { Logger } from '@nestjs/common';
import {
  BudgetLedger,
  type LedgerNews,
  type Metrics,
  type ReserveRequest,
} from '@linekeeper/application';
import type { EpochMs, HoldAnswer, LineUse } from '@linekeeper/domain';

/** After a failure the fast ledger is left alone for so long, in real time, so that nobody waits for it in vain. */
const REST_MS = 1_000;

/**
 * A fast ledger, and an exact one that decides while the fast one is away or slow. What happened meanwhile the fast
 * one does not know, so before it is asked again it has to forget what it holds and read the rows anew. That is dear, so
 * one late answer is no absence: each step may be taken twice, and is asked for once more before the other decides.
 */
export class BudgetLedgerWithFallback extends BudgetLedger {
  private readonly logger = new Logger('Ledger');
  /** Null while the fast one is in use. */
  private awaySince: number | null = null;
  private restUntilMs = 0;

  constructor(
    private readonly fast: BudgetLedger,
    private readonly exact: BudgetLedger,
    /** Real time that only goes forward. */
    private readonly monotonicMs: () => number,
    private readonly metrics: Metrics,
  ) {
    super();
  }

  reserve(request: ReserveRequest): Promise<HoldAnswer> {
    return this.ask(request.now, (ledger) => ledger.reserve(request));
  }

  /** Both forget it: the hold may have been taken while the other one decided. */
  async release(lineId: string, id: string, now: EpochMs): Promise<void> {
    await this.exact.release(lineId, id, now);
    await this.ask(now, (ledger) => ledger.release(lineId, id, now));
  }

  record(news: LedgerNews, now: EpochMs): Promise<void> {
    return this.ask(now, (ledger) => ledger.record(news, now));
  }

  usage(lineIds: readonly string[], now: EpochMs): Promise<Map<string, LineUse>> {
    return this.ask(now, (ledger) => ledger.usage(lineIds, now));
  }

  rebuild(now: EpochMs): Promise<void> {
    return this.ask(now, (ledger) => ledger.rebuild(now));
  }

  private async ask<T>(now: EpochMs, step: (ledger: BudgetLedger) => Promise<T>): Promise<T> {
    if (this.awaySince !== null && this.monotonicMs() < this.restUntilMs) return step(this.exact);
    try {
      if (this.awaySince !== null) await this.comeBack(now);
      return await step(this.fast).catch(() => step(this.fast));
    } catch (error) {
      this.goAway(error);
      return step(this.exact);
    }
  }

  private async comeBack(now: EpochMs): Promise<void> {
    await this.fast.rebuild(now);
    if (this.awaySince !== null) {
      const seconds = Math.round((this.monotonicMs() - this.awaySince) / 1_000);
      this.logger.warn({ what: 'The fast ledger is back and reads the rows anew', seconds });
    }
    this.awaySince = null;
  }

  private goAway(error: unknown): void {
    const nowMs = this.monotonicMs();
    if (this.awaySince === null) {
      this.awaySince = nowMs;
      this.metrics.count('linekeeper_ledger_fallbacks_total', {});
      const why = error instanceof Error ? error.message : String(error);
      this.logger.warn({ what: 'The fast ledger is away; PostgreSQL decides', why });
    }
    this.restUntilMs = nowMs + REST_MS;
  }
}
