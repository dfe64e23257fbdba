import type { FleetPolicy } from '../fleet-policy';
import { nextWakingInstant } from '../kernel/budget-day';
import { type EpochMs, MINUTE_MS } from '../kernel/time';

/** Quiet hours begin and end on quarters of an hour in every zone, so each quarter has one answer. */
const QUARTER_MS = 15 * MINUTE_MS;

/**
 * When a non-reply may leave to a person of a zone, as {@link nextWakingInstant} says. It remembers: a plan asks for
 * a thousand people of a few zones, and a look at a zone's clock costs microseconds. Mutable; one per plan.
 */
export class WakingHours {
  /** By zone and quarter: when it is next day there; null when it is. */
  private readonly known = new Map<string, Map<number, EpochMs | null>>();

  constructor(private readonly policy: FleetPolicy) {}

  /** `at` itself in the zone's waking hours, else their next beginning. Null knows no zone, and no night. */
  next(at: EpochMs, zone: string | null): EpochMs {
    if (zone === null) return at;
    let ofZone = this.known.get(zone);
    if (!ofZone) {
      ofZone = new Map();
      this.known.set(zone, ofZone);
    }
    const quarter = Math.floor(at / QUARTER_MS);
    let wakesAt = ofZone.get(quarter);
    if (wakesAt === undefined) {
      const next = nextWakingInstant(at, zone, this.policy.sends.quietHours);
      wakesAt = next > at ? next : null;
      ofZone.set(quarter, wakesAt);
    }
    return wakesAt ?? at;
  }
}
