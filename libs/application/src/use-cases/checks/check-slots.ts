import { Injectable } from '@nestjs/common';
import { CHECK_HELD_MS, type CheckEnd, slotFreeAt } from '@linekeeper/domain';
import { Clock, type LineRecord, ProviderProblem, UnitOfWork } from '../../ports';

/** What a check through the provider came to: its answer, or the problem that it met. */
export type CheckResult = { readonly imessage: boolean } | { readonly problem: ProviderProblem };

type Slotted = Pick<LineRecord, 'id' | 'apiVersion'>;

/** V2 does not let us say which line checks, so all lines that speak it have one pace together. */
export const slotOf = ({ id, apiVersion }: Slotted): string => (apiVersion === 'v2' ? 'v2' : id);

/** The pace of capability checks, for all processes together: one in ten seconds a line. */
@Injectable()
export class CheckSlots {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly clock: Clock,
  ) {}

  /** Makes a check in the slot of the line; null, and nothing is asked, when that is not free. */
  async use(line: Slotted, check: () => Promise<boolean>): Promise<CheckResult | null> {
    const { capabilities } = this.unitOfWork.read;
    const now = this.clock.now();
    const heldUntil = now + CHECK_HELD_MS;
    const slot = slotOf(line);
    if (!(await capabilities.takeSlot(slot, now, heldUntil))) return null;
    return this.within({ slot, heldUntil }, check);
  }

  /** Makes a check in a slot that is held already, and gives it back as the provider's answer says. */
  async within(
    held: { readonly slot: string; readonly heldUntil: number },
    check: () => Promise<boolean>,
  ): Promise<CheckResult> {
    const result = await check().then(
      (imessage) => ({ imessage }),
      (error: unknown) => {
        if (error instanceof ProviderProblem) return { problem: error };
        throw error;
      },
    );
    const freeAt = slotFreeAt(endOf(result), this.clock.now());
    await this.unitOfWork.read.capabilities.endSlot(held.slot, held.heldUntil, freeAt);
    return result;
  }
}

function endOf(result: CheckResult): CheckEnd {
  if ('imessage' in result) return { kind: 'answered' };
  const { kind, retryAfterSeconds } = result.problem;
  return kind === 'rate-limited' ? { kind: 'limited', retryAfterSeconds } : { kind: 'failed' };
}
