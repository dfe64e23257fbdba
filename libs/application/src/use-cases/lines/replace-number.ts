import { Injectable } from '@nestjs/common';
import {
  HandleParser,
  type LineRecord,
  MessagingProvider,
  type Stores,
  UnitOfWork,
} from '../../ports';
import { Refusal } from '../../refusal';
import { announce, type Decision, poolOf } from '../shared';
import { addLine, type NewLine, takeOver } from './register-lines';
import type { StepRequest } from './step-request';

/** The new number of a line, as it was found at the provider. */
export interface Successor {
  /** The line that is known by that number already. */
  readonly known: LineRecord | null;
  /** Makes it a line of the pool, or takes it over; answers its id. Call it under the pool's lock. */
  readonly take: (stores: Stores, before: LineRecord, decision: Decision) => Promise<string>;
}

/** Finds the number that the provider gave in the place of a line's old one. */
@Injectable()
export class ReplaceNumber {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly handles: HandleParser,
    private readonly provider: MessagingProvider,
  ) {}

  /**
   * Null for any other verb. The number must be listed by the provider, and nobody may stand on it: refuses
   * `handle.invalid`, `line.not_at_provider` and `line.exists`.
   */
  async listed(request: StepRequest): Promise<Successor | null> {
    if (request.verb !== 'replace') return null;
    const parsed = this.handles.parse(request.phoneNumber ?? '');
    if (parsed?.kind !== 'phone') {
      throw new Refusal('handle.invalid', 'phoneNumber: the new number, like +14155550123');
    }
    const listed = (await this.provider.listLines()).find(
      ({ phoneNumber }) => phoneNumber === parsed.value,
    );
    if (!listed) {
      throw new Refusal('line.not_at_provider', 'The provider does not list the new number');
    }
    const known = await this.unitOfWork.read.lines.byPhoneNumber(listed.phoneNumber);
    if (known && known.users + known.fallbackUsers > 0) {
      throw new Refusal('line.exists', 'The new number is a line that people hold already');
    }
    const take = async (
      stores: Stores,
      before: LineRecord,
      decision: Decision,
    ): Promise<string> => {
      const input: Omit<NewLine, 'phoneNumber'> = {
        start: 'new',
        managed: true,
        apiVersion: listed.listedBy,
        budgetPerDay: before.budgetPerDay,
        wantedForwarding: before.wantedForwarding ?? undefined,
        autoTyping: before.autoTyping ?? undefined,
        reason: request.reason,
      };
      const pool = await poolOf(stores, before.poolId);
      const there = await stores.lines.byPhoneNumber(listed.phoneNumber);
      if (there?.managed) {
        if (there.poolId === before.poolId && there.id !== before.id) return there.id;
        throw new Refusal('line.exists', 'The new number is a line of another pool, or this one');
      }
      const line = there
        ? await takeOver(stores, pool, there, input, decision)
        : await addLine(stores, pool, listed, input, decision);
      await announce(stores, decision, 'line.changed', {
        lineId: before.id,
        successorId: line.id,
        reason: request.reason,
      });
      return line.id;
    };
    return { known, take };
  }
}
