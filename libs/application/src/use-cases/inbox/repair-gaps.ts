import { Injectable, Logger } from '@nestjs/common';
import {
  Clock,
  type GapRecord,
  type LineRecord,
  type ProviderProblemKind,
  UnitOfWork,
} from '../../ports';
import { lastFour } from '../shared';
import { CallBudget } from './call-budget';
import { lookForGaps } from './look-for-gaps';
import { type LineReport, ReadBackLine } from './read-back-line';

export interface RepairReport {
  /** Lines on which a gap was suspected, those that were read to the end, and those that wait for the next run. */
  readonly suspected: number;
  readonly read: number;
  readonly waiting: number;
  /** Events that were missing and are in the inbox now. */
  readonly events: number;
  readonly calls: number;
  /** The last reason for which a line was not read to the end. */
  readonly stopped: LineReport['stopped'];
}

/** What the provider says of one line only. */
const OF_ONE_LINE: readonly ProviderProblemKind[] = ['line-not-ours', 'not-found', 'invalid'];
/** What it says to us whatever we ask for: then it is not asked on in this run. */
const OF_US: readonly ProviderProblemKind[] = ['rate-limited', 'unauthorized'];
/** So many lines in a row that cannot be read for another reason: the provider is away. */
const FAILURES_IN_A_ROW = 2;

/**
 * Fills in what webhooks did not tell: looks for signs of lost events, and reads the suspected lines back from the
 * provider within a budget of calls. What is missing goes into the inbox. Repeatable and killable at any moment.
 */
@Injectable()
export class RepairGaps {
  private readonly logger = new Logger('Gaps');

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly readBackLine: ReadBackLine,
    private readonly clock: Clock,
  ) {}

  /** `asked`: every line is read back, whether or not a gap is suspected. */
  async execute(asked: boolean): Promise<RepairReport> {
    const startedAt = this.clock.now();
    const { lines, records } = await this.unitOfWork.run(async (stores) => {
      const all = await stores.lines.list();
      return { lines: all, records: await lookForGaps(stores, all, asked, startedAt) };
    });
    const byId = new Map(lines.map((line) => [line.id, line]));
    const due = records.filter(isDue).sort(byUrgency);
    const budget = new CallBudget(startedAt, () => this.clock.now());
    let read = 0;
    let events = 0;
    let stopped: RepairReport['stopped'] = null;
    let inARow = 0;
    for (const record of due) {
      const line = byId.get(record.lineId);
      if (!line) continue;
      const report = await this.readBackLine.execute(line, record, budget);
      this.tell(line, record, report);
      events += report.events;
      if (report.stopped === null) read += 1;
      inARow = report.stopped === null || isIn(OF_ONE_LINE, report.stopped) ? 0 : inARow + 1;
      if (report.stopped === 'budget' || isIn(OF_US, report.stopped)) inARow = FAILURES_IN_A_ROW;
      stopped = report.stopped ?? stopped;
      if (inARow === FAILURES_IN_A_ROW) break;
    }
    const counts = { suspected: due.length, read, waiting: due.length - read };
    return { ...counts, events, calls: budget.calls, stopped };
  }

  private tell(line: LineRecord, record: GapRecord, report: LineReport): void {
    const { events, unreadable, stopped } = report;
    if (events === 0 && unreadable === 0 && (stopped === null || stopped === 'budget')) return;
    this.logger.warn({
      what: events > 0 ? 'Events were missing and are taken in' : 'Read a line back',
      lineId: line.id,
      line: lastFour(line.phoneNumber),
      cause: record.cause,
      events,
      unreadable,
      stopped,
    });
  }
}

function isDue({ suspectedAt, reading }: GapRecord): boolean {
  return suspectedAt !== null || reading !== null;
}

/** A real sign before the daily sweep, what was begun before what was not, then the one that was not read for longest. */
function byUrgency(one: GapRecord, other: GapRecord): number {
  const rank = ({ cause, reading }: GapRecord): number =>
    (cause === 'sweep' ? 2 : 0) + (reading === null ? 1 : 0);
  return rank(one) - rank(other) || one.readAt - other.readAt;
}

function isIn(kinds: readonly string[], stopped: LineReport['stopped']): boolean {
  return stopped !== null && kinds.includes(stopped);
}
