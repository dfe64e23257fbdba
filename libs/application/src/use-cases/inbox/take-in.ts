import { Injectable } from '@nestjs/common';
import type { EpochMs } from '@linekeeper/domain';
import {
  Clock,
  Digest,
  type InboxRecord,
  InboxSignal,
  ProviderEventReader,
  type Stores,
} from '../../ports';

/** Stores verified bodies as events to process; what cannot be read is kept as a dead letter. */
@Injectable()
export class TakeIn {
  constructor(
    private readonly reader: ProviderEventReader,
    private readonly signal: InboxSignal,
    private readonly clock: Clock,
    private readonly digest: Digest,
  ) {}

  /** Answers how many were new. An event id that is known changes nothing. */
  store(stores: Stores, bodies: readonly Buffer[]): Promise<number> {
    const now = this.clock.now();
    return stores.inbox.insert(bodies.map((body) => this.recordOf(body.toString('utf8'), now)));
  }

  /** The same for one, and what came of it: whether it was new, and whether it can be read. */
  async storeOne(stores: Stores, body: Buffer): Promise<'accepted' | 'unreadable' | 'duplicate'> {
    const record = this.recordOf(body.toString('utf8'), this.clock.now());
    if ((await stores.inbox.insert([record])) === 0) return 'duplicate';
    return record.state === 'dead' ? 'unreadable' : 'accepted';
  }

  /** Tells whoever processes events that there are new ones; once they are committed. */
  notify(): void {
    this.signal.notify();
  }

  private recordOf(body: string, now: EpochMs): InboxRecord {
    const read = this.reader.read(body, now);
    const readable = read.kind === 'event';
    const eventId = readable
      ? read.event.eventId
      : (read.eventId ?? `unreadable:${this.digest.sha256(body)}`);
    return {
      eventId,
      eventType: readable ? read.event.eventType : (read.eventType ?? 'unknown'),
      orderKey: readable ? read.orderKey : `event:${eventId}`,
      // PostgreSQL's text holds no NUL; a body with one is unreadable anyway.
      body: body.replaceAll('\u0000', '\ufffd'),
      receivedAt: now,
      state: readable ? 'pending' : 'dead',
      attempts: 0,
      nextAttemptAt: now,
      processedAt: readable ? null : now,
      lastError: readable ? null : read.why,
    };
  }
}
