import { Refusal } from './refusal';

export interface BatchBounds {
  /** Items of one batch. */
  readonly most: number;
  /** Batches at a time. While one waits another is under way; more would only make smaller ones. */
  readonly inFlight: number;
}

interface Waiting<Item, Answer> {
  readonly item: Item;
  readonly done: (answer: Answer) => void;
  readonly fail: (error: unknown) => void;
}

/**
 * Work that costs little more for many than for one, done for many: a single item at once, and under load whatever came
 * while the last batches were under way. Each caller hears of its own item. What fails together is tried one by one,
 * so that an item that cannot be done takes no other with it; but for `service.unavailable`, which is about all of them.
 */
export class Batches<Item, Answer> {
  private waiting: Waiting<Item, Answer>[] = [];
  private running = 0;

  /** `work` answers for each item, in their order. */
  constructor(
    private readonly work: (items: readonly Item[]) => Promise<readonly Answer[]>,
    private readonly bounds: BatchBounds,
  ) {}

  /** How many wait for their batch to begin. */
  get length(): number {
    return this.waiting.length;
  }

  do(item: Item): Promise<Answer> {
    return new Promise((done, fail) => {
      this.waiting.push({ item, done, fail });
      void this.begin();
    });
  }

  private async begin(): Promise<void> {
    if (this.running >= this.bounds.inFlight || this.waiting.length === 0) return;
    const batch = this.waiting.splice(0, this.bounds.most);
    this.running += 1;
    await this.run(batch);
    this.running -= 1;
    void this.begin();
  }

  private async run(batch: readonly Waiting<Item, Answer>[]): Promise<void> {
    try {
      const answers = await this.work(batch.map(({ item }) => item));
      batch.forEach(({ done }, i) => done(answers[i] as Answer));
    } catch (error) {
      // One by one they would only wait in vain one after the other.
      const isOfAll = error instanceof Refusal && error.code === 'service.unavailable';
      if (batch.length === 1 || isOfAll) for (const { fail } of batch) fail(error);
      else for (const each of batch) await this.run([each]);
    }
  }
}
