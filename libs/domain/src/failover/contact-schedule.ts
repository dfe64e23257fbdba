import type { FleetPolicy } from '../fleet-policy';
import { DAY_MS, type EpochMs, HOUR_MS } from '../kernel/time';
import type { ContactUse } from './types';

/**
 * Hands out instants for first contacts so that no target starts more threads in an hour or in 24 hours than the
 * policy lets it. Mutable; one per plan.
 */
export class ContactSchedule {
  private readonly slots = new Map<string, EpochMs[]>();

  constructor(
    private readonly now: EpochMs,
    private readonly used: ReadonlyMap<string, ContactUse>,
    private readonly policy: FleetPolicy,
  ) {}

  /** The next free instant on a line. What was used already is taken to have happened just now: the safe guess. */
  next(lineId: string): EpochMs {
    const { outboundPerLinePerHour: perHour, outboundPerLinePer24h: perDay } =
      this.policy.newConversations;
    const slots = this.slotsOf(lineId);
    let at = this.now;
    const hourBack = slots[slots.length - perHour];
    if (hourBack !== undefined) at = Math.max(at, hourBack + HOUR_MS);
    const dayBack = slots[slots.length - perDay];
    if (dayBack !== undefined) at = Math.max(at, dayBack + DAY_MS);
    const last = slots.at(-1);
    if (last !== undefined) at = Math.max(at, last);
    slots.push(at);
    return at;
  }

  private slotsOf(lineId: string): EpochMs[] {
    let slots = this.slots.get(lineId);
    if (!slots) {
      const used: ContactUse = this.used.get(lineId) ?? { last24h: 0, lastHour: 0 };
      const older = Math.max(0, used.last24h - used.lastHour);
      slots = [
        ...Array.from({ length: older }, () => this.now - HOUR_MS),
        ...Array.from({ length: used.lastHour }, () => this.now),
        ...(used.scheduled ?? []).map((at) => Math.max(at, this.now)).sort((a, b) => a - b),
      ];
      this.slots.set(lineId, slots);
    }
    return slots;
  }
}
