import type { FleetPolicy } from '../fleet-policy';
import { projectedUse } from '../forecast/quantile';
import { loadMilliOf, startRate } from '../forecast/user-rate';
import { at } from '../kernel/at';
import { rendezvousRank } from '../kernel/hash';
import type { EpochMs } from '../kernel/time';
import { isRamping, rampCap } from '../ramp/cap';
import { loadWith } from './admission';
import { AliasTable } from './alias-table';
import { place, triesRampingFirst, whyNotPlaced } from './place';
import type { FleetSnapshot, LineView, PlacementPlan, PlacementRequest } from './types';

/** Pairs that are drawn before the lines are looked through one by one. */
const TRIES = 4;

type Mutable<Value> = { -readonly [Key in keyof Value]: Value[Key] };
type Entry = Mutable<LineView>;
type LoadMilli = Pick<PlacementRequest, 'meanMilli' | 'varianceMilli'>;

export type IndexAnswer =
  | {
      readonly kind: 'placed';
      readonly lineId: string;
      /** Projected use with this user over the cap of the ramp. */
      readonly share: number;
      readonly by: 'two-choices' | 'scan';
    }
  | { readonly kind: 'no-capacity' };

/** Lines of one kind, with the weights they are drawn by. */
interface Group {
  readonly entries: readonly Entry[];
  readonly table: AliasTable;
  /** A load for which no line had room; nothing got emptier since. */
  fullFor: LoadMilli | null;
}

interface Rated {
  readonly entry: Entry;
  readonly share: number;
}

/**
 * Lines kept ready for placing one user after the other: the answer takes two draws by room left and compares
 * their projected use (power of two choices: a view that is a little old does no harm, where "the emptiest line"
 * would draw a herd). When draws find no room, an exact look through all lines decides, so that it says
 * `no-capacity` exactly when {@link place} does. What is placed is added at once; time passes, and the weights of
 * the draws follow, with each `refresh`. Nothing is explained unless asked for.
 */
export class PlacementIndex {
  private readonly byId = new Map<string, Entry>();
  private mature = groupOf([], new Float64Array(0));
  private ramping = groupOf([], new Float64Array(0));
  private stale = true;

  constructor(
    private snapshot: FleetSnapshot,
    private readonly policy: FleetPolicy,
  ) {
    for (const line of snapshot.lines) this.byId.set(line.id, { ...line });
  }

  /** Lets time pass, and draws by the room that is left now. Costs one look at every line. */
  refresh(now: EpochMs, nextDayAt: EpochMs = this.snapshot.nextDayAt): void {
    this.snapshot = { ...this.snapshot, now, nextDayAt };
    this.stale = true;
  }

  /** A newer view of a line, or a new line. */
  replace(line: LineView): void {
    const known = this.byId.get(line.id);
    if (!known || isRamping(known, this.policy) !== isRamping(line, this.policy)) this.stale = true;
    if (known) Object.assign(known, line);
    else this.byId.set(line.id, { ...line });
    this.forgetFull();
  }

  /** Takes a line out: nobody is placed on it any more. */
  remove(lineId: string): void {
    if (this.byId.delete(lineId)) this.stale = true;
  }

  /** Where the user fits. `random` gives numbers in [0, 1). Changes nothing: see {@link commit}. */
  choose(request: PlacementRequest, random: () => number): IndexAnswer {
    this.rebuildIfStale();
    const groups = triesRampingFirst(request.userId, this.policy)
      ? [this.ramping, this.mature]
      : [this.mature, this.ramping];
    for (const group of groups) {
      const answer = request.onlyLineIds
        ? this.scan(this.asked(request.onlyLineIds, group), request)
        : this.fromGroup(group, request, random);
      if (answer) return answer;
    }
    return { kind: 'no-capacity' };
  }

  /** Adds a placed user to the line at once, without waiting for the next view of it. */
  commit(lineId: string, load: LoadMilli): void {
    const entry = this.byId.get(lineId);
    if (!entry) return;
    entry.users += 1;
    entry.newUsersToday += 1;
    entry.meanMilli += load.meanMilli;
    entry.varianceMilli += load.varianceMilli;
  }

