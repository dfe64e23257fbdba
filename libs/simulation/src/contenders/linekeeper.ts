import {
  admissionCap,
  type FleetPolicy,
  type LoadMilli,
  place,
  rampCap,
  todayCap,
} from '@linekeeper/domain';
import { type Fleet, NOWHERE } from '../fleet/fleet';
import { dayIndex, instantOf, nextDayAt } from '../kernel/calendar';
import type { Arena, Contender, FailoverDecision, MakeContender, Placement } from './contender';
import { Forecasts } from './forecasts';
import { LinekeeperCards } from './linekeeper-cards';
import { LinekeeperMoves, userIdOf } from './linekeeper-moves';

const DAYS_OF_USE = 7;

/** What is done otherwise than the service does it, to see what it is worth. */
interface Variant {
  readonly name: string;
  /** The service only proposes to rebalance; with this every proposal is carried out at once. */
  readonly rebalances?: boolean;
  /** Lines in turn among those that admission offers, instead of by score. */
  readonly inTurn?: boolean;
  /** Without the spike guard, as if lines could grow from one day to the next. */
  readonly unguarded?: boolean;
}

/** The domain's own decisions, called as the service's use-cases call them. */
export class Linekeeper implements Contender {
  readonly name: string;
  private readonly fleet: Fleet;
  private readonly policy: FleetPolicy;
  private readonly forecasts: Forecasts;
  private readonly cards: LinekeeperCards;
  private readonly moves: LinekeeperMoves;
  /** When a user was last given to a line, counted in users. */
  private readonly takenAt = new Map<string, number>();

  constructor(
    arena: Arena,
    private readonly variant: Variant,
  ) {
    this.name = variant.name;
    this.fleet = arena.fleet;
    this.policy = arena.fleet.policy;
    this.forecasts = new Forecasts(this.fleet.users, this.policy);
    this.cards = new LinekeeperCards(this.policy);
    this.moves = new LinekeeperMoves(arena, this.forecasts);
  }

  place(user: number, seconds: number): Placement {
    const { dayStartHour } = this.policy.budget;
    const load = this.forecasts.newcomer();
    const snapshot = {
      now: instantOf(seconds),
      lines: this.fleet.linesForAdmission(),
      nextDayAt: nextDayAt(dayIndex(seconds, dayStartHour), dayStartHour),
      outlook: this.forecasts.risk,
      prior: this.forecasts.prior,
    };
    const userId = userIdOf(user);
    const plan = place({ userId, ...load }, snapshot, this.policy);
    if (plan.kind === 'no-capacity') {
      return { kind: 'refused', reason: Object.keys(plan.reasons).sort().join('+') };
    }
    const candidates = this.variant.inTurn
      ? [...plan.candidates].sort((a, b) => this.turnOf(a.lineId) - this.turnOf(b.lineId))
      : plan.candidates;
    const [best] = candidates;
    if (!best) throw new Error('A placement without a candidate');
    if (this.variant.inTurn)
      this.takenAt.set(best.lineId, 1 + Math.max(0, ...this.takenAt.values()));
    return {
      kind: 'placed',
      line: this.fleet.indexOf(best.lineId),
      fallbacks: this.cards
        .deal(userId, best.lineId, load.meanMilli, snapshot.lines, snapshot.now)
        .map((id) => this.fleet.indexOf(id)),
      reason: 'best score',
    };
  }

  onPlaced(user: number, line: number, day: number): void {
    this.addLoad(line, this.forecasts.place(user, day), 1);
  }

  onMoved(user: number, from: number, to: number): void {
    const load = this.forecasts.load(user);
    this.addLoad(from, load, -1);
    this.addLoad(to, load, 1);
  }

  onDayClosed(day: number, messages: Int32Array): void {
    this.forecasts.closeDay(day, messages, (user, before, after) => {
      const line = this.fleet.lineOf[user] ?? NOWHERE;
      this.addLoad(line, before, -1);
      this.addLoad(line, after, 1);
    });
  }

  private turnOf(lineId: string): number {
    return this.takenAt.get(lineId) ?? 0;
  }

  todayCap(line: number, day: number): number {
    return todayCap(this.fleet.line(line), this.mostUsed(line, day), this.policy);
  }

  admissionCap(line: number, day: number): number {
    if (this.variant.unguarded) return rampCap(this.fleet.line(line), this.policy);
    const mostUsed = this.mostUsed(line, day);
    return admissionCap(this.fleet.line(line), mostUsed, this.policy, this.forecasts.prior);
  }

  /** Lines that were there on the first day come from a fleet in use: their week before was a full one. */
  private mostUsed(line: number, day: number): number {
    const state = this.fleet.line(line);
    const before = day < DAYS_OF_USE && state.goodDays > 0 ? state.budgetPerDay : 0;
    return Math.max(before, this.fleet.usage.most(line, day, DAYS_OF_USE));
  }

  onFlag(line: number, seconds: number): FailoverDecision {
    return this.moves.onFlag(line, seconds);
  }

  rebalance(seconds: number): { user: number; to: number; reason: string }[] {
    return this.variant.rebalances ? this.moves.rebalance(seconds) : [];
  }

  private addLoad(line: number, { meanMilli, varianceMilli }: LoadMilli, sign: 1 | -1): void {
    const state = this.fleet.line(line);
    state.meanMilli += sign * meanMilli;
    state.varianceMilli += sign * varianceMilli;
  }
}

const variant =
  (of: Variant): MakeContender =>
  (arena) =>
    new Linekeeper(arena, of);

export const linekeeper = variant({ name: 'linekeeper' });

/** As if the operator carried out every proposal. */
export const linekeeperRebalancing = variant({ name: 'linekeeper-rebalancing', rebalances: true });

/** What the scores are worth: the same admission, and lines in turn. */
export const linekeeperInTurn = variant({ name: 'linekeeper-in-turn', inTurn: true });

/** What the spike guard costs. */
export const linekeeperUnguarded = variant({ name: 'linekeeper-unguarded', unguarded: true });

/** Places as ours does, and does nothing on a flag: what a failover is measured against. */
export const withoutFailover: MakeContender = (arena) => {
  const ours = new Linekeeper(arena, { name: 'no-failover' });
  return {
    name: ours.name,
    place: (user, seconds) => ours.place(user, seconds),
    onPlaced: (user, line, day) => ours.onPlaced(user, line, day),
    onMoved: (user, from, to) => ours.onMoved(user, from, to),
    onDayClosed: (day, messages) => ours.onDayClosed(day, messages),
    todayCap: (line, day) => ours.todayCap(line, day),
    admissionCap: (line, day) => ours.admissionCap(line, day),
  };
};
