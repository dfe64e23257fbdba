/** Messages that each line may carry on each day: index `line * days + day`. */
export interface Capacity {
  readonly lines: number;
  readonly days: number;
  readonly of: Float64Array;
}

export function evenCapacity(lines: number, days: number, budget: number): Capacity {
  return { lines, days, of: new Float64Array(lines * days).fill(budget) };
}
