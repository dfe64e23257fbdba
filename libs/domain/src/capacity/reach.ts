import { type FleetPolicy, unaskedPer24h } from '../fleet-policy';

/** Hours until half, 95 % and all of those to be reached are; null when the policy starts no threads at all. */
export interface ReachHours {
  readonly p50: number | null;
  readonly p95: number | null;
  readonly all: number | null;
}

/**
 * Whole hours until the `nth` thread (from 1) that one target may start unasked, from now: `outboundPerLinePerHour` each
 * hour, up to {@link unaskedPer24h} in any 24. Equal to the failover's own schedule on an idle target; nights are not left out.
 */
export function hoursUntilContact(nth: number, policy: FleetPolicy): number | null {
  const { outboundPerLinePerHour } = policy.newConversations;
  const perDay = Math.min(unaskedPer24h(policy), 24 * outboundPerLinePerHour);
  if (perDay === 0) return null;
  const before = nth - 1;
  return 24 * Math.floor(before / perDay) + Math.floor((before % perDay) / outboundPerLinePerHour);
}

/** When the contacts of all targets together have come so far. `counts` are contacts by target; 0 hours for none. */
export function reachHours(counts: readonly number[], policy: FleetPolicy): ReachHours {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const after = (share: number): number | null => {
    // Targets work side by side, so the fewest contacts a target, `each`, by which enough are made in all.
    const wanted = Math.ceil(share * total);
    let [short, enough] = [0, Math.max(0, ...counts)];
    if (enough === 0) return 0;
    while (enough - short > 1) {
      const each = Math.floor((short + enough) / 2);
      const made = counts.reduce((sum, count) => sum + Math.min(count, each), 0);
      if (made >= wanted) enough = each;
      else short = each;
    }
    return hoursUntilContact(enough, policy);
  };
  return { p50: after(0.5), p95: after(0.95), all: after(1) };
}