  /** Takes a user off a line, with the load they had there. */
  release(lineId: string, load: LoadMilli): void {
    const entry = this.byId.get(lineId);
    if (!entry) return;
    entry.users -= 1;
    entry.meanMilli -= load.meanMilli;
    entry.varianceMilli -= load.varianceMilli;
    this.forgetFull();
  }

  /** The whole plan for a user, with every line's reason or score, as of now. */
  explain(request: PlacementRequest): PlacementPlan {
    return place(request, this.view(), this.policy);
  }

  /** The lines as the index sees them now. */
  view(): FleetSnapshot {
    return { ...this.snapshot, lines: [...this.byId.values()].map((entry) => ({ ...entry })) };
  }

  private fromGroup(
    group: Group,
    request: PlacementRequest,
    random: () => number,
  ): IndexAnswer | null {
    const { entries, table, fullFor } = group;
    const { meanMilli, varianceMilli } = request;
    if (fullFor?.meanMilli === meanMilli && fullFor.varianceMilli === varianceMilli) return null;
    for (let i = 0; i < TRIES && table.drawable; i += 1) {
      const one = this.rate(at(entries, table.draw(random())), request);
      const other = this.rate(at(entries, table.draw(random())), request);
      const best = better(one, other, request.userId);
      if (best) return placed(best, 'two-choices');
    }
    const answer = this.scan(entries, request);
    if (!answer) group.fullFor = { meanMilli, varianceMilli };
    return answer;
  }

  private scan(entries: readonly Entry[], request: PlacementRequest): IndexAnswer | null {
    let best: Rated | null = null;
    for (const entry of entries) best = better(best, this.rate(entry, request), request.userId);
    return best && placed(best, 'scan');
  }

  private asked(lineIds: readonly string[], group: Group): Entry[] {
    return [...new Set(lineIds)].flatMap((id) => {
      const entry = this.byId.get(id);
      const ofGroup = entry && isRamping(entry, this.policy) === (group === this.ramping);
      return ofGroup ? [entry] : [];
    });
  }

  private rate(entry: Entry, request: PlacementRequest): Rated | null {
    if (whyNotPlaced(entry, request, this.snapshot, this.policy) !== null) return null;
    const use = projectedUse(loadWith(entry, request), this.policy, this.snapshot.outlook);
    return { entry, share: use / rampCap(entry, this.policy) };
  }

  private rebuildIfStale(): void {
    if (!this.stale) return;
    this.stale = false;
    const entries = [...this.byId.values()];
    const { prior } = this.snapshot;
    const start = startRate(this.policy, null, prior);
    const newcomer = { userId: '', ...loadMilliOf(start, this.policy, prior) };
    const weightOf = (entry: Entry): number => {
      const rated = this.rate(entry, newcomer);
      return rated ? Math.max(0, 1 - rated.share) * rampCap(entry, this.policy) : 0;
    };
    const ramping = entries.filter((entry) => isRamping(entry, this.policy));
    const mature = entries.filter((entry) => !isRamping(entry, this.policy));
    this.ramping = groupOf(ramping, Float64Array.from(ramping, weightOf));
    this.mature = groupOf(mature, Float64Array.from(mature, weightOf));
  }

  private forgetFull(): void {
    this.mature.fullFor = null;
    this.ramping.fullFor = null;
  }
}

function groupOf(entries: readonly Entry[], weights: Float64Array): Group {
  return { entries, table: new AliasTable(weights), fullFor: null };
}

const placed = ({ entry, share }: Rated, by: 'two-choices' | 'scan'): IndexAnswer => ({
  kind: 'placed',
  lineId: entry.id,
  share,
  by,
});

/** The less used of two lines that have room; a tie falls by rendezvous rank. */
function better(one: Rated | null, other: Rated | null, userId: string): Rated | null {
  if (!one || !other) return one ?? other;
  if (one.share !== other.share) return one.share < other.share ? one : other;
  const rank = ({ entry }: Rated): number => rendezvousRank(userId, entry.id);
  return rank(one) >= rank(other) ? one : other;
}
