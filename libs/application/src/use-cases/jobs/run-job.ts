import { Injectable, Logger } from '@nestjs/common';
import { MINUTE_MS } from '@linekeeper/domain';
import type { Actor } from '../../actor';
import { Clock, type JobRunRecord, Metrics, Settings, UnitOfWork } from '../../ports';
import { Refusal } from '../../refusal';
import { AssessLosses } from '../capacity/assess-losses';
import { SumUpActuators } from '../access/sum-up-actuators';
import { DeliverEvents } from '../events/deliver-events';
import { AskOutcomes } from '../inbox/ask-outcomes';
import { DrainInbox } from '../inbox/drain-inbox';
import { KeepSubscribed } from '../inbox/keep-subscribed';
import { Quarantine } from '../inbox/quarantine';
import { RepairGaps } from '../inbox/repair-gaps';
import { ReconcileLedger } from '../inbox/reconcile-ledger';
import { AdvanceRamp } from '../lines/advance-ramp';
import { CloseBudgetDay } from '../lines/close-budget-day';
import { Groups } from '../lines/hold-groups';
import { LineCards } from '../lines/line-cards';
import { PollLines } from '../lines/poll-lines';
import { RunRebalance } from '../lines/run-rebalance';
import { RunFailovers } from '../lines/run-failovers';
import { ShareCards } from '../lines/share-cards';
import { WatchLines } from '../lines/watch-lines';
import { ExpireReservations } from '../people/expire-reservations';
import { PromoteWaiting } from '../people/promote-waiting';
import { ExpireSends } from '../sends/expire-sends';
import { IssueCards } from '../sends/issue-cards';
import { SettleLost } from '../sends/settle-lost';
import { audit, Decisions } from '../shared';
import { ForgetOld } from './forget-old';
import { isJobName, JOB_NAMES, type JobName } from './registry';

/** Longer than any run takes; a process that hangs holds its job up for no longer than this. */
const LEASE_MS = 2 * MINUTE_MS;

/** `asked`: an operator wants it now, whether or not it finds that something is due. */
type Work = (asked: boolean) => Promise<object>;

