import type { FleetPolicy } from '../fleet-policy';
import { at } from '../kernel/at';
import { hash32 } from '../kernel/hash';
import { whyNoNewUsers } from '../line/availability';
import { isRamping } from '../ramp/cap';
import { place, triesRampingFirst } from './place';
import type { FleetSnapshot, LineView, PlacementPlan, PlacementRequest } from './types';

/** In a pool of up to so many lines each one is looked at for each user: about one pod. */
const ALL = 20;
/** Of more lines so many are drawn: the best of a few is nearly as good as the best, and one was enough to spread load. */
const DRAWN = 8;

/** A plan, and the lines that were looked at for it. */
export interface DrawnPlan {
  readonly plan: PlacementPlan;
  readonly looked: readonly LineView[];
}

/**
 * Which lines of a large fleet are looked at for a user. Looking at all of them would cost, and explain, more with each
 * line. Who is drawn follows from the user's id: ramping lines for the share of users that tries those first, mature
 * ones for the others. The source of the rule that a few choices do is policy D1 (Mitzenmacher, TPDS 2000).
 */
export class LineDraw {
  private readonly open: readonly LineView[];
  private readonly mature: readonly LineView[];
  private readonly ramping: readonly LineView[];

  /** Costs one look at each line. The lines may carry more users later, and stay what they are otherwise. */
  constructor(
    private readonly snapshot: FleetSnapshot,
    private readonly policy: FleetPolicy,
  ) {
    this.open = snapshot.lines.filter((line) => whyNoNewUsers(line, snapshot.now) === null);
    this.mature = this.open.filter((line) => !isRamping(line, policy));
    this.ramping = this.open.filter((line) => isRamping(line, policy));
  }

  /** The lines to look at first. */
  of(userId: string): readonly LineView[] {
    const { lines } = this.snapshot;
    if (lines.length <= ALL) return lines;
    if (this.open.length <= ALL) return this.open;
    const [first, second] = triesRampingFirst(userId, this.policy)
      ? [this.ramping, this.mature]
      : [this.mature, this.ramping];
    return drawn(first.length > 0 ? first : second, userId);
  }

  /** Places a user on one of the lines drawn, or when none of those has room, on any: no-capacity is said of all lines. */
  place(request: PlacementRequest): DrawnPlan {
    const { lines } = this.snapshot;
    const asked = request.onlyLineIds;
    const looked = asked ? lines.filter(({ id }) => asked.includes(id)) : this.of(request.userId);
    const plan = place(request, { ...this.snapshot, lines: looked }, this.policy);
    if (plan.kind === 'placed' || asked || looked === lines) return { plan, looked };
    return { plan: place(request, this.snapshot, this.policy), looked: lines };
  }
}

/** Some lines, none twice; the same for the same user and lines. */
function drawn(lines: readonly LineView[], userId: string): readonly LineView[] {
  if (lines.length <= ALL) return lines;
  const chosen = new Set<number>();
  for (let i = 0; chosen.size < DRAWN; i += 1) {
    chosen.add(hash32(`${userId}\u0000${i}`) % lines.length);
  }
  return [...chosen].map((index) => at(lines, index));
}
