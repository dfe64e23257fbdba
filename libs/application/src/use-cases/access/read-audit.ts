import { Injectable } from '@nestjs/common';
import { type AuditRecord, type OutboxCursor, type StoredEvent, UnitOfWork } from '../../ports';
import { type PoolScope, sees } from '../shared';

/** Who did what, why, under which policy. */
@Injectable()
export class ReadAudit {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute(page: {
    limit: number;
    after?: string;
    subjectId?: string;
    poolIds: PoolScope;
  }): Promise<AuditRecord[]> {
    return this.unitOfWork.read.audit.list(page);
  }
}

export type AnnouncedEvent = StoredEvent;

/** What happened, in the order of the transactions that wrote it: see {@link OutboxCursor}. */
@Injectable()
export class ReadEvents {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  /** From here on nothing is missed. */
  cursorNow(): Promise<OutboxCursor> {
    return this.unitOfWork.read.outbox.cursorNow();
  }

  /** Before the newest `count` events. */
  cursorBefore(count: number): Promise<OutboxCursor> {
    return this.unitOfWork.read.outbox.cursorBefore(count);
  }

  /** After the event with this number: all that a reader of an earlier release knows. */
  cursorAfterSeq(seq: number): Promise<OutboxCursor> {
    return this.unitOfWork.read.outbox.cursorAfterSeq(seq);
  }

  after(
    cursor: OutboxCursor,
    limit: number,
  ): Promise<{ events: AnnouncedEvent[]; cursor: OutboxCursor }> {
    return this.unitOfWork.read.outbox.after(cursor, limit);
  }

  /**
   * Tells which of `events` a scope may see; what concerns the whole fleet is in none. However many scopes ask, the
   * store is asked once, and not at all for those who may see everything.
   */
  narrowing(
    events: readonly AnnouncedEvent[],
  ): (scope: PoolScope) => Promise<readonly AnnouncedEvent[]> {
    let pools: Promise<Map<number, string[]>> | null = null;
    return async (scope) => {
      if (scope.length === 0 || events.length === 0) return events;
      pools ??= this.unitOfWork.read.outbox.poolsOf(events);
      const known = await pools;
      return events.filter(({ seq }) => known.get(seq)?.some((poolId) => sees(scope, poolId)));
    };
  }
}
