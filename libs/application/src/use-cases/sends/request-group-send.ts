import { Injectable } from '@nestjs/common';
import {
  budgetDay,
  budgetDayStart,
  DAY_MS,
  decideGroupSend,
  type EpochMs,
  type GateDecision,
  type GroupSnapshot,
  holdGroup,
  HOUR_MS,
  type LineView,
  linesForGroup,
  losesItsGroups,
  lossesAreContagious,
  MINUTE_MS,
  type ReserveLimits,
  todayCap,
} from '@linekeeper/domain';
import type { Actor } from '../../actor';
import {
  BudgetLedger,
  type GroupRow,
  type LineRecord,
  type SendRecord,
  UnitOfWork,
} from '../../ports';
import { Refusal } from '../../refusal';
import { DrainInbox } from '../inbox/drain-inbox';
import { type Decision, Decisions, lastFour, note, poolOf, sees, snapshotOf } from '../shared';
import { type GroupMembers, ReadGroupMembers } from './group-members';
import {
  LEDGER_WORDS,
  nothingHeld,
  type SendAnswer,
  type SendRequest,
  UNLIMITED,
} from './send-answer';
import { untilCurrent } from './until-current';
/** Lines that are tried in turn when a group is made anew; the next one when the first has begun enough threads. */
const MAX_LINES = 3;
/** When to ask again for a group whose members the provider did not tell. */
const UNREAD_WAIT_MS = 5 * MINUTE_MS;

/** A message that an app would like to send to a group. */
export interface GroupSendRequest extends Omit<SendRequest, 'userId' | 'handle' | 'pool'> {
  readonly chatId: string;
}

/** The gate's word on it. */
export interface GroupSendAnswer extends SendAnswer {
  /** Whom to make the group of, when it is made anew; null otherwise. */
  readonly participants: readonly string[] | null;
}

/** A line that a message to a group may leave from, and what the gate says of it. */
interface Way {
  readonly line: LineRecord;
  readonly cap: number;
  /** Null: the group is made anew on the line. */
  readonly chatId: string | null;
  readonly gate: GateDecision;
  readonly members: GroupMembers | null;
}

/**
 * Answers for one outbound message to a group. It leaves from the group's own line; when that is lost the group waits, or it
 * is made anew on another line, as the policy says: by one hold at a time, and what is seen under that hold is its new
 * thread. Never queues.
 */
