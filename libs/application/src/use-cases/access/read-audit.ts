import { Injectable } from '@nestjs/common';
import { type AuditRecord, type OutboxRecord, UnitOfWork } from '../../ports';

/** Who did what, why, under which policy. */
@Injectable()
export class ReadAudit {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute(page: { limit: number; after?: string; subjectId?: string }): Promise<AuditRecord[]> {
    return this.unitOfWork.read.audit.list(page);
  }
}

export type AnnouncedEvent = OutboxRecord & { readonly seq: number };

/** What happened, in order. */
@Injectable()
export class ReadEvents {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  since(seq: number, limit: number): Promise<AnnouncedEvent[]> {
    return this.unitOfWork.read.outbox.since(seq, limit);
  }

  lastSeq(): Promise<number> {
    return this.unitOfWork.read.outbox.lastSeq();
  }
}
