/** How often something happened within some time up to now. Instants come in order, in epoch ms. */
export class Window {
  private readonly at: number[] = [];
  /** Those before it are older than the window. */
  private from = 0;

  constructor(private readonly ms: number) {}

  add(at: number): void {
    this.at.push(at);
  }

  count(now: number): number {
    while ((this.at[this.from] ?? Infinity) <= now - this.ms) this.from += 1;
    return this.at.length - this.from;
  }
}