@Injectable()
export class RequestGroupSend {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly decisions: Decisions,
    private readonly ledger: BudgetLedger,
    private readonly drainInbox: DrainInbox,
    private readonly readMembers: ReadGroupMembers,
  ) {}

  /**
   * Refuses `chat.not_found` for a thread that was never seen or is not the caller's, `chat.not_group` for one with one
   * person, and `assignment.busy` when what it looks at changes faster than it can answer.
   */
  execute(request: GroupSendRequest, actor: Actor): Promise<GroupSendAnswer> {
    return untilCurrent(actor, this.decisions, (decision) => this.once(request, decision));
  }

  /** Null when something the answer rests on changed meanwhile. */
  private async once(
    request: GroupSendRequest,
    decision: Decision,
  ): Promise<GroupSendAnswer | null> {
    const row = await this.lookOnceCurrent(request, decision);
    const made = await this.madeBefore(request);
    if (made && isOpen(made, row, decision)) return this.again(made, request, row, decision);
    const observing = row.environment.actuators.gate === 'observe';
    const ways = await this.waysOf(request, row, decision, observing);
    const deferred: GroupSendAnswer[] = [];
    for (const way of ways) {
      const limits = way.gate.kind === 'send' ? way.gate.limits : observing ? UNLIMITED : null;
      if (limits === null) return this.tell(answerOf(way), row, request, decision);
      const held = await this.hold(request, row, way, limits, observing, made !== null, decision);
      if (held === null || held.decision === 'send') {
        return held && this.tell(held, row, request, decision);
      }
      deferred.push(held);
    }
    // The way that is free first.
    const [first] = deferred.sort((a, b) => (a.retryAt ?? 0) - (b.retryAt ?? 0));
    return first ? this.tell(first, row, request, decision) : null;
  }

  private async lookOnceCurrent(request: GroupSendRequest, decision: Decision): Promise<GroupRow> {
    const first = await this.look(request, decision);
    if (first && !first.eventsPending && request.askedClass !== 'reply')
      return visible(first, request);
    // It may have been written in just now, or be quite new.
    await this.drainInbox.execute();
    const row = await this.look(request, decision);
    if (!row) throw new Refusal('chat.not_found', `No thread ${request.chatId} was seen`);
    return visible(row, request);
  }

  private look(
    { chatId, textHash }: GroupSendRequest,
    { now, policy }: Decision,
  ): Promise<GroupRow | null> {
    const day = budgetDay(now, 'UTC', policy.budget.dayStartHour);
    const since = {
      now,
      dayStart: budgetDayStart(day, 'UTC', policy.budget.dayStartHour),
      ejectedAfter: now - DAY_MS,
      repliesAfter: now - policy.sends.replyWindowHours * HOUR_MS - 1,
    };
    const text =
      textHash === undefined
        ? null
        : { hash: textHash, since: now - policy.sends.sameTextMinutes * MINUTE_MS };
    return this.unitOfWork.read.groups.look(chatId, since, text);
  }

  /** Where the message may leave from, in order. */
  private async waysOf(
    request: GroupSendRequest,
    row: GroupRow,
    decision: Decision,
    observing: boolean,
  ): Promise<Way[]> {
    const { now, policy } = decision;
    const cap = todayCap(row.line, row.maxDailyUse7d, policy);
    const group = snapshotOn(row, viewOf(row.line, cap), row.chatId, false, decision);
    const own = { line: row.line, cap, chatId: row.chatId, members: null };
    const only = (gate: GateDecision): Way[] => [{ ...own, gate }];
    if (!losesItsGroups(row.line)) return only(decideGroupSend(request, group, policy));
    const mayMove = row.environment.actuators.failover === 'auto' && !observing;
    if (policy.failover.groups === 'hold' || !mayMove || !row.line.managed) {
      return only(holdGroup(request, group, policy));
    }
    const held = holdGroup(request, group, policy, 'group-no-line');
    const wait = (retryAt: EpochMs, code: string, detail: string): Way[] =>
      only({ kind: 'defer', class: held.class, retryAt, reasons: [{ code, detail }] });
    if (row.recreation !== null) {
      const detail = 'The group is being made anew: the first message in it says where it goes on';
      return wait(row.recreation.until, 'group-recreating', detail);
    }
    if (row.unsettledUntil !== null) {
      const detail = 'A message to the group from its lost line may still arrive';
      return wait(row.unsettledUntil, 'unsettled', detail);
    }
    if (row.environment.frozenAt !== null) {
      return wait(now + HOUR_MS, 'fleet-frozen', 'The fleet is frozen: nothing is moved');
    }
    const members = await this.readMembers.execute(this.unitOfWork.read, row.chatId);
    if (members === null) {
      const detail = 'The provider does not tell now who is in the group';
      return wait(now + UNREAD_WAIT_MS, 'group-unread', detail);
    }
    const ways = await this.newWays(request, row, members, decision);
    return ways.length > 0 ? ways : only(held);
  }

  private async newWays(
    request: GroupSendRequest,
    row: GroupRow,
    members: GroupMembers,
    decision: Decision,
  ): Promise<Way[]> {
    const { now, policy } = decision;
    const { read } = this.unitOfWork;
    const { lines, outlook } = await snapshotOf(read, await poolOf(read, row.poolId), decision);
    const { knownBy, participants } = members;
    const group = { now, lostLineId: row.line.id, key: row.key, lines, knownBy, outlook };
    const chosen = linesForGroup(group, policy).slice(0, MAX_LINES);
    const records = new Map(
      (await read.lines.byIds(chosen.map(({ id }) => id))).map((line) => [line.id, line]),
    );
    return chosen.flatMap((view) => {
      const line = records.get(view.id);
      const isKnown = knownBy.get(view.id) === participants.length;
      const snapshot = snapshotOn(row, view, null, isKnown, decision);
      const gate = decideGroupSend(request, snapshot, policy);
      return line ? [{ line, cap: view.todayCap, chatId: null, gate, members }] : [];
    });
  }

  private async hold(
    request: GroupSendRequest,
    row: GroupRow,
    way: Way,
    limits: ReserveLimits,
    observing: boolean,
    isIdTaken: boolean,
    decision: Decision,
  ): Promise<GroupSendAnswer | null> {
    const { line, cap, gate } = way;
    const id = isIdTaken ? decision.newId() : (request.workId ?? decision.newId());
    const { now } = decision;
    const asked = { id, lineId: line.id, recipient: row.key, units: request.messages, now };
    const held = await this.ledger.reserve({ ...asked, limits, todayCap: cap });
    const { kind } = held;
    if (kind === 'deferred') {
      if (observing && limits !== UNLIMITED) {
        return this.hold(request, row, way, UNLIMITED, true, isIdTaken, decision);
      }
      const reason = { code: held.reason, detail: LEDGER_WORDS[held.reason] };
      const said = { ...gate, reasons: [...gate.reasons, reason] };
      return { ...answerOf({ ...way, gate: said }), decision: 'defer', retryAt: held.retryAt };
    }
    let recorded = false;
    try {
      recorded = await this.record(id, request, row, way, held.expiresAt, decision);
    } finally {
      if (!recorded) await this.ledger.release(line.id, id, now);
    }
    if (!recorded) return null;
    const wouldBe = gate.kind === 'send' && limits !== UNLIMITED ? null : gate.kind;
    return {
      ...answerOf(way),
      ...{ decision: 'send', reservationId: id, expiresAt: held.expiresAt, retryAt: null },
      wouldBe: wouldBe === 'send' ? 'defer' : wouldBe,
    };
  }

  /** False when what the gate saw is not so any more, or another hold makes the group anew. */
  private record(
    id: string,
    request: GroupSendRequest,
    row: GroupRow,
    { line, gate, chatId }: Way,
    expiresAt: EpochMs,
    { now, policy, policyVersion }: Decision,
  ): Promise<boolean> {
    const send: SendRecord = {
      id,
      userId: row.key,
      lineId: line.id,
      assignmentEpoch: 0,
      class: gate.class,
      messages: request.messages,
      settledMessages: 0,
      newConversation: chatId === null,
      state: 'open',
      policyVersion,
      admittedAt: now,
      expiresAt,
      closedAt: null,
    };
    const { sameTextLimit: limit, sameTextMinutes } = policy.sends;
    const text =
      request.textHash === undefined || gate.class === 'reply'
        ? null
        : {
            ...{ hash: request.textHash, since: now - sameTextMinutes * MINUTE_MS, limit },
            enforced: true,
          };
    const { frozenAt } = row.environment;
    const basis = { chatId: row.chatId, lineEpoch: line.epoch, frozenAt, text };
    return this.unitOfWork.run((stores) => stores.groups.insertSend(send, basis));
  }

  /** The answer that was given, or was to be given, with a hold that the same request made before. */
  private async again(
    made: SendRecord,
    request: GroupSendRequest,
    row: GroupRow,
    decision: Decision,
  ): Promise<GroupSendAnswer | null> {
    const [line] = await this.unitOfWork.read.lines.byIds([made.lineId]);
    if (!line) return null;
    const members = made.newConversation
      ? await this.readMembers.execute(this.unitOfWork.read, row.chatId)
      : null;
    const detail = 'The hold of the first time this was asked';
    const answer: GroupSendAnswer = {
      ...{ decision: 'send', class: made.class, line },
      chatId: made.newConversation ? null : row.chatId,
      ...{ reservationId: made.id, expiresAt: made.expiresAt, retryAt: null },
      newConversation: made.newConversation,
      ...{ firstText: null, service: null, wouldBe: null },
      reasons: [{ code: `class-${made.class}`, detail }],
      participants: members?.participants ?? null,
    };
    return this.tell(answer, row, request, decision);
  }

  /** The hold that this very request made before. */
  private async madeBefore({ workId }: GroupSendRequest): Promise<SendRecord | null> {
    if (workId === undefined) return null;
    return (await this.unitOfWork.read.sends.byIds([workId]))[0] ?? null;
  }

  /** Tells the answer to the log and the metrics, without the members, and hands it on. */
  private tell(
    answer: GroupSendAnswer,
    row: GroupRow,
    request: GroupSendRequest,
    decision: Decision,
  ): GroupSendAnswer {
    note(this.unitOfWork.read, decision, {
      kind: 'gate',
      outcome: answer.decision,
      ...(answer.line ? { lineId: answer.line.id, line: lastFour(answer.line.phoneNumber) } : {}),
      reasons: answer.reasons.map(({ code }) => code),
      inputs: {
        ...{ class: answer.class, asked: request.askedClass, messages: request.messages },
        ...{ group: row.chatId, newConversation: answer.newConversation },
        ...{ sendId: answer.reservationId, wouldBe: answer.wouldBe },
      },
    });
    return answer;
  }
}

