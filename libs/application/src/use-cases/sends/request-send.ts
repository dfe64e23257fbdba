import { Injectable } from '@nestjs/common';
import {
  budgetDay,
  budgetDayStart,
  DAY_MS,
  decideSend,
  epochHour,
  type EpochMs,
  type GateDecision,
  isReplyTime,
  MINUTE_MS,
  NOTHING_SAID,
  type ReserveLimits,
  type SendClass,
  todayCap,
} from '@linekeeper/domain';
import type { Actor } from '../../actor';
import {
  BudgetLedger,
  type GateLine,
  type GateRow,
  HandleParser,
  type LineRecord,
  type SendBasis,
  type SendRecord,
  UnitOfWork,
} from '../../ports';
import { Refusal } from '../../refusal';
import { DrainInbox } from '../inbox/drain-inbox';
import { announce, type Decision, Decisions, poolFor, sees, withhold } from '../shared';
import { answerAgain, withoutOwnHold } from './answer-again';
import { lineToSendFrom, snapshotFrom } from './gate-snapshot';
import {
  LEDGER_WORDS,
  nothingHeld,
  type SendAnswer,
  type SendRequest,
  UNLIMITED,
} from './send-answer';
import { tellAnswer } from './tell-answer';
import { untilCurrent } from './until-current';

export type { SendAnswer, SendRequest };

/**
 * Answers for one outbound message to one person: send, not yet, or no. Never queues. On its path stand one
 * query, one step of the ledger and one insert, whatever the number of users.
 */
