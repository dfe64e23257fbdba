import { HOUR_SECONDS } from '../kernel/calendar';
import { IN } from '../traffic/traffic';

/** The running hour and the 24 before it, as the service's ledger counts. */
const HOURS_KEPT = 25;

/** What each line carried: by budget day for the figures, by hour for the rolling 24 hours. */
export class Usage {
  /** In and out by line and day: index `line * days + day`. */
  readonly in: Int32Array;
  readonly out: Int32Array;
  /** Messages the ramp let the line carry that day; 0 before it arrived. */
  readonly cap: Int32Array;
  private readonly hoursIn: Int32Array;
  private readonly hoursOut: Int32Array;
  private readonly rolling: Int32Array;
  private hour = 0;

  constructor(
    readonly lines: number,
    readonly days: number,
  ) {
    this.in = new Int32Array(lines * days);
    this.out = new Int32Array(lines * days);
    this.cap = new Int32Array(lines * days);
    this.hoursIn = new Int32Array(lines * HOURS_KEPT);
    this.hoursOut = new Int32Array(lines * HOURS_KEPT);
    this.rolling = new Int32Array(lines);
  }

  /** Counts one message; gives back what the line has carried in the rolling 24 hours, that one included. */
  count(line: number, direction: number, day: number): number {
    const at = line * HOURS_KEPT + (this.hour % HOURS_KEPT);
    const cell = line * this.days + day;
    if (direction === IN) {
      this.in[cell] = (this.in[cell] ?? 0) + 1;
      this.hoursIn[at] = (this.hoursIn[at] ?? 0) + 1;
    } else {
      this.out[cell] = (this.out[cell] ?? 0) + 1;
      this.hoursOut[at] = (this.hoursOut[at] ?? 0) + 1;
    }
    return (this.rolling[line] = (this.rolling[line] ?? 0) + 1);
  }

  /** Time has come to this second: hours that fall out of the window are forgotten. True when any did. */
  advance(seconds: number): boolean {
    const hour = Math.floor(seconds / HOUR_SECONDS);
    if (hour <= this.hour) return false;
    const steps = Math.min(hour - this.hour, HOURS_KEPT);
    for (let step = 1; step <= steps; step += 1) this.forget((hour - steps + step) % HOURS_KEPT);
    this.hour = hour;
    return true;
  }

  private forget(slot: number): void {
    for (let line = 0; line < this.lines; line += 1) {
      const at = line * HOURS_KEPT + slot;
      const gone = (this.hoursIn[at] ?? 0) + (this.hoursOut[at] ?? 0);
      this.rolling[line] = (this.rolling[line] ?? 0) - gone;
      this.hoursIn[at] = 0;
      this.hoursOut[at] = 0;
    }
  }

  last24h(line: number): number {
    return this.rolling[line] ?? 0;
  }

  /** In and out of the hours kept, oldest first, with their hours since the trace's first midnight. */
  hoursOf(line: number): { readonly hour: number; readonly in: number; readonly out: number }[] {
    return Array.from({ length: Math.min(HOURS_KEPT, this.hour + 1) }, (_, back) => {
      const hour = this.hour - back;
      const at = line * HOURS_KEPT + (hour % HOURS_KEPT);
      return { hour, in: this.hoursIn[at] ?? 0, out: this.hoursOut[at] ?? 0 };
    }).reverse();
  }

  /** In and out of a line on a day. */
  of(line: number, day: number): number {
    const cell = line * this.days + day;
    return (this.in[cell] ?? 0) + (this.out[cell] ?? 0);
  }

  /** The most that a line carried on one of the `back` days before `day`. */
  most(line: number, day: number, back: number): number {
    let most = 0;
    for (let d = Math.max(0, day - back); d < day; d += 1) most = Math.max(most, this.of(line, d));
    return most;
  }
}
