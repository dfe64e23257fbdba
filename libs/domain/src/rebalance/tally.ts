import type { FleetPolicy } from '../fleet-policy';
import type { DayRisk } from '../forecast/fleet-day';
import { projectedUse } from '../forecast/quantile';
import type { LineView } from '../placement/types';
import { rampCap } from '../ramp/cap';

/** A load in thousandths of messages a day. */
interface Load {
  readonly meanMilli: number;
  readonly varianceMilli: number;
}

const NOBODY: Load = { meanMilli: 0, varianceMilli: 0 };

/** A line with the load that it would have after the moves so far. */
export class Tally {
  private meanMilli: number;
  private varianceMilli: number;

  constructor(
    readonly line: LineView,
    private readonly policy: FleetPolicy,
    private readonly outlook: DayRisk | undefined,
  ) {
    this.meanMilli = line.meanMilli;
    this.varianceMilli = line.varianceMilli;
  }

  /** Projected use over the cap of the ramp, with one more user if given: the spike guard is about growth. */
  share(added: Load = NOBODY): number {
    const load = {
      mean: (this.meanMilli + added.meanMilli) / 1_000,
      variance: (this.varianceMilli + added.varianceMilli) / 1_000,
    };
    return projectedUse(load, this.policy, this.outlook) / this.cap;
  }

  get cap(): number {
    return Math.max(1, rampCap(this.line, this.policy));
  }

  shift(user: Load, sign: 1 | -1): void {
    // Sums that are behind their users' are never taken below nothing.
    this.meanMilli = Math.max(0, this.meanMilli + sign * user.meanMilli);
    this.varianceMilli = Math.max(0, this.varianceMilli + sign * user.varianceMilli);
  }
}
