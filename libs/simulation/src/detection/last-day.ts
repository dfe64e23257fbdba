import { DAY_MS } from '@linekeeper/domain';

/** How often something happened within the last 24 hours, as the service asks its evidence. Instants in order, in epoch ms. */
export class LastDay {
  private readonly at: number[] = [];
  /** Those before it are older than a day. */
  private from = 0;

  add(at: number): void {
    this.at.push(at);
  }

  count(now: number): number {
    while ((this.at[this.from] ?? Infinity) <= now - DAY_MS) this.from += 1;
    return this.at.length - this.from;
  }
}
