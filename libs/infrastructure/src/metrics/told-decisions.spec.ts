import { ConsoleLogger, Logger, type LogLevel } from '@nestjs/common';
import type { DecisionEntry } from '@linekeeper/application';
import { PrometheusMetrics } from './prometheus-metrics';
import { ToldDecisions } from './told-decisions';

const ENTRY: DecisionEntry = {
  kind: 'gate',
  outcome: 'refuse',
  at: Date.UTC(2026, 2, 2, 10),
  actor: 'app:key-1',
  policyVersion: 3,
  userId: 'user-1',
  lineId: 'line-1',
  line: '0107',
  reasons: ['class-proactive', 'suppressed'],
  inputs: { class: 'proactive', suppressed: true },
};

/** What the log holds after `work` at a level. */
function logged(levels: LogLevel[], work: () => void): unknown[] {
  const lines: unknown[] = [];
  const write = jest.spyOn(process.stdout, 'write').mockImplementation((text) => {
    lines.push(JSON.parse(String(text)));
    return true;
  });
  Logger.overrideLogger(new ConsoleLogger({ json: true, logLevels: levels, colors: false }));
  try {
    work();
  } finally {
    write.mockRestore();
    Logger.overrideLogger(new ConsoleLogger());
  }
  return lines;
}

describe('ToldDecisions', () => {
  it('writes one line of JSON a decision, with who, by which policy, why and on what', () => {
    const told = new ToldDecisions(new PrometheusMetrics(() => 0));
    const lines = logged(['log'], () => told.write(ENTRY));
    expect(lines).toEqual([
      expect.objectContaining({
        level: 'log',
        context: 'Decision',
        message: { ...ENTRY, at: '2026-03-02T10:00:00.000Z' },
      }),
    ]);
  });

  it('is silent below that level, and counts all the same', async () => {
    const metrics = new PrometheusMetrics(() => 0);
    const told = new ToldDecisions(metrics);
    expect(logged(['error', 'warn'], () => told.write(ENTRY))).toEqual([]);
    const { text } = await metrics.expose(() => Promise.resolve([]));
    expect(text).toContain(
      'linekeeper_gate_decisions_total{class="proactive",decision="refuse",reason="suppressed"} 1',
    );
  });
});
