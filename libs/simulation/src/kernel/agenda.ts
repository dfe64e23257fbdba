interface Entry {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

const isBefore = (a: Entry, b: Entry): boolean =>
  a.at < b.at || (a.at === b.at && a.order < b.order);

/** What is due when, in seconds: a binary heap. Entries of one instant run in the order they were made. */
export class Agenda {
  private readonly heap: Entry[] = [];
  private made = 0;

  add(at: number, run: () => void): void {
    const entry: Entry = { at, order: (this.made += 1), run };
    let child = this.heap.push(entry) - 1;
    while (child > 0) {
      const parent = (child - 1) >> 1;
      const above = this.heap[parent];
      if (!above || !isBefore(entry, above)) break;
      this.heap[child] = above;
      child = parent;
    }
    this.heap[child] = entry;
  }

  /** When the next entry is due; Infinity when there is none. */
  nextAt(): number {
    return this.heap[0]?.at ?? Infinity;
  }

  /** Runs the next entry. */
  runNext(): void {
    const [first] = this.heap;
    const last = this.heap.pop();
    if (first && last && last !== first) this.sink(last);
    first?.run();
  }

  private sink(entry: Entry): void {
    let parent = 0;
    for (;;) {
      let child = 2 * parent + 1;
      const left = this.heap[child];
      if (!left) break;
      const right = this.heap[child + 1];
      if (right && isBefore(right, left)) child += 1;
      const below = this.heap[child];
      if (!below || !isBefore(below, entry)) break;
      this.heap[parent] = below;
      parent = child;
    }
    this.heap[parent] = entry;
  }
}
