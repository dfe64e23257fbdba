import { Injectable, Logger } from '@nestjs/common';
import {
  CHECK_HELD_MS,
  type CheckingLine,
  DAY_MS,
  type EpochMs,
  MINUTE_MS,
  nextCheckAt,
  planChecks,
  SECOND_MS,
  whyCannotSend,
} from '@linekeeper/domain';
import { automation } from '../../actor';
import {
  type BegunCheck,
  Clock,
  type LineRecord,
  MessagingProvider,
  type ProviderProblem,
  type ProviderProblemKind,
  UnitOfWork,
} from '../../ports';
import { type Decision, Decisions, isFrozen } from '../shared';
import { CheckSlots, slotOf } from './check-slots';

const ACTOR = automation('check-capabilities');
/** Checks under way at once in one process: few enough to be a careful guest's. */
const AT_ONCE = 8;
/** Due checks looked at for each free slot, so that some that no line can make do not hide the others. */
const LOOK_AHEAD = 50;
/** When no line of the pool may check, for so long nobody looks again. */
const UNSERVED_MS = 5 * MINUTE_MS;
/** Where nothing could be learnt, nothing new is asked for so long. */
const UNKNOWN_RESTS_MS = MINUTE_MS;

/** What is said of the handle itself, by any line: no other try will fare better. */
const ABOUT_HANDLE: readonly ProviderProblemKind[] = [
  'invalid',
  'not-found',
  'recipient-opted-out',
  'recipient-blocked',
  'recipient-not-allowed',
];

/**
 * Makes the capability checks that are asked for: each in the slot of a line of its pool, the person's own line first.
 * Several processes may call it at the same time; each check and each slot is one process's. It stands beside the jobs,
 * which wait for no check.
 */
@Injectable()
export class CheckCapabilities {
  private readonly logger = new Logger('Checks');
  private running: Promise<EpochMs | null> | null = null;
  private stopped = false;

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly decisions: Decisions,
    private readonly clock: Clock,
    private readonly provider: MessagingProvider,
    private readonly slots: CheckSlots,
  ) {}

  /**
   * Until nothing that is due finds a free slot, or the provider says to wait. Answers with the instant at which something
   * is to be done next; null: nothing is asked for, or the fleet is frozen. Calls at the same time share the work.
   */
  execute(): Promise<EpochMs | null> {
    this.running ??= this.untilDone().finally(() => (this.running = null));
    return this.running;
  }

  /** Begins nothing more and waits for what is under way; for a process that stops in order. */
  async stop(): Promise<void> {
    this.stopped = true;
    await this.running?.catch(() => undefined);
  }

  private async untilDone(): Promise<EpochMs | null> {
    for (;;) {
      const first = this.stopped ? [] : await this.unitOfWork.read.capabilities.firstDue();
      if (first.length === 0) return null;
      const decision = await this.decisions.begin(ACTOR);
      const due = first.filter(({ at }) => at <= decision.now);
      if (due.length > 0 && (await isFrozen(this.unitOfWork.read))) return null;
      let next = Math.min(...first.map(({ at }) => (at > decision.now ? at : Infinity)));
      let isMore = false;
      for (const { poolId } of due) {
        const round = await this.serve(poolId, decision);
        next = Math.min(next, round.next);
        isMore ||= round.isMore;
      }
      if (!isMore) return Number.isFinite(next) ? next : decision.now + UNSERVED_MS;
    }
  }

  /** `isMore`: another round may begin at once. `next`: when else the pool is to be looked at, as far as that is known. */
  private async serve(
    poolId: string,
    decision: Decision,
  ): Promise<{ isMore: boolean; next: EpochMs }> {
    const { capabilities, lines: lineStore } = this.unitOfWork.read;
    const { now } = decision;
    const busy = await capabilities.busySlots(now);
    const records = new Map<string, LineRecord>();
    for (const line of await lineStore.all()) {
      // Nobody waits for the answer, so it is asked for only where a proactive message might leave.
      if (line.poolId === poolId && whyCannotSend(line, 'proactive') === null) {
        records.set(line.id, line);
      }
    }
    const lines = [...records.values()].map((line): CheckingLine => {
      const slot = slotOf(line);
      return { id: line.id, slot, isFree: !busy.has(slot), takesEmail: line.apiVersion === 'v3' };
    });
    const free = lines.filter(({ isFree }) => isFree).length;
    const next = Math.min(...lines.map(({ slot }) => busy.get(slot) ?? Infinity));
    const due = await capabilities.due(poolId, now, Math.min(free, AT_ONCE) + LOOK_AHEAD);
    const plan = planChecks(due, lines);
    await capabilities.drop(plan.stopped, now);
    await capabilities.putOff(plan.unserved, now, now + UNSERVED_MS, now - DAY_MS);
    const begin = plan.begin.slice(0, AT_ONCE);
    const ends = await Promise.all(
      begin.map(async ({ handle, line: { id, slot } }) => {
        const line = records.get(id);
        const until = now + CHECK_HELD_MS;
        const check = line && (await capabilities.begin(handle, slot, now, until));
        return line && check ? this.make(check, line, decision) : 'in-other-hands';
      }),
    );
    // Whoever is told to wait pauses for a moment, with every line of the pool: the limit may be of more than that one.
    if (ends.includes('limited')) return { isMore: false, next: this.clock.now() + SECOND_MS };
    const isChanged = plan.stopped.length + plan.unserved.length > 0 || ends.includes('ended');
    const isLeft = ends.includes('in-other-hands');
    return { isMore: isChanged, next: isLeft ? Math.min(next, now + SECOND_MS) : next };
  }

  private async make(
    check: BegunCheck,
    line: LineRecord,
    { policy }: Decision,
  ): Promise<'ended' | 'limited'> {
    const { capabilities } = this.unitOfWork.read;
    const result = await this.slots.within(check, () =>
      this.provider.hasIMessage(line.phoneNumber, check.handle),
    );
    const at = this.clock.now();
    const { cacheMinutes, maxTries } = policy.capabilityChecks;
    if ('imessage' in result) {
      const expiresAt = at + cacheMinutes * MINUTE_MS;
      await capabilities.answered(check, { imessage: result.imessage, at, expiresAt });
      return 'ended';
    }
    const { problem } = result;
    this.told(problem, line.id);
    if (ABOUT_HANDLE.includes(problem.kind)) {
      await capabilities.giveUp(check, 'not-checkable', at + cacheMinutes * MINUTE_MS);
      return 'ended';
    }
    const isLimited = problem.kind === 'rate-limited';
    // To be told to wait is no try of this person's.
    const attempts = check.attempts - (isLimited ? 1 : 0);
    const again = nextCheckAt({ askedAt: check.askedAt, attempts }, at, maxTries);
    if (again === null) await capabilities.giveUp(check, 'no-answer', at + UNKNOWN_RESTS_MS);
    else await capabilities.again(check, attempts, isLimited ? at : again);
    return isLimited ? 'limited' : 'ended';
  }

  private told({ kind, code }: ProviderProblem, lineId: string): void {
    this.logger.warn({ what: 'A capability check failed', lineId, kind, code });
  }
}
