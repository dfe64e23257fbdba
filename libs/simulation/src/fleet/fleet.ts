import type { FleetPolicy, LineView } from '@linekeeper/domain';
import { type LinePlan, type LineState, lineStateOf } from './line-state';
import { Usage } from './usage';

/** A user who is on no line. */
export const NOWHERE = -1;
/** Fallbacks that are kept for a user: the policy's cards have at most five numbers. */
export const MAX_FALLBACKS = 4;

/** Lines and users of a run. Lines and users are numbers from 0; the domain's ids are on the lines. */
export class Fleet {
  readonly lines: LineState[];
  readonly lineOf: Int16Array;
  /** The backups of user u, in the order of the card, from `u * MAX_FALLBACKS`; NOWHERE where there is none. */
  readonly fallbacks: Int16Array;
  readonly lastInAt: Int32Array;
  readonly lastOutAt: Int32Array;
  readonly usage: Usage;
  private readonly byId: ReadonlyMap<string, number>;

  constructor(
    readonly users: number,
    plans: readonly LinePlan[],
    days: number,
    readonly budget: number,
    readonly policy: FleetPolicy,
  ) {
    this.lines = plans.map((plan, i) => lineStateOf(i, plan, budget, policy));
    this.byId = new Map(this.lines.map((line, i) => [line.id, i]));
    this.lineOf = new Int16Array(users).fill(NOWHERE);
    this.fallbacks = new Int16Array(users * MAX_FALLBACKS).fill(NOWHERE);
    this.lastInAt = new Int32Array(users).fill(-1);
    this.lastOutAt = new Int32Array(users).fill(-1);
    this.usage = new Usage(plans.length, days);
  }

  /** The number of a line by the domain's id of it. */
  indexOf(lineId: string): number {
    const index = this.byId.get(lineId);
    if (index === undefined) throw new Error(`No line ${lineId}`);
    return index;
  }

  assign(user: number, line: number, fallbacks: readonly number[]): void {
    this.lineOf[user] = line;
    fallbacks.slice(0, MAX_FALLBACKS).forEach((fallback, i) => {
      this.fallbacks[user * MAX_FALLBACKS + i] = fallback;
      this.line(fallback).fallbackUsers += 1;
    });
    this.line(line).users += 1;
    this.line(line).newUsersToday += 1;
  }

  move(user: number, to: number): void {
    this.line(this.lineOf[user] ?? NOWHERE).users -= 1;
    this.line(to).users += 1;
    this.lineOf[user] = to;
  }

  /** The backups on a user's card. */
  fallbacksOf(user: number): number[] {
    const from = user * MAX_FALLBACKS;
    return [...this.fallbacks.subarray(from, from + MAX_FALLBACKS)].filter((l) => l !== NOWHERE);
  }

  usersOn(line: number): number[] {
    const users: number[] = [];
    for (let user = 0; user < this.users; user += 1) {
      if (this.lineOf[user] === line) users.push(user);
    }
    return users;
  }

  /** The lines as decisions about load see them: the cap of each is the one that admission fills it up to. */
  linesForAdmission(): LineView[] {
    return this.lines.map((line) => ({ ...line, todayCap: line.admissionCap }));
  }

  line(index: number): LineState {
    const line = this.lines[index];
    if (!line) throw new Error(`No line ${index}`);
    return line;
  }
}
