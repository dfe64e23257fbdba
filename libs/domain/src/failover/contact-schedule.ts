import { type FleetPolicy, unaskedPer24h } from '../fleet-policy';
import { at } from '../kernel/at';
import { rendezvousRank } from '../kernel/hash';
import { DAY_MS, type EpochMs, HOUR_MS, MINUTE_MS } from '../kernel/time';
import type { LineView } from '../placement/types';
import { LineRoom } from './line-room';
import type { FailoverInput } from './types';
import { WakingHours } from './waking-hours';

/** First contacts that a line may make together before the hour's pace holds: a full hour's at once looks like a blast. */
const BURST = 2;
/** A first contact leaves up to this much later than it might, so that targets do not all write on the stroke. */
const JITTER_MS = 2 * MINUTE_MS;

/** Somebody to write to first. */
export interface Contact {
  readonly userId: string;
  /** Of the person; null knows no quiet hours. */
  readonly zone: string | null;
}

interface Target {
  /** In order of time. */
  readonly slots: EpochMs[];
  readonly room: LineRoom | null;
}

/** At most `count` first contacts within any `windowMs`. */
interface Limit {
  readonly count: number;
  readonly windowMs: number;
}

/**
 * Hands out instants for first contacts: in the person's waking hours, and so that no target starts more threads
 * together, in an hour or in 24 hours than the policy lets it, and writes when the gate would hold it back; what is kept
 * for answers stays free. Mutable; one per plan.
 */
export class ContactSchedule {
  private readonly targets = new Map<string, Target>();
  private readonly now: EpochMs;
  private readonly limits: readonly Limit[];
  private readonly waking: WakingHours;

  constructor(
    private readonly input: Pick<FailoverInput, 'now' | 'contacts' | 'zone'>,
    private readonly policy: FleetPolicy,
  ) {
    this.now = input.now;
    const { outboundPerLinePerHour } = policy.newConversations;
    this.limits = [
      { count: BURST, windowMs: (BURST * HOUR_MS) / outboundPerLinePerHour },
      { count: outboundPerLinePerHour, windowMs: HOUR_MS },
      { count: unaskedPer24h(policy), windowMs: DAY_MS },
    ];
    this.waking = new WakingHours(policy);
  }

  /**
   * The first free instant on a line for a person, who need not be awake when others are: slots that were left free
   * for the night of one are given to another.
   */
  next(line: LineView, { userId, zone }: Contact): EpochMs {
    const { slots, room } = this.targetOf(line);
    const jitter = rendezvousRank(userId, line.id) % JITTER_MS;
    let slot = this.now + jitter;
    for (;;) {
      const awake = this.waking.next(slot, zone);
      if (awake > slot) slot = awake + jitter;
      const free = firstFree(slots, this.limits, slot);
      if (free > slot) {
        slot = free;
        continue;
      }
      const roomAt = room?.next(slot) ?? slot;
      if (roomAt === slot) break;
      slot = roomAt + jitter;
    }
    slots.splice(placeOf(slots, slot), 0, slot);
    room?.plan(slot);
    return slot;
  }

  /** What was used already is taken to have happened just now: the safe guess. */
  private targetOf(line: LineView): Target {
    const { now } = this;
    let target = this.targets.get(line.id);
    if (!target) {
      const used = this.input.contacts.get(line.id) ?? { last24h: 0, lastHour: 0 };
      const older = Math.max(0, used.last24h - used.lastHour);
      const scheduled = (used.scheduled ?? []).map((slot) => Math.max(slot, now));
      const slots = [
        ...Array.from({ length: older }, () => now - HOUR_MS),
        ...Array.from({ length: used.lastHour }, () => now),
        ...scheduled,
      ].sort((a, b) => a - b);
      const room = used.carried
        ? new LineRoom(line, used.carried, now, this.input.zone, this.policy)
        : null;
      for (const slot of scheduled) room?.plan(slot);
      // Where no introduction is ever let through there is no room to wait for.
      target = { slots, room: room?.isOpen ? room : null };
      this.targets.set(line.id, target);
    }
    return target;
  }
}

/** The first instant from `from` on at which one more slot breaks no limit. */
function firstFree(slots: readonly EpochMs[], limits: readonly Limit[], from: EpochMs): EpochMs {
  let free = from;
  for (;;) {
    const next = Math.max(free, ...limits.map((limit) => after(slots, limit, free)));
    if (next === free) return free;
    free = next;
  }
}

/** When the first full window ends that one more slot would fall into; the instant itself when there is none. */
function after(slots: readonly EpochMs[], { count, windowMs }: Limit, instant: EpochMs): EpochMs {
  const last = Math.min(placeOf(slots, instant), slots.length - count);
  for (let first = Math.max(0, placeOf(slots, instant) - count); first <= last; first += 1) {
    const [begin, end] = [at(slots, first), at(slots, first + count - 1)];
    if (Math.max(end, instant) - Math.min(begin, instant) < windowMs) return begin + windowMs;
  }
  return instant;
}

/** Where an instant goes: behind all that are not later. From the end, where nearly all go. */
function placeOf(slots: readonly EpochMs[], instant: EpochMs): number {
  let place = slots.length;
  while (place > 0 && at(slots, place - 1) > instant) place -= 1;
  return place;
}
