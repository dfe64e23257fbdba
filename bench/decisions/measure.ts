/** One figure beside its bare baseline: the least that a program with the same input and output could do. */
export interface Row {
  readonly name: string;
  /** Medians over the rounds. */
  readonly ours: number;
  readonly bare: number | null;
  readonly ratio: number | null;
  /** What is wanted; null where benchmarks name no target and the figure is there to be seen. */
  readonly target: number | null;
  readonly unit: string;
  readonly rounds: number;
  /** The lowest and the highest round. */
  readonly spread: { readonly ours: Range; readonly bare: Range | null };
}

type Range = readonly [number, number];

/** Fewer say nothing of the spread. */
export const MIN_ROUNDS = 5;

/** What is to be measured: one round of each at a time, so that a busy machine is busy for both. */
export interface Measured {
  readonly name: string;
  readonly unit: string;
  readonly target: number | null;
  /** Makes one round and answers with its figure. */
  readonly ours: () => number;
  readonly bare: (() => number) | null;
}

/** One round of each is thrown away: it warms the code up. */
export function rowOf({ name, unit, target, ours, bare }: Measured, rounds: number): Row {
  const own: number[] = [];
  const other: number[] = [];
  for (let round = -1; round < rounds; round += 1) {
    const [a, b] = [ours(), bare?.()];
    if (round < 0) continue;
    own.push(a);
    if (b !== undefined) other.push(b);
  }
  const [median, base] = [medianOf(own), bare ? medianOf(other) : null];
  return {
    name,
    ours: median,
    bare: base,
    ratio: base === null ? null : median / base,
    target,
    unit,
    rounds,
    spread: { ours: rangeOf(own), bare: bare ? rangeOf(other) : null },
  };
}

/** Rounds that were measured in turns, ours and bare, as one figure. */
export function rowOfRounds(
  of: Pick<Row, 'name' | 'unit' | 'target'>,
  own: readonly number[],
  other: readonly number[],
): Row {
  const [ours, bare] = [medianOf(own), medianOf(other)];
  return {
    ...of,
    ...{ ours, bare, ratio: ours / bare, rounds: own.length },
    spread: { ours: rangeOf(own), bare: rangeOf(other) },
  };
}

/** Milliseconds that a piece of work takes. */
export function msOf(work: () => unknown): number {
  const begun = process.hrtime.bigint();
  work();
  return Number(process.hrtime.bigint() - begun) / 1e6;
}

/** Microseconds for one call: the median over batches, since a pause of the collector is not what a call costs. */
export function usPerCall(batches: number, batch: number, call: (n: number) => void): number {
  let n = 0;
  const times = Array.from({ length: batches }, () => {
    const ms = msOf(() => {
      for (let i = 0; i < batch; i += 1) call(n++);
    });
    return (1_000 * ms) / batch;
  });
  return medianOf(times);
}

export function medianOf(list: readonly number[]): number {
  const sorted = [...list].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const [low = NaN, high = NaN] = [sorted[middle - 1 + (sorted.length % 2)], sorted[middle]];
  return (low + high) / 2;
}

export const rangeOf = (list: readonly number[]): Range => [Math.min(...list), Math.max(...list)];
