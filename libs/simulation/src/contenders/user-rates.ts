import type { UserRate } from '@linekeeper/domain';

/** Users' rates in 16 bytes each and no object for each. Users are numbers from 0. */
export class UserRates {
  private readonly a: Float64Array;
  /** 0 for whoever has no rate yet: a rate's weight is never less than that of its prior. */
  private readonly b: Float64Array;

  constructor(users: number) {
    this.a = new Float64Array(users);
    this.b = new Float64Array(users);
  }

  /** Undefined for whoever was never placed. */
  get(user: number): UserRate | undefined {
    const [a = 0, b = 0] = [this.a[user], this.b[user]];
    return b === 0 ? undefined : { a, b };
  }

  set(user: number, { a, b }: UserRate): void {
    this.a[user] = a;
    this.b[user] = b;
  }
}
