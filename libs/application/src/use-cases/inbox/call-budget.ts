import { type EpochMs, SECOND_MS } from '@linekeeper/domain';

/**
 * Calls to the provider in one run, which comes every five minutes: two thirds of a call a second on average. Linq
 * tells no limit for reading, so this is what a careful guest takes; what is left over waits for the next run.
 */
const CALLS = 200;
/** The inbox waits while a job runs, and a process that stops waits for it. */
const RUN_MS = 15 * SECOND_MS;

/** What one run may still ask of the provider. */
export class CallBudget {
  private spent = 0;

  constructor(
    private readonly startedAt: EpochMs,
    private readonly now: () => EpochMs,
  ) {}

  get calls(): number {
    return this.spent;
  }

  get isLeft(): boolean {
    return this.spent < CALLS && this.now() - this.startedAt < RUN_MS;
  }

  /** One call is about to be made. */
  spend(): void {
    this.spent += 1;
  }
}