function visible(row: GroupRow, { poolIds, chatId }: GroupSendRequest): GroupRow {
  if (!sees(poolIds, row.poolId))
    throw new Refusal('chat.not_found', `No thread ${chatId} was seen`);
  if (!row.isGroup)
    throw new Refusal('chat.not_group', 'chatId: the thread is with one person, so ask by userId');
  return row;
}

function viewOf(line: LineRecord, cap: number): LineView {
  return { ...line, usedLast24h: 0, todayCap: cap };
}

function snapshotOn(
  row: GroupRow,
  line: LineView,
  chatId: string | null,
  knowsLine: boolean,
  { now, policy }: Decision,
): GroupSnapshot {
  return {
    now,
    line,
    chat: chatId === null ? null : { id: chatId, health: 'HEALTHY' },
    knowsLine,
    lastInboundAt: row.lastInboundAt,
    transactionalToday: row.transactionalToday,
    fleetFrozen: row.environment.frozenAt !== null,
    contagion: lossesAreContagious({ lost: row.recentlyEjected, inUse: row.linesInUse }, policy),
    sameTextAt: row.sameTextAt,
    unsettledUntil: row.unsettledUntil,
    shedClasses: row.shedClasses,
  };
}

/** Whether a hold still serves the request that made it: into the thread that the group has, or to make it anew. */
function isOpen(made: SendRecord, row: GroupRow, { now }: Decision): boolean {
  const isOver = made.state === 'released' || made.state === 'expired';
  if (isOver || made.admittedAt <= now - DAY_MS) return false;
  return made.newConversation || made.lineId === row.line.id;
}

function answerOf({ line, chatId, gate, members }: Way): GroupSendAnswer {
  return {
    ...nothingHeld(gate, chatId === null),
    line,
    chatId,
    retryAt: gate.kind === 'defer' ? gate.retryAt : null,
    firstText: gate.kind === 'send' ? gate.firstText : null,
    wouldBe: null,
    participants: gate.kind === 'send' ? (members?.participants ?? null) : null,
  };
}
