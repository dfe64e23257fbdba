import { type Card, cardsOf, type FleetPolicy, type LineView, type Pod } from '@linekeeper/domain';
import type { AssignmentRecord, PoolRecord, Stores, UserRecord } from '../../ports';
import { type Decision, fitPods, type PlacementSnapshot } from '../shared';
import { loadOf } from './assignment-load';
import { cardFromPod, type DealtCard } from './deal-card';
import type { ExplainedPlan } from './explain-placement';
import { LinePairs } from './line-pairs';
import { drawOf, expectedLoad, placeOf, planPlace } from './tie';

type Mutable<Value> = { -readonly [Key in keyof Value]: Value[Key] };

/** A newcomer with a line, and what the answer rested on. */
export interface Seat {
  readonly user: UserRecord;
  readonly startedBy: 'inbound' | 'outbound';
  readonly plan: ExplainedPlan;
  readonly lineId: string;
  readonly decision: Decision;
}

export interface DealtSeat extends Seat {
  readonly dealt: DealtCard;
  readonly assignment: AssignmentRecord;
}

/**
 * Places one newcomer after the other on lines that were read once: each sees those before them on the lines, as if the
 * database had been read again. Use it under the pool's lock, and write what it gave before that ends.
 */
export class PlacementDesk {
  private readonly lines: ReadonlyMap<string, Mutable<LineView>>;
  private readonly draw;
  private readonly cards = new Map<Pod, readonly Card[]>();

  constructor(
    private readonly pool: PoolRecord,
    readonly snapshot: PlacementSnapshot,
    decision: Decision,
  ) {
    const lines = snapshot.lines.map((line) => ({ ...line }));
    this.snapshot = { ...snapshot, lines };
    this.lines = new Map(lines.map((line) => [line.id, line]));
    this.draw = drawOf(this.snapshot, decision);
  }

  /** Null when no line has room: what is said to them then is not said here. */
  seat(user: UserRecord, startedBy: 'inbound' | 'outbound', decision: Decision): Seat | null {
    const plan = planPlace(user, this.snapshot, decision, undefined, this.draw);
    const [best] = plan.kind === 'placed' ? plan.candidates : [];
    const line = best && this.lines.get(best.lineId);
    if (!line) return null;
    const load = expectedLoad(user, decision, this.snapshot.prior);
    line.users += 1;
    line.newUsersToday += 1;
    line.meanMilli += load.meanMilli;
    line.varianceMilli += load.varianceMilli;
    return { user, startedBy, plan, lineId: line.id, decision };
  }

  /** Deals a card to each, by what two reads tell of all their pods. */
  async deal(stores: Stores, seats: readonly Seat[], decision: Decision): Promise<DealtSeat[]> {
    const pods = await this.podsOf(stores, seats, decision);
    const touched = new Set(seats.flatMap(({ lineId }) => pods.get(lineId) ?? []));
    const ringIds = [...touched].flatMap(({ ring }) => ring.map(({ id }) => id));
    const pairs = new LinePairs(await stores.pods.pairsOnto(ringIds));
    return seats.map((seat) => this.dealOne(seat, pods.get(seat.lineId) ?? null, pairs));
  }

  private dealOne(seat: Seat, pod: Pod | null, pairs: LinePairs): DealtSeat {
    const { user, startedBy, plan: explanation, lineId, decision } = seat;
    const load = expectedLoad(user, decision, this.snapshot.prior);
    const request = { userId: user.id, ...load };
    const { policy } = decision;
    const cards = pod ? this.cardsOf(pod, policy) : [];
    const around = { pairs, byId: this.lines, cards };
    const dealt = cardFromPod(pod, lineId, request, around, this.snapshot, policy);
    const tie = { lineId, state: 'reserved', startedBy, explanation, ...load, dealt } as const;
    const assignment = placeOf(this.pool, user, tie, null, decision);
    const deltas = loadOf(assignment, 1);
    pairs.add(deltas);
    for (const { lineId: id, fallbackUsers } of deltas) {
      const line = this.lines.get(id);
      if (line) line.fallbackUsers += fallbackUsers;
    }
    return { ...seat, dealt, assignment };
  }

  private cardsOf(pod: Pod, policy: FleetPolicy): readonly Card[] {
    const made = this.cards.get(pod) ?? cardsOf(pod, policy);
    this.cards.set(pod, made);
    return made;
  }

  /** Pods by their lines. A pool from before there were pods gets them now. */
  private async podsOf(
    stores: Stores,
    seats: readonly Seat[],
    decision: Decision,
  ): Promise<ReadonlyMap<string, Pod>> {
    const read = async (): Promise<ReadonlyMap<string, Pod>> => {
      const pods = await stores.pods.ofPool(this.pool.id);
      return new Map(pods.flatMap((pod) => pod.ring.map(({ id }) => [id, pod] as const)));
    };
    const pods = await read();
    if (seats.every(({ lineId }) => pods.has(lineId))) return pods;
    await fitPods(stores, this.pool, decision);
    return read();
  }
}
