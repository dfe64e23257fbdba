import { nonReplyCeiling, nonReplyHourCap } from '../budget/ceilings';
import type { FleetPolicy } from '../fleet-policy';
import { budgetDay, budgetDayStart, nextDay } from '../kernel/budget-day';
import { type EpochMs, epochHour, HOUR_MS } from '../kernel/time';
import type { LineView } from '../placement/types';
import { todayCap } from '../ramp/cap';
import type { Carried } from './types';

/** The hours before the running one that the ledger counts with it. */
const HOURS_BEFORE = 24;
/** For so long the days to come are taken to be like the last one; what a line carries later is not guessed at. */
const HORIZON_HOURS = 48;
/**
 * Share of a day before that a line is taken to carry again. Days differ by about a quarter (the spread that admission
 * assumes); a slot too early is put off by the gate, one too late has waited for nothing.
 */
const OF_DAY_BEFORE = 0.75;

/** First contacts planned within one epoch hour. */
interface PlannedHour {
  readonly count: number;
  readonly lastAt: EpochMs;
}

/**
 * Whether a line will have room for one more first contact at an instant to come: under the ceiling of introductions
 * over the ledger's hours and under the shape of its hour, beside what it is expected to carry, which is most of what it
 * carried a day before. From the next budget day on its cap may be higher, since the running day's use is then behind it.
 * Mutable; one per line and plan.
 */
export class LineRoom {
  private readonly carried: ReadonlyMap<number, number>;
  /** By hour, of those before it: a plan asks for the same hours again and again. */
  private readonly sums = new Map<number, number>();
  private readonly planned = new Map<number, PlannedHour>();
  /** The last hour with a first contact. */
  private latest = 0;
  private readonly nextDayAt: EpochMs;
  private readonly limitsToday: Limits;
  private readonly limitsLater: Limits;

  /** `zone`: of the budget day; without one no higher cap is counted on. */
  constructor(
    line: LineView,
    { sendCap, hours }: Carried,
    private readonly now: EpochMs,
    zone: string | undefined,
    policy: FleetPolicy,
  ) {
    this.carried = new Map(hours.map((each) => [each.hour, each.in + each.out]));
    this.limitsToday = limitsOf(sendCap, policy);
    if (zone === undefined) {
      this.nextDayAt = Infinity;
      this.limitsLater = this.limitsToday;
      return;
    }
    const { dayStartHour } = policy.budget;
    const day = budgetDay(now, zone, dayStartHour);
    this.nextDayAt = budgetDayStart(nextDay(day), zone, dayStartHour);
    let ofDay = 0;
    const first = epochHour(budgetDayStart(day, zone, dayStartHour));
    for (let hour = first; hour < epochHour(this.nextDayAt); hour += 1) ofDay += this.within(hour);
    const cap = Math.max(sendCap, todayCap(line, ofDay, policy));
    this.limitsLater = limitsOf(cap, policy);
  }

  /** Whether the gate will ever let this line introduce itself; if not, {@link next} has nothing to find. */
  get isOpen(): boolean {
    return Math.min(this.limitsToday.ceiling, this.limitsToday.hourCap) >= 1;
  }

  /** The instant itself when one more first contact fits then, else the next at which there may be room. */
  next(at: EpochMs): EpochMs {
    if (this.fits(at)) return at;
    const hourEnds = (epochHour(at) + 1) * HOUR_MS;
    return at < this.nextDayAt ? Math.min(hourEnds, this.nextDayAt) : hourEnds;
  }

  /** A first contact was planned. */
  plan(at: EpochMs): void {
    const hour = epochHour(at);
    const before = this.planned.get(hour);
    const lastAt = Math.max(at, before?.lastAt ?? at);
    this.planned.set(hour, { count: (before?.count ?? 0) + 1, lastAt });
    this.latest = Math.max(this.latest, hour);
    for (let later = hour + 1; later <= hour + HOURS_BEFORE; later += 1) {
      const sum = this.sums.get(later);
      if (sum !== undefined) this.sums.set(later, sum + 1);
    }
  }

  /** Those planned for later count as well: one before them must not take their room. */
  private fits(at: EpochMs): boolean {
    const hour = epochHour(at);
    const lastAt = this.planned.get(hour)?.lastAt ?? at;
    if (!this.hasRoom(hour, Math.max(at, lastAt), true)) return false;
    const last = Math.min(this.latest, hour + HOURS_BEFORE);
    for (let later = hour + 1; later <= last; later += 1) {
      const planned = this.planned.get(later);
      if (planned && !this.hasRoom(later, planned.lastAt, false)) return false;
    }
    return true;
  }

  private hasRoom(hour: number, at: EpochMs, isItsHour: boolean): boolean {
    const { ceiling, hourCap } = at < this.nextDayAt ? this.limitsToday : this.limitsLater;
    const ofHour = this.within(hour, at) + this.plannedIn(hour);
    if (ofHour + (isItsHour ? 1 : 0) > hourCap) return false;
    return ofHour + 1 + this.before(hour) <= ceiling;
  }

  /** Messages in the hours that are counted with this one: expected, and planned first contacts. */
  private before(hour: number): number {
    let sum = this.sums.get(hour);
    if (sum === undefined) {
      sum = 0;
      for (let back = 1; back <= HOURS_BEFORE; back += 1) {
        sum += this.within(hour - back) + this.plannedIn(hour - back);
      }
      this.sums.set(hour, sum);
    }
    return sum;
  }

  private plannedIn(hour: number): number {
    return this.planned.get(hour)?.count ?? 0;
  }

  /** Messages that an hour is expected to have seen by `at` within it, or at its end: those counted, and most of a day before's. */
  private within(hour: number, at: EpochMs = (hour + 1) * HOUR_MS): number {
    const running = epochHour(this.now);
    if (hour < running) return this.carriedIn(hour);
    if (hour > running + HORIZON_HOURS) return 0;
    const from = hour === running ? this.now : hour * HOUR_MS;
    const counted = hour === running ? this.carriedIn(hour) : 0;
    return counted + Math.ceil(OF_DAY_BEFORE * this.asBefore(hour) * ((at - from) / HOUR_MS));
  }

  /** What the same hour of the last day carried that is over. */
  private asBefore(hour: number): number {
    const running = epochHour(this.now);
    let same = hour;
    while (same >= running) same -= HOURS_BEFORE;
    return this.carriedIn(same);
  }

  private carriedIn(hour: number): number {
    return this.carried.get(hour) ?? 0;
  }
}

/** What the gate holds a first contact to, in messages. */
interface Limits {
  readonly ceiling: number;
  readonly hourCap: number;
}

/** A target is never at risk, so its pace is the whole one. */
function limitsOf(cap: number, policy: FleetPolicy): Limits {
  return {
    ceiling: nonReplyCeiling('introduction', cap, policy),
    hourCap: nonReplyHourCap(cap, policy),
  };
}
