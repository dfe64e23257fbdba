import { Injectable } from '@nestjs/common';
import { type AuditRecord, type OutboxCursor, type OutboxRecord, UnitOfWork } from '../../ports';
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

export type AnnouncedEvent = OutboxRecord & { readonly seq: number };

/** What happened, in order. */
@Injectable()
export class ReadEvents {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  /** From here on nothing is missed. */
  cursorNow(): Promise<OutboxCursor> {
    return this.unitOfWork.read.outbox.cursorNow();
  }

  after(
    cursor: OutboxCursor,
    limit: number,
  ): Promise<{ events: AnnouncedEvent[]; cursor: OutboxCursor }> {
    return this.unitOfWork.read.outbox.after(cursor, limit);
  }

  since(seq: number, limit: number): Promise<AnnouncedEvent[]> {
    return this.unitOfWork.read.outbox.since(seq, limit);
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

  lastSeq(): Promise<number> {
    return this.unitOfWork.read.outbox.lastSeq();
  }
}
