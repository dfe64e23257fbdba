import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { InboxSignal } from '@linekeeper/application';
import type { Redis } from 'ioredis';

/** Between processes, by Redis's publish and subscribe. While Redis is away the heartbeat finds out a second later. */
@Injectable()
export class RedisInboxSignal extends InboxSignal implements OnApplicationShutdown {
  private readonly listeners: (() => void)[] = [];
  private subscriber: Redis | null = null;
  private readonly channel: string;
  /** While one call is on its way the next ones wait for its end, and are then one. */
  private calling = false;
  private again = false;

  constructor(
    private readonly redis: Redis,
    prefix: string,
  ) {
    super();
    this.channel = `${prefix}:inbox`;
  }

  notify(): void {
    if (this.calling) {
      this.again = true;
      return;
    }
    this.calling = true;
    this.redis
      .publish(this.channel, '')
      .catch(() => undefined)
      .finally(() => {
        this.calling = false;
        if (!this.again) return;
        this.again = false;
        this.notify();
      });
  }

  onNotify(listener: () => void): void {
    this.listeners.push(listener);
    this.subscriber ??= this.subscribe();
  }

  onApplicationShutdown(): void {
    this.subscriber?.disconnect();
  }

  /** A connection of its own: one that listens can do nothing else. It subscribes again after each reconnect. */
  private subscribe(): Redis {
    const subscriber = this.redis.duplicate({ enableOfflineQueue: true });
    subscriber.on('error', () => undefined);
    subscriber.on('message', () => {
      for (const listener of this.listeners) listener();
    });
    subscriber.subscribe(this.channel).catch(() => undefined);
    return subscriber;
  }
}
