import { type EpochMs, HOUR_MS, MINUTE_MS } from '@linekeeper/domain';
import type { GapReading, GapRecord, ListedChat } from '../../ports';

/** As far as the provider's clock may be from ours. */
export const SKEW_MS = 5 * MINUTE_MS;
/** A chat that moves while the list is read is found by the next pass; it does not move past all of them. */
const MAX_PASSES = 3;
/** A chat that cannot be read for so long, while others can, never will be; what is newer on its line must not wait for it. */
const GIVE_UP_AFTER_MS = 6 * HOUR_MS;

/** The reading of one line as it goes on: what is to be kept of it at any moment. */
export class LineReading {
  readonly found = { events: 0, unreadable: 0 };

  constructor(
    private before: GapRecord,
    public reading: GapReading | null,
  ) {}

  get record(): GapRecord {
    return { ...this.before, reading: this.reading };
  }

  /** The pass's instant is that of its first page, however long ago the line was taken up. */
  begin(now: EpochMs): GapReading | null {
    const { reading } = this;
    if (reading?.cursor === null && reading.done.length === 0) this.change({ startedAt: now });
    return this.reading;
  }

  isDone({ chatId }: ListedChat): boolean {
    return this.reading?.done.includes(chatId) ?? false;
  }

  chatDone({ chatId }: ListedChat): void {
    this.change({ done: [...(this.reading?.done ?? []), chatId] });
  }

  /** A chat of the page could not be read. */
  noteFailure(now: EpochMs): void {
    this.change({ failingSince: this.reading?.failingSince ?? now });
  }

  /** Whether the page is left although a chat of it could not be read. */
  givesUp(now: EpochMs): boolean {
    const since = this.reading?.failingSince ?? now;
    if (now - since < GIVE_UP_AFTER_MS) return false;
    this.found.unreadable += 1;
    return true;
  }

  /** A page did not go from new to old: then chats may be passed over without moving themselves. */
  noteDisorder(): void {
    this.change({ isSorted: false });
  }

  restart(now: EpochMs): void {
    this.change({ startedAt: now, cursor: null, pages: 0, done: [] });
  }

  /** `next` null: that was the last page of the pass. */
  pageDone(next: string | null, now: EpochMs): void {
    const { reading } = this;
    if (reading === null) return;
    const anew = { done: [], failingSince: null };
    if (next !== null) {
      this.change({ ...anew, cursor: next, pages: reading.pages + 1 });
    } else if (reading.pages > 0 && reading.pass < MAX_PASSES) {
      // While the pages were read, chats have moved. In a list from new to old those are the ones with news since.
      const chatsSince = reading.isSorted ? reading.startedAt - SKEW_MS : reading.chatsSince;
      const pass = reading.pass + 1;
      this.change({ ...anew, pass, startedAt: now, chatsSince, cursor: null, pages: 0 });
    } else this.complete(reading.startedAt);
  }

  private change(change: Partial<GapReading>): void {
    if (this.reading) this.reading = { ...this.reading, ...change };
  }

  private complete(startedAt: EpochMs): void {
    const { suspectedAt, cause } = this.before;
    const isSettled = suspectedAt === null || suspectedAt <= startedAt;
    this.before = {
      ...this.before,
      completeUntil: startedAt,
      readAt: startedAt,
      suspectedAt: isSettled ? null : suspectedAt,
      cause: isSettled ? null : cause,
    };
    this.reading = null;
  }
}
