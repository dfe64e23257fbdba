import { at } from '../kernel/at';

/**
 * Draws an index with a probability proportional to its weight in constant time (Walker's alias method, built as by
 * Vose 1991). Weights are not negative; built anew when they change.
 */
export class AliasTable {
  private readonly share: Float64Array;
  private readonly alias: Int32Array;
  /** False when every weight is 0: then there is nothing to draw. */
  readonly drawable: boolean;

  constructor(weights: Float64Array) {
    const count = weights.length;
    this.share = new Float64Array(count);
    this.alias = new Int32Array(count);
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    this.drawable = total > 0;
    if (!this.drawable) return;
    // The lighter half waits at the front of one array, the heavier at its end.
    const waiting = new Int32Array(count);
    let light = 0;
    let heavy = count;
    for (let i = 0; i < count; i += 1) {
      const scaled = (at(weights, i) * count) / total;
      this.share[i] = scaled;
      if (scaled < 1) waiting[light++] = i;
      else waiting[--heavy] = i;
    }
    while (light > 0 && heavy < count) {
      const small = at(waiting, --light);
      const large = at(waiting, heavy);
      this.alias[small] = large;
      const left = at(this.share, large) - (1 - at(this.share, small));
      this.share[large] = left;
      if (left >= 1) continue;
      heavy += 1;
      waiting[light++] = large;
    }
    // What is left over on either side is 1 but for rounding.
    for (let i = 0; i < light; i += 1) this.share[at(waiting, i)] = 1;
    for (let i = heavy; i < count; i += 1) this.share[at(waiting, i)] = 1;
  }

  /** An index, by one number in [0, 1). Only while drawable. */
  draw(random: number): number {
    const scaled = random * this.share.length;
    const slot = Math.floor(scaled);
    return scaled - slot < at(this.share, slot) ? slot : at(this.alias, slot);
  }
}
