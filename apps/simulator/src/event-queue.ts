/** Something that will happen at an instant of the virtual clock. Plain data, so that it survives a restart. */
export type SimEvent = { readonly at: number } & (
  | {
      readonly kind: 'queued' | 'sent' | 'delivered' | 'read' | 'failed';
      readonly messageId: string;
    }
  | {
      readonly kind: 'inbound';
      readonly from: string;
      readonly to: string | null;
      readonly text: string;
    }
  | {
      readonly kind: 'member';
      readonly chatId: string;
      readonly handle: string;
      readonly change: 'added' | 'removed' | 'left';
      readonly traceId: string;
    }
  | {
      readonly kind: 'group';
      readonly chatId: string;
      readonly field: 'name' | 'icon';
      readonly value: string | null;
      readonly traceId: string;
    }
  | { readonly kind: 'retry'; readonly deliveryId: string }
);

interface Entry {
  readonly event: SimEvent;
  readonly order: number;
}

/** A binary heap by due time; events of one instant keep the order in which they were added. */
export class EventQueue {
  private heap: Entry[] = [];
  private added = 0;

  add(event: SimEvent): void {
    this.heap.push({ event, order: this.added });
    this.added += 1;
    this.rise(this.heap.length - 1);
  }

  nextAt(): number | null {
    return this.heap[0]?.event.at ?? null;
  }

  /** The first event if it is due at `now`. */
  take(now: number): SimEvent | null {
    const first = this.heap[0];
    if (!first || first.event.at > now) return null;
    const last = this.heap.pop();
    if (last && this.heap.length > 0) {
      this.heap[0] = last;
      this.sink(0);
    }
    return first.event;
  }

  get size(): number {
    return this.heap.length;
  }

  /** In the order in which they would come. */
  all(): SimEvent[] {
    return [...this.heap].sort(before).map(({ event }) => event);
  }

  private rise(start: number): void {
    for (let i = start; i > 0;) {
      const parent = (i - 1) >> 1;
      if (!this.swapIfBefore(i, parent)) return;
      i = parent;
    }
  }

  private sink(start: number): void {
    for (let i = start; ;) {
      const left = 2 * i + 1;
      const right = left + 1;
      const child = this.isBefore(right, left) ? right : left;
      if (!this.swapIfBefore(child, i)) return;
      i = child;
    }
  }

  private isBefore(a: number, b: number): boolean {
    const first = this.heap[a];
    const second = this.heap[b];
    return first !== undefined && second !== undefined && before(first, second) < 0;
  }

  private swapIfBefore(a: number, b: number): boolean {
    const first = this.heap[a];
    const second = this.heap[b];
    if (!first || !second || before(first, second) >= 0) return false;
    this.heap[a] = second;
    this.heap[b] = first;
    return true;
  }
}

function before(a: Entry, b: Entry): number {
  return a.event.at - b.event.at || a.order - b.order;
}
