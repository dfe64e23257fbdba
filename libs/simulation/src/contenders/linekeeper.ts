import {
  closeUserDay,
  type FleetPolicy,
  type LineView,
  loadMilliOf,
  place,
  startRate,
  todayCap,
} from '@linekeeper/domain';
import { type Fleet, NOWHERE } from '../fleet/fleet';
import { dayIndex, instantOf, nextDayAt } from '../kernel/calendar';
import type { Arena, Contender, FailoverDecision, MakeContender, Placement } from './contender';
import { UserRates } from './user-rates';
import { LinekeeperCards } from './linekeeper-cards';
import { LinekeeperMoves, userIdOf } from './linekeeper-moves';

const DAYS_OF_USE = 7;

/** The domain's own decisions, called as the service's use-cases call them. */
export class Linekeeper implements Contender {
  readonly name: string;
  private readonly fleet: Fleet;
  private readonly policy: FleetPolicy;
  private readonly rates: UserRates;
  private readonly mean: Int32Array;
  private readonly variance: Float64Array;
  private readonly cards: LinekeeperCards;
  private readonly moves: LinekeeperMoves;

  /** The service only proposes to rebalance; with `rebalances` every proposal is carried out at once. */
  constructor(
    arena: Arena,
    private readonly options: { readonly rebalances: boolean },
  ) {
    this.name = options.rebalances ? 'linekeeper-rebalancing' : 'linekeeper';
    this.fleet = arena.fleet;
    this.policy = arena.fleet.policy;
    this.rates = new UserRates(this.fleet.users);
    this.mean = new Int32Array(this.fleet.users);
    this.variance = new Float64Array(this.fleet.users);
    this.cards = new LinekeeperCards(this.policy);
    this.moves = new LinekeeperMoves(arena, (user) => ({
      meanMilli: this.mean[user] ?? 0,
      varianceMilli: this.variance[user] ?? 0,
    }));
  }

  place(user: number, seconds: number): Placement {
    const { dayStartHour } = this.policy.budget;
    const load = loadMilliOf(startRate(this.policy), this.policy);
    const snapshot = {
      now: instantOf(seconds),
      lines: this.fleet.lines,
      nextDayAt: nextDayAt(dayIndex(seconds, dayStartHour), dayStartHour),
    };
    const userId = userIdOf(user);
    const plan = place({ userId, ...load }, snapshot, this.policy);
    if (plan.kind === 'no-capacity') {
      return { kind: 'refused', reason: Object.keys(plan.reasons).sort().join('+') };
    }
    const [best] = plan.candidates;
    if (!best) throw new Error('A placement without a candidate');
    return {
      kind: 'placed',
      line: this.fleet.indexOf(best.lineId),
      fallbacks: this.cards
        .deal(userId, best.lineId, load.meanMilli, snapshot.lines, snapshot.now)
        .map((id) => this.fleet.indexOf(id)),
      reason: 'best score',
    };
  }

  onPlaced(user: number, line: number): void {
    this.rates.set(user, startRate(this.policy));
    this.setLoad(user, line);
  }

  onMoved(user: number, from: number, to: number): void {
    const [mean, variance] = [this.mean[user] ?? 0, this.variance[user] ?? 0];
    addLoad(this.fleet.line(from), -mean, -variance);
    addLoad(this.fleet.line(to), mean, variance);
  }

  onDayClosed(_day: number, messages: Int32Array): void {
    for (let user = 0; user < this.fleet.users; user += 1) {
      const rate = this.rates.get(user);
      if (!rate) continue;
      this.rates.set(user, closeUserDay(rate, messages[user] ?? 0, this.policy));
      this.setLoad(user, this.fleet.lineOf[user] ?? NOWHERE);
    }
  }

  todayCap(line: number, day: number): number {
    const { usage } = this.fleet;
    // Lines that were there on the first day come from a fleet in use: their week before was a full one.
    const state = this.fleet.line(line);
    const before = day < DAYS_OF_USE && state.goodDays > 0 ? state.budgetPerDay : 0;
    return todayCap(state, Math.max(before, usage.most(line, day, DAYS_OF_USE)), this.policy);
  }

  onFlag(line: number, seconds: number): FailoverDecision {
    return this.moves.onFlag(line, seconds);
  }

  rebalance(seconds: number): { user: number; to: number; reason: string }[] {
    return this.options.rebalances ? this.moves.rebalance(seconds) : [];
  }

  private setLoad(user: number, line: number): void {
    const rate = this.rates.get(user);
    if (!rate) return;
    const { meanMilli, varianceMilli } = loadMilliOf(rate, this.policy);
    const state = this.fleet.line(line);
    addLoad(state, meanMilli - (this.mean[user] ?? 0), varianceMilli - (this.variance[user] ?? 0));
    this.mean[user] = meanMilli;
    this.variance[user] = varianceMilli;
  }
}

function addLoad(
  line: { -readonly [K in 'meanMilli' | 'varianceMilli']: LineView[K] },
  mean: number,
  variance: number,
): void {
  line.meanMilli += mean;
  line.varianceMilli += variance;
}

export const linekeeper: MakeContender = (arena) => new Linekeeper(arena, { rebalances: false });

/** As if the operator carried out every proposal. */
export const linekeeperRebalancing: MakeContender = (arena) =>
  new Linekeeper(arena, { rebalances: true });

/** Places as ours does, and does nothing on a flag: what a failover is measured against. */
export const withoutFailover: MakeContender = (arena) => {
  const ours = new Linekeeper(arena, { rebalances: false });
  return {
    name: 'no-failover',
    place: (user, seconds) => ours.place(user, seconds),
    onPlaced: (user, line) => ours.onPlaced(user, line),
    onMoved: (user, from, to) => ours.onMoved(user, from, to),
    onDayClosed: (day, messages) => ours.onDayClosed(day, messages),
    todayCap: (line, day) => ours.todayCap(line, day),
  };
};