@Injectable()
export class RequestSend {
  /** Overruns are announced once a line and hour. */
  private readonly announcedOverruns = new Map<string, number>();

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly decisions: Decisions,
    private readonly ledger: BudgetLedger,
    private readonly handles: HandleParser,
    private readonly drainInbox: DrainInbox,
  ) {}

  /** Refuses `assignment.busy` when what it looks at changes faster than it can answer. */
  execute(request: SendRequest, actor: Actor): Promise<SendAnswer> {
    return untilCurrent(actor, this.decisions, (decision) => this.once(request, decision));
  }

  /** Null when something the answer rests on changed meanwhile. */
  private async once(request: SendRequest, decision: Decision): Promise<SendAnswer | null> {
    const row = await this.lookOnceCurrent(request, decision);
    const from = lineToSendFrom(row, request, decision);
    const made = await this.madeBefore(request);
    const snapshot = withoutOwnHold(snapshotFrom(row, from, decision), made);
    const gate = decideSend(request, snapshot, decision.policy);
    const observing = row.environment.actuators.gate === 'observe';
    const again = made && answerAgain(made, from, gate, decision);
    if (again) return again;
    if (gate.kind === 'send') {
      return this.hold(request, row, from, gate, gate.limits, decision, null);
    }
    if (observing) return this.hold(request, row, from, gate, UNLIMITED, decision, gate.kind);
    const answer = {
      ...nothingHeld(gate, from.chat === null),
      line: from.line,
      chatId: from.chat?.id ?? null,
      retryAt: gate.kind === 'defer' ? gate.retryAt : null,
      wouldBe: null,
    };
    return tellAnswer(this.unitOfWork.read, answer, request, row, decision);
  }

  /**
   * An app may ask before the webhook was processed that it answers to, or in which the person says stop: then that
   * is done first.
   */
  private async lookOnceCurrent(request: SendRequest, decision: Decision): Promise<GateRow> {
    const first = await this.look(request, decision).catch((error: unknown) => {
      if (error instanceof Refusal && error.code === 'user.not_found') return null;
      throw error;
    });
    const counters = first?.conversation ?? NOTHING_SAID;
    const answersNothing =
      request.askedClass === 'reply' && !isReplyTime(counters, decision.now, decision.policy);
    // Whose place has ended may have written just now, in a thread that nobody knows of yet.
    const isPlaced = first !== null && first.assignmentState !== 'released';
    if (isPlaced && !first.eventsPending && !answersNothing) return first;
    await this.drainInbox.execute();
    return this.look(request, decision);
  }

  private async look(request: SendRequest, decision: Decision): Promise<GateRow> {
    const { now, policy } = decision;
    // The allowance of transactional messages is by the day of the fleet, and UTC days are near enough to find its start.
    const day = budgetDay(now, 'UTC', policy.budget.dayStartHour);
    const since = {
      now,
      dayStart: budgetDayStart(day, 'UTC', policy.budget.dayStartHour),
      ejectedAfter: now - DAY_MS,
    };
    const { textHash } = request;
    const text =
      textHash === undefined
        ? undefined
        : { hash: textHash, since: now - policy.sends.sameTextMinutes * MINUTE_MS };
    const rows = await this.unitOfWork.read.gate.look(this.who(request), since, text);
    // A pool that is named must be one of the caller's, and the user must be in it.
    const named =
      request.pool === undefined
        ? null
        : await poolFor(this.unitOfWork.read, request.pool, request.poolIds);
    const visible = rows.filter(
      ({ poolId }) => sees(request.poolIds, poolId) && (named === null || poolId === named.id),
    );
    const [row] = visible;
    if (!row)
      throw new Refusal('user.not_found', 'There is no such user, or they were never placed');
    if (row.erased) throw new Refusal('user.erased', 'The user was erased');
    if (visible.length > 1)
      throw new Refusal('pool.ambiguous', 'The user has places in several pools: name one');
    return row;
  }

  private who({ userId, handle }: SendRequest): { userId: string } | { handle: string } {
    if (userId !== undefined) return { userId };
    const parsed = this.handles.parse(handle ?? '');
    if (!parsed)
      throw new Refusal('handle.invalid', 'handle: neither a phone number nor an email address');
    return { handle: parsed.value };
  }

  private async hold(
    request: SendRequest,
    row: GateRow,
    from: GateLine,
    gate: GateDecision,
    limits: ReserveLimits,
    decision: Decision,
    wouldBe: SendAnswer['wouldBe'],
  ): Promise<SendAnswer | null> {
    // An id that stands for an earlier hold, which serves nobody any more, is not used again.
    const made = await this.madeBefore(request);
    const id = made ? decision.newId() : (request.workId ?? decision.newId());
    const cap = todayCap(from.line, from.maxDailyUse7d, decision.policy);
    const held = await this.ledger.reserve({
      id,
      lineId: from.line.id,
      recipient: row.userId,
      units: request.messages,
      now: decision.now,
      limits,
      todayCap: cap,
    });
    if (held.kind === 'deferred') {
      if (row.environment.actuators.gate === 'observe') {
        return this.hold(request, row, from, gate, UNLIMITED, decision, 'defer');
      }
      const answer = {
        ...nothingHeld(gate, from.chat === null),
        decision: 'defer' as const,
        line: from.line,
        chatId: from.chat?.id ?? null,
        retryAt: held.retryAt,
        reasons: [...gate.reasons, { code: held.reason, detail: LEDGER_WORDS[held.reason] }],
        wouldBe: null,
      };
      const refused = { outcome: held.reason, todayCap: cap };
      return tellAnswer(this.unitOfWork.read, answer, request, row, decision, refused);
    }
    const newConversation = gate.kind === 'send' ? gate.newConversation : from.chat === null;
    let recorded = false;
    try {
      recorded = await this.record(
        id,
        request,
        row,
        from,
        gate.class,
        newConversation,
        held.expiresAt,
        decision,
      );
    } finally {
      if (!recorded) await this.ledger.release(from.line.id, id, decision.now);
    }
    if (!recorded) return null;
    if (held.overrun) await this.announceOverrun(from.line, held.usedLast24h, cap, decision);
    const answer = {
      decision: 'send' as const,
      class: gate.class,
      line: from.line,
      chatId: from.chat?.id ?? null,
      reservationId: id,
      expiresAt: held.expiresAt,
      retryAt: null,
      newConversation,
      firstText: gate.kind === 'send' ? gate.firstText : null,
      service: gate.kind === 'send' ? gate.service : null,
      reasons: gate.reasons,
      wouldBe,
    };
    if (wouldBe !== null) {
      await withhold(this.unitOfWork.read, decision, 'gate', wouldBe, row.userId);
    }
    const { usedLast24h, overrun } = held;
    const taken = { outcome: overrun ? 'overrun' : 'held', usedLast24h, todayCap: cap };
    return tellAnswer(this.unitOfWork.read, answer, request, row, decision, taken);
  }

  /** The hold that this very request made before: its answer was lost, or it would not be asked again. */
  private async madeBefore({ workId }: SendRequest): Promise<SendRecord | null> {
    if (workId === undefined) return null;
    return (await this.unitOfWork.read.sends.byIds([workId]))[0] ?? null;
  }

  /** False when what the gate saw is not so any more. */
  private record(
    id: string,
    request: SendRequest,
    row: GateRow,
    from: GateLine,
    sendClass: SendClass,
    newConversation: boolean,
    expiresAt: EpochMs,
    decision: Decision,
  ): Promise<boolean> {
    const send = {
      id,
      userId: row.userId,
      lineId: from.line.id,
      assignmentEpoch: row.assignmentEpoch,
      class: sendClass,
      messages: request.messages,
      settledMessages: 0,
      newConversation,
      state: 'open',
      policyVersion: decision.policyVersion,
      admittedAt: decision.now,
      expiresAt,
      closedAt: null,
    } as const;
    return this.unitOfWork.read.sends.insert(send, {
      assignmentId: row.assignmentId,
      assignmentEpoch: row.assignmentEpoch,
      lineEpoch: from.line.epoch,
      suppressedAt: row.suppressedAt,
      frozenAt: row.environment.frozenAt,
      // From now on the reservation must not expire: its message is on its way.
      marksFirstSend: row.assignmentState === 'reserved' && row.firstSendAt === null,
      text: textOf(request, sendClass, row, decision),
    });
  }

  private async announceOverrun(
    line: LineRecord,
    usedLast24h: number,
    cap: number,
    decision: Decision,
  ): Promise<void> {
    const hour = epochHour(decision.now);
    if (this.announcedOverruns.get(line.id) === hour) return;
    this.announcedOverruns.set(line.id, hour);
    await announce(this.unitOfWork.read, decision, 'line.overrun', {
      lineId: line.id,
      usedLast24h,
      todayCap: cap,
    });
  }
}

/** The text that takes a place among those that nobody asked for; null for replies, and where the app told none. */
function textOf(
  { textHash: hash }: SendRequest,
  sendClass: SendClass,
  { environment }: GateRow,
  { now, policy: { sends } }: Decision,
): SendBasis['text'] {
  if (hash === undefined || sendClass === 'reply') return null;
  return {
    hash,
    since: now - sends.sameTextMinutes * MINUTE_MS,
    limit: sends.sameTextLimit,
    enforced: environment.actuators.gate !== 'observe',
  };
}
