import type { FleetPolicy } from '../fleet-policy';
import { projectedUse } from '../forecast/quantile';
import { rendezvousRank } from '../kernel/hash';
import { DAY_MS } from '../kernel/time';
import { whyNotUsableAsFallback } from '../line/availability';
import type { LineView } from '../placement/types';
import type { FailoverInput, FailoverUser } from './types';

const YOUNG_MS = 7 * DAY_MS;

type Load = Pick<FailoverUser, 'meanMilli' | 'varianceMilli'>;
type Person = Load & Pick<FailoverUser, 'userId'>;
type State = Pick<FailoverInput, 'now' | 'outlook' | 'movedIn'>;

/** A line that would take a person. */
export interface Target {
  readonly line: LineView;
  /**
   * In order of preference: 0, `failover.targetMaxShare` of the cap holds the quantile, on a line older than a week; 1, on a young
   * one; 2, it holds the mean at least; 3, the cap does.
   */
  readonly tier: 0 | 1 | 2 | 3;
  /** Projected use over the cap, with everything that has been moved there so far. */
  readonly share: number;
  /** See {@link growthBase}; what came by moves of the last day, so far and with this person, over it. */
  readonly growth: number;
  readonly tie: number;
}

/** The lines that people who lose theirs may go to, and what a plan has put on them so far. Mutable; one per plan. */
export class Targets {
  private readonly usable: ReadonlyMap<string, LineView>;
  private readonly loads = new Map<string, { meanMilli: number; varianceMilli: number }>();

  constructor(
    private readonly state: State,
    lines: readonly LineView[],
    lostLineId: string,
    private readonly policy: FleetPolicy,
  ) {
    this.usable = new Map(
      lines
        .filter(({ id }) => id !== lostLineId)
        .filter((line) => whyNotUsableAsFallback(line, state.now) === null)
        .map((line) => [line.id, line]),
    );
  }

  /** Those of the numbers that serve. */
  usableOf(lineIds: readonly string[]): LineView[] {
    return lineIds.flatMap((id) => this.usable.get(id) ?? []);
  }

  /** Those of the lines that have room for the person, in no order. */
  withRoom(person: Person, lines: readonly LineView[]): Target[] {
    return lines.flatMap((line) => this.rate(line, person) ?? []);
  }

  /** Where the person goes; null when none of the lines has room. What they say is on that line from then on. */
  take(person: Person, lines: readonly LineView[]): LineView | null {
    const [best] = this.withRoom(person, lines).sort(byGrowth);
    if (!best) return null;
    const load = this.loads.get(best.line.id) ?? { meanMilli: 0, varianceMilli: 0 };
    load.meanMilli += person.meanMilli;
    load.varianceMilli += person.varianceMilli;
    this.loads.set(best.line.id, load);
    return best.line;
  }

  private rate(line: LineView, person: Person): Target | null {
    const { state, policy } = this;
    const moved = this.loads.get(line.id) ?? { meanMilli: 0, varianceMilli: 0 };
    const movedIn = state.movedIn?.get(line.id) ?? 0;
    const more = moved.meanMilli + person.meanMilli;
    const mean = (line.meanMilli + more) / 1_000;
    const variance = (line.varianceMilli + moved.varianceMilli + person.varianceMilli) / 1_000;
    const cap = Math.max(1, line.todayCap);
    const share = projectedUse({ mean, variance }, policy, state.outlook) / cap;
    const { targetMaxShare } = policy.failover;
    const hasRoom = share <= targetMaxShare;
    if (!hasRoom && mean > cap) return null;
    const young = line.activatedAt === null || state.now - line.activatedAt < YOUNG_MS;
    const byMean = mean <= targetMaxShare * cap ? 2 : 3;
    return {
      line,
      tier: hasRoom ? (young ? 1 : 0) : byMean,
      share,
      growth: (movedIn + more) / growthBase(line, movedIn, policy),
      tie: rendezvousRank(person.userId, line.id),
    };
  }
}

/**
 * What the people who come to a line are a share of, in thousandths: its own forecast mean without those who came by moves of
 * the last day, so that a plan that is carried out in parts, or a second loss soon after, goes on as one. A line that says
 * little is taken to say as much as it may without that being a jump (`ramp.spikeFloor`, or its cap where that is lower): an
 * empty one is neither infinitely bad nor, beside lines that say more, given as much as they are.
 */
function growthBase(line: LineView, movedIn: number, { ramp }: FleetPolicy): number {
  const floor = 1_000 * Math.max(1, Math.min(ramp.spikeFloor, line.todayCap));
  return Math.max(line.meanMilli - movedIn, floor);
}

/**
 * The least growth first: a provider sees a line change by what it said before, and a cap that a busy week raised says
 * nothing of that. Among lines whose mean alone nearly fills the cap the least full one: there it is the limit that is near.
 */
function byGrowth(one: Target, other: Target): number {
  return (
    one.tier - other.tier ||
    (one.tier === 3 ? one.share - other.share : one.growth - other.growth) ||
    other.tie - one.tie
  );
}

/** The least full first: for whoever's load is not known, so that a growth by it says nothing. */
export function byShare(one: Target, other: Target): number {
  return one.tier - other.tier || one.share - other.share || other.tie - one.tie;
}
