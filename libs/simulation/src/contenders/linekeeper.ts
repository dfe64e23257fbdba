import {
  chooseFallbacks,
  closeUserDay,
  type ContactUse,
  type FailoverUser,
  type FleetPolicy,
  type LineView,
  loadMilliOf,
  place,
  planFailover,
  planRebalance,
  startRate,
  todayCap,
} from '@linekeeper/domain';
import { type Fleet, NOWHERE } from '../fleet/fleet';
import { dayIndex, instantOf, nextDayAt, secondsOf } from '../kernel/calendar';
import type { Arena, Contender, FailoverDecision, MakeContender, Placement } from './contender';
import { UserRates } from './user-rates';

const DAYS_OF_USE = 7;

/** The domain's own decisions, called as the service's use-cases call them. */
export class Linekeeper implements Contender {
  readonly name: string;
  private readonly fleet: Fleet;
  private readonly policy: FleetPolicy;
  private readonly rates: UserRates;
  private readonly mean: Int32Array;
  private readonly variance: Float64Array;
  private readonly lastMovedAt = new Map<number, number>();
  /** First contacts that each target has promised. */
  private readonly slots = new Map<string, number[]>();

  /** The service only proposes to rebalance; with `rebalances` every proposal is carried out at once. */
  constructor(
    private readonly arena: Arena,
    private readonly options: { readonly rebalances: boolean },
  ) {
    this.name = options.rebalances ? 'linekeeper-rebalancing' : 'linekeeper';
    this.fleet = arena.fleet;
    this.policy = arena.fleet.policy;
    this.rates = new UserRates(this.fleet.users);
    this.mean = new Int32Array(this.fleet.users);
    this.variance = new Float64Array(this.fleet.users);
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
      fallbacks: chooseFallbacks(best.lineId, userId, snapshot, this.policy).map((id) =>
        this.fleet.indexOf(id),
      ),
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
    const now = instantOf(seconds);
    const users = this.fleet.usersOn(line);
    const plan = planFailover(
      {
        now,
        lineId: this.fleet.line(line).id,
        users: users.map((user) => this.failoverUser(user)),
        lines: this.fleet.lines,
        contacts: this.contactUses(now),
      },
      this.policy,
    );
    for (const { toLineId, contactSlotAt } of plan.moves) {
      if (contactSlotAt === null) continue;
      this.slots.set(toLineId, [...(this.slots.get(toLineId) ?? []), contactSlotAt]);
    }
    return {
      moves: plan.moves.map((move) => ({
        user: userOf(move.userId),
        to: this.fleet.indexOf(move.toLineId),
        contactAt: move.contactSlotAt === null ? null : secondsOf(move.contactSlotAt),
        reason: `${move.mode}: ${move.reason}`,
      })),
      stranded: plan.stranded.map(({ userId }) => userOf(userId)),
      etaAt: secondsOf(plan.etaAt),
      paced: true,
    };
  }

  rebalance(seconds: number): { user: number; to: number; reason: string }[] {
    if (!this.options.rebalances) return [];
    const { lineOf, lastInAt, lastOutAt, lines } = this.fleet;
    const users: Parameters<typeof planRebalance>[0]['users'][number][] = [];
    const hot = planRebalance(this.rebalanceInput(seconds, []), this.policy).remedies;
    const hotLines = new Set(hot.map(({ lineId }) => this.fleet.indexOf(lineId)));
    if (hotLines.size === 0) return [];
    for (let user = 0; user < this.fleet.users; user += 1) {
      const line = lineOf[user] ?? NOWHERE;
      if (!hotLines.has(line)) continue;
      const last = Math.max(lastInAt[user] ?? -1, lastOutAt[user] ?? -1);
      users.push({
        userId: userIdOf(user),
        lineId: lines[line]?.id ?? '',
        meanMilli: this.mean[user] ?? 0,
        varianceMilli: this.variance[user] ?? 0,
        knownLineIds: this.knownIds(user),
        lastMessageAt: last < 0 ? null : instantOf(last),
        lastMovedAt: this.lastMovedAt.get(user) ?? null,
        pinned: false,
      });
    }
    const { moves } = planRebalance(this.rebalanceInput(seconds, users), this.policy);
    for (const { userId } of moves) this.lastMovedAt.set(userOf(userId), instantOf(seconds));
    return moves.map(({ userId, toLineId, reason }) => ({
      user: userOf(userId),
      to: this.fleet.indexOf(toLineId),
      reason,
    }));
  }

  private rebalanceInput(
    seconds: number,
    users: Parameters<typeof planRebalance>[0]['users'],
  ): Parameters<typeof planRebalance>[0] {
    const fleetUsers = this.fleet.lines.reduce((sum, line) => sum + line.users, 0);
    return { now: instantOf(seconds), lines: this.fleet.lines, users, fleetUsers };
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

  private failoverUser(user: number): FailoverUser {
    const { lastInAt, lastOutAt } = this.fleet;
    return {
      userId: userIdOf(user),
      meanMilli: this.mean[user] ?? 0,
      varianceMilli: this.variance[user] ?? 0,
      knownLineIds: this.knownIds(user),
      lastInboundAt: instantOrNull(lastInAt[user] ?? -1),
      lastOutboundAt: instantOrNull(lastOutAt[user] ?? -1),
      unansweredTurns: 0,
      chatHealth: null,
    };
  }

  private knownIds(user: number): string[] {
    return this.arena.holds(user).map((line) => this.fleet.line(line).id);
  }

  private contactUses(now: number): Map<string, ContactUse> {
    return new Map(
      this.fleet.lines.map(({ id }) => {
        const { last24h, lastHour } = this.arena.contactsOf(this.fleet.indexOf(id));
        const scheduled = (this.slots.get(id) ?? []).filter((at) => at > now);
        return [id, { last24h, lastHour, scheduled }];
      }),
    );
  }
}

const USER_PREFIX = 'user-';
const userIdOf = (user: number): string => `${USER_PREFIX}${user}`;
const userOf = (userId: string): number => Number(userId.slice(USER_PREFIX.length));
const instantOrNull = (seconds: number): number | null => (seconds < 0 ? null : instantOf(seconds));

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
