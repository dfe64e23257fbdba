import { type BeforeApplicationShutdown, Injectable, Logger } from '@nestjs/common';
import {
  type AnnouncedEvent,
  type OutboxCursor,
  type PoolScope,
  ReadEvents,
} from '@linekeeper/application';
import { isAfter } from './event-place';

/** How often the outbox is looked at while somebody listens. */
const POLL_MS = 500;
const PAGE = 500;

export interface Listener {
  readonly scope: PoolScope;
  /** Resolves when more may be told: a slow reader is not buried in what it missed. */
  readonly take: (event: AnnouncedEvent) => Promise<void> | void;
  /** Whether nobody reads any more. */
  readonly gone: () => boolean;
  /** The process stops: a stream that never ends by itself would hold it up. */
  readonly end: () => void;
}

/**
 * One reader of the outbox for all who listen: its cost does not grow with them. Everybody hears every event of their
 * scope once, in the order of the transactions: since numbers are given out before a transaction ends, a slow one is
 * waited for rather than missed.
 */
@Injectable()
export class EventFeed implements BeforeApplicationShutdown {
  private readonly logger = new Logger('Events');
  /** Who is told what comes, and the last event each of them has heard. */
  private readonly listeners = new Map<Listener, OutboxCursor>();
  /** Everybody who listens or catches up, until they leave. */
  private readonly present = new Set<Listener>();
  private timer: NodeJS.Timeout | null = null;
  private seen: OutboxCursor | null = null;
  private reading = false;

  constructor(private readonly events: ReadEvents) {}

  /** Tells what came after `from`, then what comes, until the returned function is called. */
  async listen(listener: Listener, from: OutboxCursor): Promise<() => void> {
    this.present.add(listener);
    const at = await this.catchUp(listener, from).catch((error: unknown) => {
      this.present.delete(listener);
      listener.end();
      throw error;
    });
    if (this.listeners.size === 0) this.seen = at;
    this.listeners.set(listener, at);
    this.timer ??= setInterval(() => void this.poll(), POLL_MS);
    return () => {
      this.present.delete(listener);
      this.listeners.delete(listener);
      if (this.listeners.size === 0) this.stop();
    };
  }

  beforeApplicationShutdown(): void {
    this.stop();
    for (const { end } of this.present) end();
  }

  private stop(): void {
    if (this.timer) clearInterval(this.timer);
    this.timer = null;
    this.seen = null;
  }

  /** Until nothing is left and the others are no further; answers with the place that was reached. */
  private async catchUp(listener: Listener, from: OutboxCursor): Promise<OutboxCursor> {
    let at = from;
    for (;;) {
      // The others go on meanwhile: only what they had been told before this page is known to be in it.
      const others = this.seen;
      const { events, cursor } = await this.events.after(at, PAGE);
      for (const event of await this.events.narrowing(events)(listener.scope)) {
        if (listener.gone()) return cursor;
        await listener.take(event);
      }
      at = cursor;
      if (events.length === PAGE) continue;
      if (others !== null && isAfter(others, at)) at = others;
      if (this.seen === null || !isAfter(this.seen, at)) return at;
    }
  }

  private async poll(): Promise<void> {
    const from = this.seen;
    if (this.reading || from === null) return;
    this.reading = true;
    try {
      const { events: page, cursor } = await this.events.after(from, PAGE);
      const within = this.events.narrowing(page);
      const parts = await Promise.all(
        [...this.listeners].map(async ([listener, heard]) => ({
          listener,
          part: (await within(listener.scope)).filter((event) => isAfter(event, heard)),
        })),
      );
      // Everybody may have left, and others come, meanwhile.
      if (this.seen !== from) return;
      this.seen = cursor;
      for (const { listener, part } of parts) for (const event of part) void listener.take(event);
    } catch (error) {
      this.logger.warn(error instanceof Error ? error.message : String(error));
    } finally {
      this.reading = false;
    }
  }
}
