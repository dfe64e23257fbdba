import { type BeforeApplicationShutdown, Injectable, Logger } from '@nestjs/common';
import {
  type AnnouncedEvent,
  type OutboxCursor,
  type PoolScope,
  ReadEvents,
} from '@linekeeper/application';

/** How often the outbox is looked at while somebody listens. */
const POLL_MS = 500;
const PAGE = 500;

interface Listener {
  readonly take: (event: AnnouncedEvent) => void;
  /** The process stops: a stream that never ends by itself would hold it up. */
  readonly end: () => void;
}

/** One reader of the outbox for all who listen: its cost does not grow with them. */
@Injectable()
export class EventFeed implements BeforeApplicationShutdown {
  private readonly logger = new Logger('Events');
  private readonly listeners = new Map<Listener, PoolScope>();
  private timer: NodeJS.Timeout | null = null;
  private seen: OutboxCursor | null = null;
  private reading = false;

  constructor(private readonly events: ReadEvents) {}

  /** Calls with every event of the scope from now on, until the returned function is called. */
  async listen(listener: Listener, scope: PoolScope): Promise<() => void> {
    if (this.listeners.size === 0) this.seen = await this.events.cursorNow();
    this.listeners.set(listener, scope);
    this.timer ??= setInterval(() => void this.poll(), POLL_MS);
    return () => {
      this.listeners.delete(listener);
      if (this.listeners.size === 0) this.stop();
    };
  }

  beforeApplicationShutdown(): void {
    this.stop();
    for (const { end } of this.listeners.keys()) end();
  }

  private stop(): void {
    if (this.timer) clearInterval(this.timer);
    this.timer = null;
  }

  private async poll(): Promise<void> {
    if (this.reading) return;
    this.reading = true;
    try {
      const from = this.seen ?? (await this.events.cursorNow());
      const { events: page, cursor } = await this.events.after(from, PAGE);
      const within = this.events.narrowing(page);
      const parts = await Promise.all(
        [...this.listeners].map(async ([{ take }, scope]) => ({ take, part: await within(scope) })),
      );
      this.seen = cursor;
      for (const { take, part } of parts) for (const event of part) take(event);
    } catch (error) {
      this.logger.warn(error instanceof Error ? error.message : String(error));
    } finally {
      this.reading = false;
    }
  }
}
