import { Injectable } from '@nestjs/common';
import type { EpochMs } from '@linekeeper/domain';
import {
  type ApiVersion,
  Clock,
  Digest,
  eventIdIn,
  type InboxRecord,
  InboxSignal,
  ProviderEventReader,
  type Stores,
} from '../../ports';
import { GroupCommit } from './group-commit';

/** Stores verified bodies as events to process; what cannot be read is kept as a dead letter. */
@Injectable()
export class TakeIn {
  constructor(
    private readonly reader: ProviderEventReader,
    private readonly signal: InboxSignal,
    private readonly clock: Clock,
    private readonly digest: Digest,
    private readonly groupCommit: GroupCommit,
  ) {}

  /** Within a transaction; answers how many were new. An event id that is known changes nothing. */
  async store(stores: Stores, version: ApiVersion, bodies: readonly Buffer[]): Promise<number> {
    const now = this.clock.now();
    const records = bodies.map((body) => this.recordOf(version, body.toString('utf8'), now));
    return (await stores.inbox.insert(records)).size;
  }

  /** One by itself, durable once this resolves: whether it was new, and whether it can be read. */
  async storeOne(
    version: ApiVersion,
    body: Buffer,
  ): Promise<'accepted' | 'unreadable' | 'duplicate'> {
    const record = this.recordOf(version, body.toString('utf8'), this.clock.now());
    if (!(await this.groupCommit.insert(record))) return 'duplicate';
    return record.state === 'dead' ? 'unreadable' : 'accepted';
  }

  /** Tells whoever processes events that there are new ones; once they are committed. */
  notify(): void {
    this.signal.notify();
  }

  private recordOf(version: ApiVersion, body: string, now: EpochMs): InboxRecord {
    const read = this.reader.read(body, now, version);
    const readable = read.kind === 'event';
    const eventId = readable
      ? read.event.eventId
      : (read.eventId ?? eventIdIn(version, `unreadable:${this.digest.sha256(body)}`));
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
