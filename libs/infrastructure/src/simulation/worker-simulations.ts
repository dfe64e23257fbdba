import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { Logger, type OnApplicationShutdown } from '@nestjs/common';
import {
  type SimulationProgress,
  type SimulationRecord,
  type SimulationRow,
  Simulations,
} from '@linekeeper/application';

/** No simulation runs longer; what it would have come to is not worth a core of the service. */
const MOST_SECONDS = 120;
/** Heap of the thread; the messages themselves lie beside it. */
const MOST_HEAP_MB = 512;
/** The newest results that are kept; one is some kilobytes. */
const MOST_KEPT = 50;

type Told = { readonly share: number } | { readonly rows: readonly SimulationRow[] };
interface Kept {
  readonly record: SimulationRecord;
  progress: SimulationProgress;
}

/** Simulations in a worker thread, one at a time. Results are kept in memory, the newest ones. */
export class WorkerSimulations extends Simulations implements OnApplicationShutdown {
  private readonly logger = new Logger('Simulations');
  private readonly kept = new Map<string, Kept>();
  private running: Worker | null = null;

  /** `script` is what runs in the thread; `mostMs` of real time after which it is ended. */
  constructor(
    private readonly script = join(__dirname, 'simulation-worker.js'),
    private readonly mostMs = MOST_SECONDS * 1_000,
  ) {
    super();
  }

  begin(record: SimulationRecord): boolean {
    if (this.running) return false;
    const kept: Kept = { record, progress: { state: 'running', share: 0 } };
    this.keep(kept);
    const worker = new Worker(this.script, {
      workerData: record.question,
      resourceLimits: { maxOldGenerationSizeMb: MOST_HEAP_MB },
    });
    this.running = worker;
    let why: 'timed-out' | 'stopped' | 'error' = 'stopped';
    const timer = setTimeout(() => {
      why = 'timed-out';
      void worker.terminate();
    }, this.mostMs);
    worker.on('message', (told: Told) => {
      kept.progress =
        'rows' in told
          ? { state: 'completed', rows: told.rows }
          : { state: 'running', share: told.share };
    });
    worker.on('error', (error) => {
      why = 'error';
      this.logger.error({ simulationId: record.id }, error.stack);
    });
    // However it ends, this comes last.
    worker.on('exit', () => {
      clearTimeout(timer);
      this.running = null;
      if (kept.progress.state === 'running') kept.progress = { state: 'failed', why };
    });
    return true;
  }

  byId(id: string): (SimulationRecord & { readonly progress: SimulationProgress }) | null {
    const kept = this.kept.get(id);
    return kept ? { ...kept.record, progress: kept.progress } : null;
  }

  /** The process does not wait for a simulation. */
  async onApplicationShutdown(): Promise<void> {
    await this.running?.terminate();
  }

  private keep(kept: Kept): void {
    this.kept.set(kept.record.id, kept);
    for (const [oldest] of this.kept) {
      if (this.kept.size <= MOST_KEPT) return;
      this.kept.delete(oldest);
    }
  }
}
