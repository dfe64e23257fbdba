import { Logger } from '@nestjs/common';
import { type DecisionEntry, DecisionLog, type Metrics } from '@linekeeper/application';

/** Counts every decision, and writes it as one line of the log when the level is `log` or finer. */
export class ToldDecisions extends DecisionLog {
  private readonly logger = new Logger('Decision');

  constructor(private readonly metrics: Metrics) {
    super();
  }

  write(entry: DecisionEntry): void {
    this.count(entry);
    if (!Logger.isLevelEnabled('log')) return;
    this.logger.log({ ...entry, at: new Date(entry.at).toISOString() });
  }

  private count({ kind, outcome, inputs, reasons }: DecisionEntry): void {
    const text = (key: string): string => {
      const value = inputs[key];
      return typeof value === 'string' ? value : 'none';
    };
    switch (kind) {
      case 'gate':
        this.metrics.count('linekeeper_gate_decisions_total', {
          class: text('class'),
          decision: outcome,
          reason: outcome === 'send' ? 'none' : (reasons.at(-1) ?? 'none'),
        });
        if (inputs['ledger'] !== undefined)
          this.metrics.count('linekeeper_ledger_reservations_total', { outcome: text('ledger') });
        return;
      case 'placement':
        this.metrics.count('linekeeper_placements_total', { outcome });
        return;
      case 'move':
        this.metrics.count('linekeeper_moves_total', { cause: text('cause'), outcome });
        return;
      case 'health':
        this.metrics.count('linekeeper_line_verdicts_total', { outcome });
        return;
      case 'ramp':
        this.metrics.count('linekeeper_ramp_steps_total', { outcome });
        return;
      case 'rebalance':
        this.metrics.count('linekeeper_rebalance_proposals_total', {});
        return;
      case 'merge':
        this.metrics.count('linekeeper_merges_total', {});
        return;
      case 'recovery':
        this.metrics.count('linekeeper_recovered_messages_total', { direction: outcome });
        return;
      case 'forecast':
        // Once a day and pool: the log has it, and the answers about lines say whether it is assumed.
        return;
    }
  }
}
