import {
  type ConversationCounters,
  decideSend,
  type FleetPolicy,
  isContagion,
  LineLedger,
  NOTHING_SAID,
  onInbound,
  onOutbound,
} from '@linekeeper/domain';
import { epochHoursOf } from '../fleet/epoch-hours';
import { type Fleet, NOWHERE } from '../fleet/fleet';
import { instantOf, secondsOf, ZONE } from '../kernel/calendar';
import { IN, OUT } from '../traffic/traffic';
import type { Records } from '../fleet/records';
import type { Agenda } from '../kernel/agenda';

/** What the gate needs of the run it stands in. */
export interface GateHost {
  readonly fleet: Fleet;
  readonly records: Records;
  readonly agenda: Agenda;
  readonly policy: FleetPolicy;
  readonly now: number;
  count(user: number, line: number, direction: number): void;
  knows(user: number, line: number): boolean;
}

/** What we want to say to a person beyond the answers in the traffic. */
export interface Wish {
  readonly user: number;
  /** `reply`: an answer to what they wrote. `proactive`: nobody asked. */
  readonly asked: 'reply' | 'proactive';
  /** Second since which it has been due. */
  readonly due: number;
  /** Whether the app asks again when it is told to wait; else it lets the message be. */
  readonly patient: boolean;
  /** Asked again before each try; without it the message is wanted until it is sent. */
  readonly isWanted?: () => boolean;
  /** `known`: whether the person knew the number. */
  readonly onSent?: (known: boolean) => void;
}

export interface GateTotals {
  sent: number;
  deferred: number;
  refused: number;
  /** Answers refused or deferred for the line's budget: must stay 0. */
  repliesForBudget: number;
}

const NO_LINES: readonly number[] = [];

/**
 * The way out for messages of ours: the domain's gate, then its ledger, line by line. Answers in the traffic go past
 * it as the ledger's news, because a reply in its own thread is never refused.
 */
export class Gate {
  readonly totals: GateTotals = { sent: 0, deferred: 0, refused: 0, repliesForBudget: 0 };
  private readonly ledgers = new Map<number, LineLedger>();
  private readonly counters = new Map<number, ConversationCounters>();
  /** Lines that a person has texted, oldest first; made when they are more than the line of their placement. */
  private readonly texted = new Map<number, number[]>();
  private readonly first: Int16Array;
  /** Threads that stand, beyond that on a person's first line: `line * users + user`. */
  private readonly threads = new Set<number>();
  private holds = 0;

  constructor(private readonly run: GateHost) {
    this.first = new Int16Array(run.fleet.users).fill(NOWHERE);
  }

  /** A message of the traffic was counted. */
  onTraffic(user: number, line: number, direction: number): void {
    if (this.first[user] === NOWHERE) this.first[user] = line;
    if (direction === IN) this.noteTexted(user, line);
    const counters = this.counters.get(user);
    if (!counters) return;
    const now = instantOf(this.run.now);
    this.counters.set(
      user,
      direction === IN ? onInbound(counters, now) : onOutbound(counters, now, this.run.policy),
    );
  }

  /** Lines whose numbers a person has texted. */
  textedBy(user: number): readonly number[] {
    const first = this.first[user] ?? NOWHERE;
    return this.texted.get(user) ?? (first === NOWHERE ? NO_LINES : [first]);
  }

  /** The person writes in the thread on a line, beyond the traffic. */
  onPull(user: number, line: number): void {
    const { run } = this;
    const known = run.knows(user, line);
    run.count(user, line, IN);
    run.records.extra.push({
      ...{ at: run.now, user, line, direction: 'in', kind: 'pull', known },
      ...{ started: !this.hasThread(user, line), waited: 0, above: 0 },
    });
    this.threads.add(this.threadOf(user, line));
    this.noteTexted(user, line);
    this.counters.set(user, onInbound(this.countersOf(user), instantOf(run.now)));
  }

  /** Threads begun by us in the last 24 hours and the last hour. */
  contactsOf(line: number): { readonly last24h: number; readonly lastHour: number } {
    const use = this.ledgers.get(line)?.usage(instantOf(this.run.now));
    return { last24h: use?.newConversations24h ?? 0, lastHour: use?.newConversationsHour ?? 0 };
  }

