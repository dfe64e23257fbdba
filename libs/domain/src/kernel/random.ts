/**
 * A repeatable stream of numbers in [0, 1) from a 32-bit seed (mulberry32 by T. Ettinger, public domain). It lays
 * out cards and draws candidates, where a result must be the same for the same seed; it protects nothing.
 */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
