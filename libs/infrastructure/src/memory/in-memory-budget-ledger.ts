import { BudgetLedger, type ReserveRequest, type UsageHistory } from '@linekeeper/application';
import {
  epochHour,
  type EpochMs,
  type HoldAnswer,
  HOUR_MS,
  LineLedger,
  type LineUse,
} from '@linekeeper/domain';

/**
 * The ledger of a single process. JavaScript runs each step whole, so no lock is needed; it rebuilds itself from
 * the usage rows at its first use, and everything that comes meanwhile waits for that.
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

  async settle(lineId: string, id: string, units: number): Promise<void> {
    await this.ready;
    this.line(lineId).settle(id, units);
  }

  async release(lineId: string, id: string): Promise<void> {
    await this.ready;
    this.line(lineId).release(id);
  }

  async count(entries: Parameters<BudgetLedger['count']>[0], now: EpochMs): Promise<void> {
    // Before the first use there is nothing to keep up to date: the rebuild will read these rows.
    if (this.ready === null) return;
    await this.ready;
    for (const { lineId, direction, at, recipient, startedConversation } of entries) {
      const line = this.line(lineId);
      line.count(direction, at, now);
      if (startedConversation) line.noteNewConversation(at);
      if (recipient !== null) line.notePerson(recipient, at);
    }
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
    const [hours, recent, holds] = await Promise.all([
      this.history.hours(epochHour(now) - 24),
      this.history.recentOutbound(now - HOUR_MS),
      this.history.openHolds(now),
    ]);
    this.lines = new Map();
    for (const { lineId, hour, ...counts } of hours)
      this.line(lineId).hydrateHour(hour, counts, now);
    for (const { lineId, recipient, at } of recent) this.line(lineId).notePerson(recipient, at);
    for (const { lineId, admittedAt, newConversation, expiresAt, ...hold } of holds) {
      this.line(lineId).restore({ ...hold, now: admittedAt }, newConversation, expiresAt);
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