/** Runs one job under its lease: in all processes together at most one run of a job goes on at a time. */
@Injectable()
export class RunJob {
  private readonly logger = new Logger('Jobs');
  private readonly work: Readonly<Record<JobName, Work>>;

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly clock: Clock,
    private readonly settings: Settings,
    private readonly metrics: Metrics,
    private readonly decisions: Decisions,
    drainInbox: DrainInbox,
    runFailovers: RunFailovers,
    settleLost: SettleLost,
    groups: Groups,
    expireReservations: ExpireReservations,
    promoteWaiting: PromoteWaiting,
    assessLosses: AssessLosses,
    expireSends: ExpireSends,
    pollLines: PollLines,
    watchLines: WatchLines,
    keepSubscribed: KeepSubscribed,
    quarantine: Quarantine,
    shareCards: ShareCards,
    lineCards: LineCards,
    issueCards: IssueCards,
    advanceRamp: AdvanceRamp,
    closeBudgetDay: CloseBudgetDay,
    rebalance: RunRebalance,
    sumUpActuators: SumUpActuators,
    repairGaps: RepairGaps,
    askOutcomes: AskOutcomes,
    reconcileLedger: ReconcileLedger,
    deliverEvents: DeliverEvents,
    forgetOld: ForgetOld,
  ) {
    this.work = {
      'drain-inbox': () => drainInbox.execute(),
      'run-failovers': async () => {
        // Nobody who was moved is written to before it is known what the lost line has sent them.
        const moved = await runFailovers.execute();
        return { ...moved, ...(await settleLost.execute()), ...(await groups.escalate()) };
      },
      'expire-reservations': async () => ({
        ...(await expireReservations.execute()),
        ...(await expireSends.execute()),
      }),
      'promote-waiting': () => promoteWaiting.execute(),
      'assess-losses': () => assessLosses.execute(),
      'poll-lines': async () => {
        // The lines are looked at also when the subscription cannot be mended: then nothing else tells of them.
        const [subscribing] = await Promise.allSettled([keepSubscribed.execute()]);
        const quarantined = await quarantine.review();
        const lines = await pollLines.execute();
        if (subscribing.status === 'rejected') throw subscribing.reason;
        const { v3, v2 } = subscribing.value;
        return { subscription: v3, subscriptionOnV2: v2, quarantine: quarantined, ...lines };
      },
      'watch-lines': () => watchLines.execute(),
      'share-contact-cards': () => shareCards.execute(),
      'issue-cards': () => issueCards.execute(),
      'check-line-cards': () => lineCards.execute(),
      'advance-ramp': () => advanceRamp.execute(),
      'close-budget-day': () => closeBudgetDay.execute(),
      rebalance: async () => ({
        ...(await rebalance.execute()),
        ...(await sumUpActuators.execute()),
      }),
      'repair-gaps': (asked) => repairGaps.execute(asked),
      'ask-outcomes': () => askOutcomes.execute(),
      'reconcile-ledger': () => reconcileLedger.execute(),
      'deliver-events': async (asked) => ({
        ...(await deliverEvents.prepare()),
        ...(asked ? await deliverEvents.execute() : {}),
      }),
      'forget-old': () => forgetOld.execute(),
    };
  }

  runs(): Promise<JobRunRecord[]> {
    return this.unitOfWork.read.jobs.runs();
  }

  /**
   * Null when a run of it goes on, here or in another process. A failure is recorded with the run. An operator who asked
   * for it stands in the audit, from before it begins.
   */
  async execute(
    name: JobName,
    asked: { readonly by: Actor; readonly reason: string } | null = null,
  ): Promise<JobRunRecord | null> {
    const { leases } = this.unitOfWork.read;
    const startedAt = this.clock.now();
    const token = await leases.take(name, this.settings.processId, startedAt, LEASE_MS);
    if (token === null) return this.busy(name);
    if (asked) await this.auditRun(name, asked.by, asked.reason);
    const stop = this.metrics.time('linekeeper_job_duration_seconds', { job: name });
    let run: JobRunRecord;
    try {
      const result = await this.unitOfWork.fenced({ name, token }, () =>
        this.work[name](asked !== null),
      );
      run = { name, lastRunAt: startedAt, lastResult: result, lastError: null };
      this.logger.debug({ what: 'ran', job: name, ...result });
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      run = { name, lastRunAt: startedAt, lastResult: {}, lastError: text };
      this.logger.error({ job: name }, error instanceof Error ? error.stack : text);
    }
    stop();
    const outcome = run.lastError === null ? 'ok' : 'failed';
    this.metrics.count('linekeeper_job_runs_total', { job: name, outcome });
    const recorded = await this.unitOfWork.read.jobs.finish(run, token, this.clock.now());
    return recorded ? run : null;
  }

  private busy(name: JobName): null {
    this.metrics.count('linekeeper_job_runs_total', { job: name, outcome: 'busy' });
    return null;
  }

  /** On an operator's request, now, with an audit row. Refuses `job.not_found` and `job.running`. */
  async onRequest(name: string, reason: string, by: Actor): Promise<JobRunRecord> {
    if (!isJobName(name)) {
      throw new Refusal('job.not_found', `There is no job "${name}"`, { jobs: JOB_NAMES });
    }
    const run = await this.execute(name, { by, reason });
    if (!run)
      throw new Refusal('job.running', `${name} is running right now`, { retryAfterSeconds: 5 });
    return run;
  }

  private async auditRun(name: JobName, by: Actor, reason: string): Promise<void> {
    await audit(this.unitOfWork.read, await this.decisions.begin(by), {
      action: 'job.run',
      subjectType: 'job',
      subjectId: name,
      reason,
      change: {},
    });
  }
}
