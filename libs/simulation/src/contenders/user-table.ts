import type { LoadMilli, UserHistory, UserRate } from '@linekeeper/domain';

const NEVER = -1;

/**
 * What is kept of users who were placed, in 32 bytes each and no object for each. Users are numbers from 0. What is
 * only estimated from is kept to seven digits; loads are exact, for lines sum them up.
 */
export class UserTable {
  /** Index of the budget day on which a user was placed. */
  private readonly placedOn: Int16Array;
  private readonly rateMessages: Float32Array;
  private readonly rateDays: Float32Array;
  private readonly historyDays: Int16Array;
  private readonly historySum: Float32Array;
  private readonly historySquares: Float32Array;
  private readonly meanMilli: Int32Array;
  private readonly varianceMilli: Float64Array;

  constructor(readonly users: number) {
    this.placedOn = new Int16Array(users).fill(NEVER);
    this.rateMessages = new Float32Array(users);
    this.rateDays = new Float32Array(users);
    this.historyDays = new Int16Array(users);
    this.historySum = new Float32Array(users);
    this.historySquares = new Float32Array(users);
    this.meanMilli = new Int32Array(users);
    this.varianceMilli = new Float64Array(users);
  }

  /** Null for whoever was never placed. */
  dayPlaced(user: number): number | null {
    const day = this.placedOn[user] ?? NEVER;
    return day === NEVER ? null : day;
  }

  place(user: number, day: number): void {
    this.placedOn[user] = day;
  }

  rate(user: number): UserRate {
    return { messages: this.rateMessages[user] ?? 0, days: this.rateDays[user] ?? 0 };
  }

  setRate(user: number, { messages, days }: UserRate): void {
    this.rateMessages[user] = messages;
    this.rateDays[user] = days;
  }

  history(user: number): UserHistory {
    return {
      days: this.historyDays[user] ?? 0,
      sum: this.historySum[user] ?? 0,
      sumOfSquares: this.historySquares[user] ?? 0,
    };
  }

  setHistory(user: number, { days, sum, sumOfSquares }: UserHistory): void {
    this.historyDays[user] = days;
    this.historySum[user] = sum;
    this.historySquares[user] = sumOfSquares;
  }

  /** What a user puts on a line; nothing before they were placed. */
  load(user: number): LoadMilli {
    return {
      meanMilli: this.meanMilli[user] ?? 0,
      varianceMilli: this.varianceMilli[user] ?? 0,
    };
  }

  setLoad(user: number, { meanMilli, varianceMilli }: LoadMilli): void {
    this.meanMilli[user] = meanMilli;
    this.varianceMilli[user] = varianceMilli;
  }
}
