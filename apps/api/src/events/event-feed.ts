import { type BeforeApplicationShutdown, Injectable, Logger } from '@nestjs/common';
import { type AnnouncedEvent, ReadEvents } from '@linekeeper/application';

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
  private readonly listeners = new Set<Listener>();
  private timer: NodeJS.Timeout | null = null;
  private seen = 0;
  private reading = false;

  constructor(private readonly events: ReadEvents) {}

  /** Calls with every event from now on, until the returned function is called. */
  async listen(listener: Listener): Promise<() => void> {
    if (this.listeners.size === 0) this.seen = await this.events.lastSeq();
    this.listeners.add(listener);
    this.timer ??= setInterval(() => void this.poll(), POLL_MS);
    return () => {
      this.listeners.delete(listener);
      if (this.listeners.size === 0) this.stop();
    };
  }

  beforeApplicationShutdown(): void {
    this.stop();
    for (const { end } of this.listeners) end();
  }

  private stop(): void {
    if (this.timer) clearInterval(this.timer);
    this.timer = null;
  }

  private async poll(): Promise<void> {
    if (this.reading) return;
    this.reading = true;
    try {
      for (const event of await this.events.since(this.seen, PAGE)) {
        this.seen = event.seq;
        for (const { take } of this.listeners) take(event);
      }
    } catch (error) {
      this.logger.warn(error instanceof Error ? error.message : String(error));
    } finally {
      this.reading = false;
    }
  }
}
