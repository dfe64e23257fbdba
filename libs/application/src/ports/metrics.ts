import type {
  COUNTERS,
  CounterName,
  DurationName,
  DURATIONS,
  GaugeReading,
  LabelsOf,
} from '../metrics';

/** Numbers for whoever watches the service. Counting costs about a microsecond, never waits and never throws. */
export abstract class Metrics {
  /** Adds one. */
  abstract count<N extends CounterName>(name: N, labels: LabelsOf<(typeof COUNTERS)[N]>): void;
  /** Takes a duration in, in seconds. */
  abstract observe<N extends DurationName>(
    name: N,
    labels: LabelsOf<(typeof DURATIONS)[N]>,
    seconds: number,
  ): void;
  /** Starts a stopwatch; calling what it gives takes the duration in. */
  abstract time<N extends DurationName>(
    name: N,
    labels: LabelsOf<(typeof DURATIONS)[N]>,
  ): () => void;
  /**
   * All metrics as text. `read` is asked for the gauges at most every few seconds of real time; askers at the same
   * time share one reading. What `read` throws, this throws.
   */
  abstract expose(
    read: () => Promise<readonly GaugeReading[]>,
  ): Promise<{ readonly contentType: string; readonly text: string }>;
}
