import { Injectable } from '@nestjs/common';
import { whyCannotSend, whyNotUsableAsFallback } from '@linekeeper/domain';
import { PROVIDER_ACTOR } from '../../actor';
import type { GaugeReading } from '../../metrics';
import { Metrics, UnitOfWork } from '../../ports';
import { type Decision, Decisions, lastFour } from '../shared';

/** A larger fleet shows no gauges of single lines: each would be four series of a monitoring that is paid by them. */
const MAX_LINES_SHOWN = 500;
/** Coverage is counted over about so many people: within one per cent of the truth. */
const COVERAGE_SAMPLE = 20_000;

/** All metrics of this process, and the gauges of the fleet as the database has them. */
@Injectable()
export class ExposeMetrics {
  constructor(
    private readonly metrics: Metrics,
    private readonly unitOfWork: UnitOfWork,
    private readonly decisions: Decisions,
  ) {}

  /** Without the database only what this process counted itself. */
  execute(): Promise<{ readonly contentType: string; readonly text: string }> {
    return this.metrics.expose(async () => {
      try {
        return await this.read();
      } catch {
        return [reading('linekeeper_database_readable', 0)];
      }
    });
  }

  private async read(): Promise<GaugeReading[]> {
    const decision = await this.decisions.begin(PROVIDER_ACTOR);
    const { gauges } = this.unitOfWork.read;
    const inbox = await gauges.inbox();
    const oldest = inbox.oldestPendingAt ?? decision.now;
    const failovers = await gauges.failovers();
    const waiting = await gauges.needsIntroduction();
    return [
      reading('linekeeper_database_readable', 1),
      reading('linekeeper_inbox_events', inbox.pending, { state: 'pending' }),
      reading('linekeeper_inbox_events', inbox.dead, { state: 'dead' }),
      reading('linekeeper_inbox_oldest_pending_seconds', (decision.now - oldest) / 1_000),
      ...(['planned', 'running', 'paused'] as const).map((state) =>
        reading(
          'linekeeper_failovers',
          failovers.find((each) => each.state === state)?.count ?? 0,
          { state },
        ),
      ),
      reading('linekeeper_users_needing_introduction', waiting),
      ...(await this.lines(decision)),
    ];
  }

  private async lines(decision: Decision): Promise<GaugeReading[]> {
    const { now, policy } = decision;
    // The day is only asked for the count of new users, which is not shown.
    const views = await this.unitOfWork.read.lines.views(null, { now, day: '', policy });
    const usable = views.filter((line) => whyNotUsableAsFallback(line, now) === null);
    const coverage = await this.unitOfWork.read.gauges.coverage(
      usable.map(({ id }) => id),
      COVERAGE_SAMPLE,
    );
    const states = new Map<string, number>();
    for (const { adminState, health } of views) {
      const state = `${adminState} ${health}`;
      states.set(state, (states.get(state) ?? 0) + 1);
    }
    return [
      ...(['sent', 'delivered', 'known'] as const).map((sureness) =>
        reading('linekeeper_coverage_ratio', coverage[sureness], { sureness }),
      ),
      ...[...states].map(([state, count]) => {
        const [adminState = '', health = ''] = state.split(' ');
        return reading('linekeeper_lines', count, { admin_state: adminState, health });
      }),
      ...(views.length > MAX_LINES_SHOWN ? [] : views).flatMap((line) => {
        const labels = { line: line.id, last4: lastFour(line.phoneNumber) };
        const canSend = whyCannotSend(line, 'reply') === null ? 1 : 0;
        return [
          reading('linekeeper_line_used_messages', line.usedLast24h, labels),
          reading('linekeeper_line_cap_messages', line.todayCap, labels),
          reading('linekeeper_line_users', line.users, labels),
          reading('linekeeper_line_can_send', canSend, labels),
        ];
      }),
    ];
  }
}

function reading(
  name: GaugeReading['name'],
  value: number,
  labels: GaugeReading['labels'] = {},
): GaugeReading {
  return { name, labels, value };
}
