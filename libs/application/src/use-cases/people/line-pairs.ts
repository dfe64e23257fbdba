import type { LinePair, LoadDelta } from '../../ports';

const NOBODY: ReadonlyMap<string, number> = new Map();

/** How many people stand on one line and hold another beside it. */
export class LinePairs {
  private readonly byFallback = new Map<string, Map<string, number>>();

  constructor(pairs: readonly LinePair[]) {
    for (const { lineId, fallbackId, users } of pairs) this.change(lineId, fallbackId, users);
  }

  /** Those who hold the line beside theirs, by the line that they stand on. */
  onto(fallbackId: string): ReadonlyMap<string, number> {
    return this.byFallback.get(fallbackId) ?? NOBODY;
  }

  /** Whoever was dealt a card a moment ago. */
  add(deltas: readonly LoadDelta[]): void {
    for (const { primaryLineId, lineId, fallbackUsers } of deltas) {
      if (primaryLineId !== undefined) this.change(primaryLineId, lineId, fallbackUsers);
    }
  }

  private change(lineId: string, fallbackId: string, users: number): void {
    const of = this.byFallback.get(fallbackId) ?? new Map<string, number>();
    this.byFallback.set(fallbackId, of.set(lineId, (of.get(lineId) ?? 0) + users));
  }
}
