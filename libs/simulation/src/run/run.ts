import { advanceHealth, type FleetPolicy, rampCap } from '@linekeeper/domain';
import type { Contender, MakeContender } from '../contenders/contender';
import { Fleet, NOWHERE } from '../fleet/fleet';
import type { LinePlan } from '../fleet/line-state';
import { Records } from '../fleet/records';
import { Agenda } from '../kernel/agenda';
import { DAY_SECONDS, dayBegin, dayIndex, instantOf } from '../kernel/calendar';
import { chanceOf } from '../kernel/chance';
import { IN, type Traffic } from '../traffic/traffic';
import { closeLines, type DayTrouble, WAS_WRITTEN_TO, WROTE } from './close-lines';
import { Gate } from './gate';
import type { People } from './people';

/** What a run is made of. Runs of one setup differ by their contender alone. */
export interface Setup {
  readonly traffic: Traffic;
  readonly people: People;
  readonly lines: readonly LinePlan[];
  /** Messages a line may carry a day, in and out. */
  readonly budget: number;
  readonly policy: FleetPolicy;
  readonly seed: number;
}

/** Told now and then how far a run is, from 0 to 1. */
export type OnProgress = (share: number) => void;

const PROGRESS_EVERY = 1 << 17;

/**
 * One simulation of one contender: the traffic in order of time, and between its messages whatever else is due. The
 * clock is virtual: the second of the message or of the entry that is being handled.
 */
export class Run {
  readonly fleet: Fleet;
  readonly records = new Records();
  readonly agenda = new Agenda();
  readonly contender: Contender;
  readonly gate: Gate;
  readonly policy: FleetPolicy;
  /** Second of the virtual clock. */
  now = 0;
  /** Index of the running budget day. */
  day = 0;
  /** 1 for people who write nothing until they are reached. */
  readonly waiting: Uint8Array;
  /** Set by scenarios of trouble. */
  trouble: DayTrouble = { repliedShare: () => 1 };
  /** Set by scenarios that keep people waiting: one of them would have written. */
  onUnsaid?: (user: number, direction: number) => void;
  /** Set by who watches the messages that were counted, after each. */
  onCounted?: (user: number, line: number, direction: number) => void;
  private readonly onThisDay: Int32Array;
  private readonly deeds: Uint8Array;
  /** Day on which a user was last turned away, plus one. */
  private readonly turnedAwayOn: Int32Array;
  private stopped = false;

  constructor(
    readonly setup: Setup,
    makeContender: MakeContender,
  ) {
    const { traffic, lines, budget, policy } = setup;
    this.policy = policy;
    this.fleet = new Fleet(traffic.users, lines, traffic.days + 2, budget, policy);
    this.gate = new Gate(this);
    this.waiting = new Uint8Array(traffic.users);
    this.onThisDay = new Int32Array(traffic.users);
    this.deeds = new Uint8Array(traffic.users);
    this.turnedAwayOn = new Int32Array(traffic.users);
    this.contender = makeContender({
      fleet: this.fleet,
      chance: chanceOf(setup.seed, 'contender'),
      traffic,
      holds: (user) => this.holds(user),
      contactsOf: (line) => this.gate.contactsOf(line),
    });
  }

  play(onProgress?: OnProgress): this {
    const { seconds, user, direction } = this.setup.traffic;
    this.startDay();
    for (let i = 0; i < seconds.length; i += 1) {
      const at = seconds[i] ?? 0;
      this.advance(at);
      if (this.stopped) break;
      this.take(user[i] ?? 0, direction[i] ?? IN);
      if (i % PROGRESS_EVERY === 0) onProgress?.(i / seconds.length);
    }
    return this;
  }

  /** Ends the run before the next message of the traffic: what comes is of no interest any more. */
  stop(): void {
    this.stopped = true;
  }

  /** Counts a message on a line now. */
  count(user: number, line: number, direction: number): void {
    const used = this.fleet.usage.count(line, direction, this.day);
    this.fleet.line(line).usedLast24h = used;
    this.onThisDay[user] = (this.onThisDay[user] ?? 0) + 1;
    if (direction === IN) {
      this.deeds[user] = (this.deeds[user] ?? 0) | WROTE;
      this.fleet.lastInAt[user] = this.now;
    } else {
      this.deeds[user] = (this.deeds[user] ?? 0) | WAS_WRITTEN_TO;
      this.fleet.lastOutAt[user] = this.now;
    }
    this.onCounted?.(user, line, direction);
  }

