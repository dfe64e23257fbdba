import {
  BudgetLedger,
  type LedgerNews,
  type ReserveRequest,
  UNWRITTEN_MS,
  type UsageHistory,
} from '@linekeeper/application';
import { type EpochMs, type HoldAnswer, LineLedger, type LineUse } from '@linekeeper/domain';

/**
 * The ledger of a single process. JavaScript runs each step whole, so no lock is needed; it rebuilds itself from
 * the rows at its first use, and everything that comes meanwhile waits for that.
 */
export class InMemoryBudgetLedger extends BudgetLedger {
  private lines = new Map<string, LineLedger>();
  private ready: Promise<void> | null = null;

  constructor(private readonly history: UsageHistory) {
    super();
  }

  async reserve({ lineId, limits, todayCap, ...hold }: ReserveRequest): Promise<HoldAnswer> {
    await this.loaded(hold.now);
    return this.line(lineId).reserve(hold, limits, todayCap);
  }

  async release(lineId: string, id: string, now: EpochMs): Promise<void> {
    await this.ready;
    this.line(lineId).release(id, now);
  }

  async record(news: LedgerNews, now: EpochMs): Promise<void> {
    // Before the first use there is nothing to keep up to date: the rebuild will read these rows.
    await this.ready;
    for (const [lineId, each] of news) this.line(lineId).record(each, now);
  }

  async usage(lineIds: readonly string[], now: EpochMs): Promise<Map<string, LineUse>> {
    await this.loaded(now);
    return new Map(lineIds.map((id) => [id, this.line(id).usage(now)]));
  }

  rebuild(now: EpochMs): Promise<void> {
    this.ready = this.load(now);
    // A failed load is tried again by whoever asks next.
    this.ready.catch(() => (this.ready = null));
    return this.ready;
  }

  private loaded(now: EpochMs): Promise<void> {
    return this.ready ?? this.rebuild(now);
  }

  private async load(now: EpochMs): Promise<void> {
    const history = await this.history.read('all', now);
    const before = this.lines;
    this.lines = new Map();
    for (const [id, each] of history) this.line(id).load(each, now);
    for (const [id, ledger] of before) {
      for (const hold of ledger.takenAfter(now - UNWRITTEN_MS)) this.line(id).restore(hold, now);
    }
  }

  private line(id: string): LineLedger {
    let line = this.lines.get(id);
    if (!line) {
      line = new LineLedger();
      this.lines.set(id, line);
    }
    return line;
  }
}
