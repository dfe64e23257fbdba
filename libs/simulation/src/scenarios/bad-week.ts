import { DAY_SECONDS } from '../kernel/calendar';
import type { Chance } from '../kernel/chance';
import type { Run } from '../run/run';
import { busyHour } from './busy-hour';

const BAD_DAYS = 7;
/** What the week left of evidence may still be told by then: the reply window. */
const AFTERMATH_SECONDS = DAY_SECONDS;
const RECOVERY_DAYS = 45;
const BAD_LINES = 2;
/** Of those who answer on other days. */
const REPLIED_SHARE = 0.3;

/** Figures of S7: what a week of bad reputation does to two lines. */
export interface BadWeekFigures {
  /** Users placed on the two lines while they were at risk: nobody should be. */
  readonly newUsersAtRisk: number;
  /** Users moved off lines that went on working: nobody should be. */
  readonly falseMoves: number;
  /** The lowest cap of the two as a share of the budget, and days from the recovery until both had it all again. */
  readonly lowestCapShare: number;
  readonly daysToFull: number;
  /** Messages of the two lines beyond their cap of the day, until 45 days after. */
  readonly overCap: number;
}

/** S7: the provider's reputation of the two busiest lines falls for a week, and fewer people answer. */
export class BadWeek {
  readonly lines: number[] = [];
  readonly startsAt: number;

  constructor(private readonly run: Run) {
    this.startsAt = busyHour(run.setup.traffic);
    run.agenda.add(this.startsAt, () => this.begin());
    run.agenda.add(this.endsAt, () => this.end());
    run.agenda.add(this.endsAt + RECOVERY_DAYS * DAY_SECONDS, () => run.stop());
  }

  private get endsAt(): number {
    return this.startsAt + BAD_DAYS * DAY_SECONDS;
  }

  private begin(): void {
    const { fleet } = this.run;
    const order = [...fleet.lines.keys()].sort(
      (a, b) => fleet.line(b).usedLast24h - fleet.line(a).usedLast24h || a - b,
    );
    this.lines.push(...order.slice(0, BAD_LINES));
    for (const line of this.lines) fleet.line(line).reputation = 'AT_RISK';
    this.run.trouble = {
      repliedShare: (line) => (this.lines.includes(line) ? REPLIED_SHARE : 1),
    };
  }

  private end(): void {
    for (const line of this.lines) this.run.fleet.line(line).reputation = 'HEALTHY';
    this.run.trouble = { repliedShare: () => 1 };
  }

  /** Whether a line is one of the two and its week is on at a second, or was until lately. */
  isTroubled(line: number, seconds: number): boolean {
    const isIn = seconds >= this.startsAt && seconds < this.endsAt + AFTERMATH_SECONDS;
    return isIn && this.lines.includes(line);
  }

  /** Whether somebody written to at a second stays silent who would have answered on another day. */
  losesReply(line: number, seconds: number, chance: Chance): boolean {
    const isIn = seconds >= this.startsAt && seconds < this.endsAt;
    return isIn && this.lines.includes(line) && chance() >= REPLIED_SHARE;
  }

  figures(): BadWeekFigures {
    const { records, fleet, setup } = this.run;
    const during = (at: number): boolean => at >= this.startsAt && at < this.endsAt;
    const { usage } = fleet;
    const first = Math.floor(this.startsAt / DAY_SECONDS);
    let lowest = setup.budget;
    let overCap = 0;
    let lastBelow = first;
    for (let day = first; day <= this.run.day; day += 1) {
      for (const line of this.lines) {
        const cap = usage.cap[line * usage.days + day] ?? 0;
        lowest = Math.min(lowest, cap);
        overCap += Math.max(0, usage.of(line, day) - cap);
        if (cap < setup.budget) lastBelow = day;
      }
    }
    const recoveredOn = Math.floor(this.endsAt / DAY_SECONDS);
    return {
      newUsersAtRisk: records.assignments.filter(
        ({ at, line }) => during(at) && this.lines.includes(line),
      ).length,
      falseMoves: records.moves.length,
      lowestCapShare: lowest / setup.budget,
      daysToFull: lastBelow === this.run.day ? Infinity : Math.max(0, lastBelow + 1 - recoveredOn),
      overCap,
    };
  }
}
