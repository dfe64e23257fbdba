import { Injectable } from '@nestjs/common';
import {
  admissiblePerDay,
  budgetDay,
  budgetDayStart,
  closeDay,
  type DayEvidence,
  type DayOutcome,
  type EpochMs,
  type LineView,
  nextDay,
  rampCap,
} from '@linekeeper/domain';
import { automation } from '../../actor';
import { type PoolRecord, UnitOfWork } from '../../ports';
import {
  announce,
  type Decision,
  Decisions,
  forAdmission,
  lastFour,
  note,
  poolOf,
  runningDay,
  viewsOf,
} from '../shared';
import { hearSilence } from './hear-silence';
import { dayEvidence } from './day-evidence';
import { closeRates, type DayOfPool } from './close-rates';
import { learnForecast } from './learn-forecast';

/** A service that was away for longer closes the older days no more: nothing learns from them. */
const MAX_DAYS_BACK = 14;
const RATES_BATCH = 500;

/**
 * Closes the budget days that are over: each line's ramp is judged by what the day showed, each user's rate takes
 * the day in, the lines' sums follow, and the pool learns what its days and its users are like. A day is closed
 * once; a run that was killed goes on where it stopped.
 */
@Injectable()
export class CloseBudgetDay {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly decisions: Decisions,
  ) {}

  async execute(): Promise<{ lineDays: number; userRates: number }> {
    const total = { lineDays: 0, userRates: 0 };
    for (const { id } of await this.unitOfWork.read.pools.list()) {
      const decision = await this.decisions.begin(automation('close-budget-day'));
      for (const day of await this.daysToClose(await this.poolNow(id), decision)) {
        // Read anew: each day is closed with what was learned from the one before.
        const pool = await this.poolNow(id);
        total.lineDays += await this.closeLines(pool, day, decision);
        total.userRates += await this.closeRates(pool, day, decision);
        await this.unitOfWork.run((stores) => learnForecast(stores, id, decision));
      }
      // A run that was killed before it had learned is made up for.
      await this.unitOfWork.run((stores) => learnForecast(stores, id, decision));
    }
    return total;
  }

  private poolNow(id: string): Promise<PoolRecord> {
    return poolOf(this.unitOfWork.read, id);
  }

  /** Finished days, oldest first, from the first that a line or a user has not closed. */
  private async daysToClose(pool: PoolRecord, decision: Decision): Promise<string[]> {
    const { dayStartHour } = decision.policy.budget;
    const today = runningDay(pool, decision);
    const lastDays = await this.unitOfWork.read.usage.lastClosedDays(pool.id);
    const lines = await this.unitOfWork.read.lines.list({ poolId: pool.id });
    const dayOf = (at: EpochMs): string => budgetDay(at, pool.timeZone, dayStartHour);
    const begins = lines.map((line) => {
      const last = lastDays.get(line.id);
      return last === undefined ? dayOf(line.createdAt) : nextDay(last);
    });
    // A run that was killed between the two leaves rates of a day whose lines are closed.
    const rates = await this.unitOfWork.read.users.oldestOpenRates(pool.id);
    if (rates.placedAt !== null) begins.push(dayOf(rates.placedAt));
    if (rates.closedDay !== null) begins.push(nextDay(rates.closedDay));
    const first = begins.reduce((oldest, day) => (day < oldest ? day : oldest), today);
    const days: string[] = [];
    for (let day = first; day < today; day = nextDay(day)) days.push(day);
    return days.slice(-MAX_DAYS_BACK);
  }

  private async closeLines(pool: PoolRecord, day: string, decision: Decision): Promise<number> {
    // A day's use is judged by what admission allowed.
    const views = forAdmission(await viewsOf(this.unitOfWork.read, pool, decision));
    let closed = 0;
    for (const view of views) if (await this.closeLine(pool, view, day, decision)) closed += 1;
    return closed;
  }

  private closeLine(
    pool: PoolRecord,
    view: LineView,
    day: string,
    decision: Decision,
  ): Promise<boolean> {
    const { policy, now } = decision;
    const { dayStartHour } = policy.budget;
    return this.unitOfWork.run(async (stores) => {
      // Whoever changes a line holds its pool: what is read here stands until it is written.
      await stores.pools.lock(pool.id);
      const line = await stores.lines.byId(view.id);
      const last = await stores.usage.lastClosedDay(view.id);
      const registered = budgetDay(line?.createdAt ?? now, pool.timeZone, dayStartHour);
      if (!line || day < registered || (last !== null && last >= day)) return false;
      const from = budgetDayStart(day, pool.timeZone, dayStartHour);
      const to = budgetDayStart(nextDay(day), pool.timeZone, dayStartHour);
      const evidence = await dayEvidence(stores, line, { from, to }, policy);
      const inService =
        line.managed && line.adminState !== 'warming' && line.adminState !== 'retired';
      const outcome: DayOutcome = inService
        ? closeDay(line, evidence, admissiblePerDay(view, policy), now, policy)
        : {
            outcome: 'hold',
            goodDays: line.goodDays,
            rampHoldUntil: null,
            reasons: ['not in service'],
          };
      if (inService && line.health !== 'ejected')
        await hearSilence(stores, line, evidence, decision);
      const counted = countsOf(evidence);
      const capBefore = rampCap(line, policy);
      const capAfter = rampCap({ ...line, goodDays: outcome.goodDays }, policy);
      const fresh = await stores.usage.closeLineDay({
        lineId: line.id,
        day,
        ...counted,
        capBefore,
        capAfter,
        outcome: outcome.outcome,
        reasons: outcome.reasons,
        closedAt: now,
      });
      if (!fresh) return false;
      const { goodDays, rampHoldUntil } = outcome;
      // Written in any case: who has seen this version of the line has not seen its new day.
      await stores.lines.change(line.id, inService ? { goodDays, rampHoldUntil } : {}, {
        at: now,
        raiseEpoch: false,
      });
      note(stores, decision, {
        kind: 'ramp',
        outcome: outcome.outcome,
        lineId: line.id,
        line: lastFour(line.phoneNumber),
        reasons: outcome.reasons,
        inputs: { day, ...evidence, capBefore, capAfter, goodDays },
      });
      await announce(stores, decision, 'day.closed', {
        lineId: line.id,
        day,
        in: evidence.in,
        out: evidence.out,
        outcome: outcome.outcome,
        capBefore,
        capAfter,
      });
      return true;
    });
  }

  private async closeRates(pool: PoolRecord, day: string, decision: Decision): Promise<number> {
    const { dayStartHour } = decision.policy.budget;
    const of: DayOfPool = {
      pool,
      day,
      from: budgetDayStart(day, pool.timeZone, dayStartHour),
      to: budgetDayStart(nextDay(day), pool.timeZone, dayStartHour),
    };
    let closed = 0;
    let after: string | undefined;
    for (;;) {
      const batch = await this.unitOfWork.run(async (stores) => {
        await stores.pools.lock(pool.id);
        const users = await stores.users.ratesToClose({
          poolId: pool.id,
          day,
          dayEndsAt: of.to,
          limit: RATES_BATCH,
          ...(after === undefined ? {} : { after }),
        });
        const { rates, deltas, fleetDay } = closeRates(users, of, decision.policy);
        await stores.users.saveRates(rates);
        await stores.lines.addLoad(deltas, runningDay(pool, decision), decision.now);
        if (fleetDay.mean > 0) await stores.usage.addFleetDay(pool.id, fleetDay);
        return users;
      });
      closed += batch.length;
      after = batch.at(-1)?.userId;
      if (batch.length < RATES_BATCH) return closed;
    }
  }
}

/** What is kept of a day: the counts; the rest follows from them or from the line. */
function countsOf({ in: inbound, out, recipients, replied, failures, optOuts }: DayEvidence) {
  return { in: inbound, out, recipients, replied, failures, optOuts };
}
