import { Injectable } from '@nestjs/common';
import { Batches } from '../../batches';
import { type InboxRecord, UnitOfWork } from '../../ports';
import { Refusal } from '../../refusal';

/** Beyond so many rows a statement takes longer than a delivery should wait. */
const BOUNDS = { most: 500, inFlight: 2 };
/** Seconds of what one process takes in: who comes on top is sent away and comes again, instead of filling memory. */
const MAX_WAITING = 5_000;

/** Writes events that come in at about the same time in one statement. */
@Injectable()
export class GroupCommit {
  private readonly batches: Batches<InboxRecord, boolean>;

  constructor(unitOfWork: UnitOfWork) {
    this.batches = new Batches(async (records) => {
      const fresh = await unitOfWork.read.inbox.insert(records);
      return records.map(({ eventId }) => fresh.has(eventId));
    }, BOUNDS);
  }

  /**
   * Whether the event was new; it is durable once this resolves. Throws `service.unavailable` when too many wait, and
   * what the database throws.
   */
  async insert(record: InboxRecord): Promise<boolean> {
    if (this.batches.length >= MAX_WAITING) {
      throw new Refusal('service.unavailable', `${MAX_WAITING} events wait to be stored already`, {
        retryAfterSeconds: 1,
      });
    }
    return this.batches.do(record);
  }
}
