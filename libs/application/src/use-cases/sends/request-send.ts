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
  NOTHING_SAID,
  type ReserveLimits,
  type ReserveReason,
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
  UnitOfWork,
} from '../../ports';
import { Refusal } from '../../refusal';
import { DrainInbox } from '../inbox/drain-inbox';
import { announce, type Decision, Decisions } from '../shared';
import { lineToSendFrom, snapshotFrom } from './gate-snapshot';
import type { SendAnswer, SendRequest } from './send-answer';
import { tellAnswer } from './tell-answer';

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

  async execute(request: SendRequest, actor: Actor): Promise<SendAnswer> {
    const decision = await this.decisions.begin(actor);
    const row = await this.lookOnceCurrent(request, decision);
    const from = lineToSendFrom(row, request, decision);
    const snapshot = snapshotFrom(row, from, decision);
    const gate = decideSend(request, snapshot, decision.policy);
    const observing = row.environment.actuators.gate === 'observe';
    if (gate.kind === 'send')
      return this.hold(request, row, from, gate, gate.limits, decision, null);
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
    if (first && !first.eventsPending && !answersNothing) return first;
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
    const rows = await this.unitOfWork.read.gate.look(this.who(request), since);
    const visible = rows.filter(
      ({ poolId }) => request.poolIds.length === 0 || request.poolIds.includes(poolId),
    );
    const [row] = visible;
    if (!row)
      throw new Refusal('user.not_found', 'There is no such user, or they were never placed');
    if (row.erased) throw new Refusal('user.erased', 'The user was erased');
    if (visible.length === 1) return row;
    const pool =
      request.pool === undefined ? null : await this.unitOfWork.read.pools.bySlug(request.pool);
    const named = visible.find(({ poolId }) => poolId === pool?.id);
    if (!named)
      throw new Refusal('pool.ambiguous', 'The user has places in several pools: name one');
    return named;
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
  ): Promise<SendAnswer> {
    const id = decision.newId();
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
    try {
      await this.record(
        id,
        request,
        row,
        from,
        gate.class,
        newConversation,
        held.expiresAt,
        decision,
      );
      if (held.overrun) await this.announceOverrun(from.line, held.usedLast24h, cap, decision);
    } catch (error) {
      await this.ledger.release(from.line.id, id);
      throw error;
    }
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
      reasons: gate.reasons,
      wouldBe,
    };
    const { usedLast24h, overrun } = held;
    const taken = { outcome: overrun ? 'overrun' : 'held', usedLast24h, todayCap: cap };
    return tellAnswer(this.unitOfWork.read, answer, request, row, decision, taken);
  }

  private async record(
    id: string,
    request: SendRequest,
    row: GateRow,
    from: GateLine,
    sendClass: SendClass,
    newConversation: boolean,
    expiresAt: EpochMs,
    decision: Decision,
  ): Promise<void> {
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
    if (row.assignmentState !== 'reserved' || row.firstSendAt !== null) {
      await this.unitOfWork.read.sends.insert(send);
      return;
    }
    // From now on the reservation must not expire: its message is on its way.
    await this.unitOfWork.run(async (stores) => {
      await stores.sends.insert(send);
      const person = await stores.users.byId(row.userId);
      const merged = person !== null && person.id !== row.userId;
      const place = merged ? await stores.assignments.of(person.id, row.poolId) : null;
      await stores.assignments.markFirstSend(place?.id ?? row.assignmentId, decision.now);
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

/** What stands in the way when the counts do. */
const LEDGER_WORDS: Readonly<Record<ReserveReason, string>> = {
  'budget-ceiling': 'The line has reached the share of its daily budget that this class may use',
  'hour-shape': 'The line has sent enough for this hour',
  'minute-shape': 'The line has sent enough for this minute',
  'pair-limit': 'Too many messages to this person within 60 seconds',
  loop: 'Too many messages to this person within an hour: this looks like a loop',
  'new-conversations-hour': 'The line has started enough new conversations this hour',
  'new-conversations-day': 'The line has started enough new conversations within 24 hours',
  'open-holds': 'Too many messages of this line are still on their way',
};

const HOLD_MS = 35 * 60_000;
const UNLIMITED: ReserveLimits = {
  ceiling: null,
  hourCap: null,
  minuteCap: null,
  pairPer60s: Number.MAX_SAFE_INTEGER,
  loopPerHour: Number.MAX_SAFE_INTEGER,
  newConversation: false,
  newConversationsPer24h: Number.MAX_SAFE_INTEGER,
  newConversationsPerHour: Number.MAX_SAFE_INTEGER,
  maxOpenHolds: Number.MAX_SAFE_INTEGER,
  holdMs: HOLD_MS,
};

function nothingHeld(
  gate: GateDecision,
  newConversation: boolean,
): Omit<SendAnswer, 'line' | 'chatId' | 'retryAt' | 'wouldBe'> {
  return {
    decision: gate.kind,
    class: gate.class,
    reservationId: null,
    expiresAt: null,
    newConversation,
    firstText: null,
    reasons: gate.reasons,
  };
}
