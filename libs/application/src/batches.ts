import type { Pause } from './ports';
import { Refusal } from './refusal';

export interface BatchBounds {
  /** Items of one batch. */
  readonly most: number;
  /** Batches at a time. While one waits another is under way; more would only make smaller ones. */
  readonly inFlight: number;
  /** Whether a batch waits a moment for those who were answered together and come again; without it none does. With one
   * batch at a time only: of two that gather one would find nobody left. */
  readonly gather?: Gathering;
}

/** Looks every `stepMs` whether somebody came since, and waits on while they do, `steps` times at most. */
export interface Gathering {
  readonly stepMs: number;
  readonly steps: number;
  readonly pause: Pause;
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
  /** Whether the last batch was of several: those come back together too. */
  private areSeveral = false;

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
    this.running += 1;
    const { most, gather } = this.bounds;
    if (gather && this.areSeveral) await this.gather(gather);
    const batch = this.waiting.splice(0, most);
    this.areSeveral = batch.length > 1;
    await this.run(batch);
    this.running -= 1;
    void this.begin();
  }

  /** The first to come back would else go alone, and the others wait for the end of a batch of one. */
  private async gather({ stepMs, steps, pause }: Gathering): Promise<void> {
    let before = 0;
    for (let step = 0; step < steps; step += 1) {
      const now = this.waiting.length;
      if (now >= this.bounds.most || now === before) return;
      before = now;
      await pause.for(stepMs);
    }
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