  /** Asks to send one message from the person's line now; asks again when told to wait. */
  ask(wish: Wish): void {
    const { run } = this;
    const lineIndex = run.fleet.lineOf[wish.user] ?? NOWHERE;
    if (lineIndex === NOWHERE || wish.isWanted?.() === false) return;
    const line = run.fleet.line(lineIndex);
    const now = instantOf(run.now);
    const counters = this.countersOf(wish.user);
    const hasThread = this.hasThread(wish.user, lineIndex);
    const decision = decideSend(
      { askedClass: wish.asked === 'reply' ? null : 'proactive', messages: 1 },
      {
        ...{ now, zone: ZONE, line, assignmentState: 'confirmed', counters, threads: [] },
        chat: hasThread ? { id: `${lineIndex}/${wish.user}`, health: 'HEALTHY' } : null,
        wroteHere: hasThread,
        talkedBefore: true,
        knowsLine: this.textedBy(wish.user).includes(lineIndex),
        ...{ suppressedAt: null, liftedAt: null, replyAllowedUntil: null, openUnsolicitedAt: null },
        ...{ transactionalToday: 0, fleetFrozen: false },
        ...{ unsettledUntil: null, needsIntroductionSince: null },
        sameTextAt: [],
        shedClasses: [],
        contagion: isContagion(run.fleet.lines, now, run.policy),
      },
      run.policy,
    );
    if (decision.kind === 'refuse') {
      this.totals.refused += 1;
      return;
    }
    if (decision.kind === 'defer') {
      this.again(wish, decision.retryAt);
      return;
    }
    const ledger = this.ledgerOf(lineIndex, now);
    const id = String((this.holds += 1));
    const held = ledger.reserve(
      { id, recipient: String(wish.user), units: 1, now },
      decision.limits,
      line.todayCap,
    );
    if (held.kind === 'deferred') {
      const forBudget = held.reason === 'budget-ceiling' || held.reason === 'hour-shape';
      if (decision.class === 'reply' && forBudget) this.totals.repliesForBudget += 1;
      this.again(wish, held.retryAt);
      return;
    }
    this.send(wish, lineIndex, decision.class, decision.limits.ceiling, decision.newConversation);
    ledger.record({ hours: [], messages: [], threads: [], holds: [{ id, left: 0 }] }, now);
  }

  /** Sends without asking anybody: what contenders without a gate do. */
  sendUnasked(wish: Wish): void {
    const line = this.run.fleet.lineOf[wish.user] ?? NOWHERE;
    if (line === NOWHERE) return;
    this.send(wish, line, 'introduction', null, !this.hasThread(wish.user, line));
  }

  private send(
    wish: Wish,
    line: number,
    kind: string,
    ceiling: number | null,
    started: boolean,
  ): void {
    const { run } = this;
    const { user } = wish;
    const known = run.knows(user, line);
    run.count(user, line, OUT);
    const above = ceiling === null ? 0 : Math.max(0, run.fleet.usage.last24h(line) - ceiling);
    run.records.extra.push({
      ...{ at: run.now, user, line, direction: 'out', kind, known, started },
      ...{ waited: run.now - wish.due, above },
    });
    this.totals.sent += 1;
    this.threads.add(this.threadOf(user, line));
    this.counters.set(user, onOutbound(this.countersOf(user), instantOf(run.now), run.policy));
    wish.onSent?.(known);
  }

  private again(wish: Wish, retryAt: number): void {
    this.totals.deferred += 1;
    if (!wish.patient) return;
    this.run.agenda.add(Math.ceil(secondsOf(retryAt)), () => this.ask(wish));
  }

  private ledgerOf(line: number, now: number): LineLedger {
    let ledger = this.ledgers.get(line);
    if (!ledger) {
      ledger = new LineLedger();
      this.ledgers.set(line, ledger);
    }
    const hours = epochHoursOf(this.run.fleet.usage, line);
    ledger.record({ hours, messages: [], threads: [], holds: [] }, now);
    return ledger;
  }

  private countersOf(user: number): ConversationCounters {
    const known = this.counters.get(user);
    if (known) return known;
    const lastIn = this.run.fleet.lastInAt[user] ?? -1;
    const lastOut = this.run.fleet.lastOutAt[user] ?? -1;
    return {
      ...NOTHING_SAID,
      lastInboundAt: lastIn < 0 ? null : instantOf(lastIn),
      lastOutboundAt: lastOut < 0 ? null : instantOf(lastOut),
      outboundTurns: lastOut >= lastIn && lastOut >= 0 ? 1 : 0,
    };
  }

  private noteTexted(user: number, line: number): void {
    if (this.first[user] === line && !this.texted.has(user)) return;
    const lines = this.texted.get(user) ?? [this.first[user] ?? line];
    if (!lines.includes(line)) lines.push(line);
    this.texted.set(user, lines);
  }

  private hasThread(user: number, line: number): boolean {
    return this.first[user] === line || this.threads.has(this.threadOf(user, line));
  }

  private threadOf(user: number, line: number): number {
    return line * this.run.fleet.users + user;
  }
}
