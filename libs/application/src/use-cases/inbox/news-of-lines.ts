import type { HourTotal, LineNews, Mark, MessageMark } from '@linekeeper/domain';
import type { LedgerNews } from '../../ports';

interface Growing extends LineNews {
  readonly hours: HourTotal[];
  readonly messages: MessageMark[];
  readonly threads: Mark[];
  readonly holds: { id: string; left: number }[];
}

/** Gathers what a transaction comes to for each line, for the ledger. */
export class NewsOfLines {
  private readonly byLine = new Map<string, Growing>();

  /** The news of a line, to add to. */
  of(lineId: string): Growing {
    let news = this.byLine.get(lineId);
    if (!news) {
      news = { hours: [], messages: [], threads: [], holds: [] };
      this.byLine.set(lineId, news);
    }
    return news;
  }

  get all(): LedgerNews {
    return this.byLine;
  }
}