  /** Moves a user's place; threads follow when somebody writes. */
  move(user: number, to: number, reason: string): void {
    const from = this.fleet.lineOf[user] ?? NOWHERE;
    if (from === to) return;
    this.fleet.move(user, to);
    this.contender.onMoved?.(user, from, to);
    this.records.moves.push({ at: this.now, user, from, to, reason });
    this.refreshCap(from);
    this.refreshCap(to);
  }

  /** Numbers that a person holds as far as the service can know: texted by them, or on a delivered card. */
  holds(user: number): number[] {
    const texted = this.gate.textedBy(user);
    const card = this.setup.people.delivered[user] === 1 ? this.cardOf(user) : [];
    return [...new Set([...card, ...texted])];
  }

  /** Whether a person would know who it is: they saved that number with their card, or have texted it. */
  knows(user: number, line: number): boolean {
    if (this.gate.textedBy(user).includes(line)) return true;
    return this.setup.people.saved[user] === 1 && this.cardOf(user).includes(line);
  }

  /** The line a user was first placed on, and the fallbacks. */
  private cardOf(user: number): number[] {
    return [...this.gate.textedBy(user).slice(0, 1), ...this.fleet.fallbacksOf(user)];
  }

  /** Everything due before or at this second, then the clock stands there. */
  private advance(to: number): void {
    for (;;) {
      const { dayStartHour } = this.policy.budget;
      const dayEnds = dayBegin(this.day + 1, dayStartHour);
      const due = this.agenda.nextAt();
      if (Math.min(due, dayEnds) > to) break;
      this.tick(Math.min(due, dayEnds));
      if (dayEnds <= due) this.endDay();
      else this.agenda.runNext();
      if (this.stopped) return;
    }
    this.tick(to);
  }

  private tick(to: number): void {
    this.now = to;
    if (!this.fleet.usage.advance(to)) return;
    this.fleet.lines.forEach((line, i) => (line.usedLast24h = this.fleet.usage.last24h(i)));
  }

  private take(user: number, direction: number): void {
    let line = this.fleet.lineOf[user] ?? NOWHERE;
    if (line === NOWHERE && direction === IN) line = this.tryToPlace(user);
    if (line === NOWHERE) {
      this.records.turnedAway += 1;
      return;
    }
    if (this.waiting[user] === 1) {
      this.records.unsaid.push({ at: this.now, user, direction });
      this.onUnsaid?.(user, direction);
      return;
    }
    this.records.carried += 1;
    this.count(user, line, direction);
    this.gate.onTraffic(user, line, direction);
    if (direction !== IN && this.fleet.usage.of(line, this.day) > this.setup.budget) {
      this.records.repliesOver += 1;
    }
  }

  /** A person who was turned away comes back with the first message of another day. */
  private tryToPlace(user: number): number {
    if (this.turnedAwayOn[user] === this.day + 1) return NOWHERE;
    const answer = this.contender.place(user, this.now);
    if (answer.kind === 'refused') {
      this.turnedAwayOn[user] = this.day + 1;
      this.records.refused.push({ at: this.now, user, reason: answer.reason });
      return NOWHERE;
    }
    const { line, fallbacks, reason } = answer;
    this.fleet.assign(user, line, fallbacks);
    this.contender.onPlaced?.(user, line, this.day);
    this.refreshCap(line);
    this.records.assignments.push({ at: this.now, user, line, reason });
    return line;
  }

  private endDay(): void {
    const { fleet, day } = this;
    closeLines(fleet, day, this.now, this.deeds, this.trouble, this.policy);
    this.contender.onDayClosed?.(day, this.onThisDay);
    this.onThisDay.fill(0);
    this.deeds.fill(0);
    this.day = dayIndex(this.now, this.policy.budget.dayStartHour);
    this.startDay();
    for (const { user, to, reason } of this.contender.rebalance?.(this.now) ?? []) {
      this.move(user, to, reason);
    }
  }

  private startDay(): void {
    const { fleet, day } = this;
    fleet.lines.forEach((line, i) => {
      const arrives = this.setup.lines[i]?.arrivesOnDay ?? 0;
      if (line.adminState === 'warming' && this.now >= arrives * DAY_SECONDS) {
        line.adminState = 'enabled';
        line.activatedAt = instantOf(this.now);
      }
      Object.assign(line, advanceHealth(line, instantOf(this.now)));
      line.newUsersToday = 0;
      this.refreshCap(i);
      const inService = line.adminState !== 'warming';
      fleet.usage.cap[i * fleet.usage.days + day] = inService ? rampCap(line, this.policy) : 0;
    });
  }

  private refreshCap(line: number): void {
    const state = this.fleet.line(line);
    state.todayCap = this.contender.todayCap?.(line, this.day) ?? rampCap(state, this.policy);
    state.admissionCap = this.contender.admissionCap?.(line, this.day) ?? state.todayCap;
  }
}
