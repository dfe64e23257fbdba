import {
  type CounterName,
  COUNTERS,
  type DurationName,
  DURATIONS,
  type GaugeName,
  type GaugeReading,
  GAUGES,
  Metrics,
} from '@linekeeper/application';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

/** A scrape every few seconds, from several places, reads the database once. */
const GAUGES_FOR_MS = 5_000;
/** From a look into memory up to a job over the whole fleet. */
const BUCKETS = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** Metrics in the text format of Prometheus. Each instance has a registry of its own. */
export class PrometheusMetrics extends Metrics {
  private readonly registry = new Registry();
  private readonly counters: Record<CounterName, Counter>;
  private readonly durations: Record<DurationName, Histogram>;
  private readonly gauges: Record<GaugeName, Gauge>;
  private readAt = -Infinity;
  private reading: Promise<void> | null = null;

  constructor(private readonly monotonicMs: () => number) {
    super();
    collectDefaultMetrics({ register: this.registry });
    this.counters = each(
      COUNTERS,
      (name, { help, labels }) =>
        new Counter({ name, help, labelNames: labels, registers: [this.registry] }),
    );
    this.durations = each(
      DURATIONS,
      (name, { help, labels }) =>
        new Histogram({
          name,
          help,
          labelNames: labels,
          buckets: BUCKETS,
          registers: [this.registry],
        }),
    );
    this.gauges = each(
      GAUGES,
      (name, { help, labels }) =>
        new Gauge({ name, help, labelNames: labels, registers: [this.registry] }),
    );
  }

  count(name: CounterName, labels: Readonly<Record<string, string>>): void {
    this.counters[name].inc(labels);
  }

  observe(name: DurationName, labels: Readonly<Record<string, string>>, seconds: number): void {
    this.durations[name].observe(labels, seconds);
  }

  time(name: DurationName, labels: Readonly<Record<string, string>>): () => void {
    const begun = this.monotonicMs();
    return () => this.observe(name, labels, (this.monotonicMs() - begun) / 1_000);
  }

  async expose(
    read: () => Promise<readonly GaugeReading[]>,
  ): Promise<{ contentType: string; text: string }> {
    if (this.monotonicMs() - this.readAt >= GAUGES_FOR_MS) {
      this.reading ??= this.readGauges(read).finally(() => (this.reading = null));
      await this.reading;
    }
    return { contentType: this.registry.contentType, text: await this.registry.metrics() };
  }

  private async readGauges(read: () => Promise<readonly GaugeReading[]>): Promise<void> {
    const readings = await read();
    // A line that was retired or a state that nobody is in must not stand there for ever.
    for (const [name, gauge] of Object.entries(this.gauges)) {
      if (GAUGES[name as GaugeName].labels.length > 0) gauge.reset();
      else gauge.remove();
    }
    for (const { name, labels, value } of readings) this.gauges[name].set(labels, value);
    this.readAt = this.monotonicMs();
  }
}

function each<N extends string, T>(
  described: Readonly<Record<N, { readonly help: string; readonly labels: readonly string[] }>>,
  make: (name: N, described: { help: string; labels: string[] }) => T,
): Record<N, T> {
  const made = (Object.keys(described) as N[]).map((name) => {
    const { help, labels } = described[name];
    return [name, make(name, { help, labels: [...labels] })] as const;
  });
  return Object.fromEntries(made) as Record<N, T>;
}
