import { Injectable } from '@nestjs/common';
import { DAY_MS, isoWeek } from '@linekeeper/domain';
import { automation } from '../../actor';
import { UnitOfWork, type WithheldSum } from '../../ports';
import { announce, Decisions } from '../shared';

const WEEK_MS = 7 * DAY_MS;
/** Half a year of sums is kept. */
const KEPT_WEEKS = 26;
const KIND = 'actuator-summary';

export interface ActuatorSummary {
  readonly week: string;
  readonly withheld: readonly WithheldSum[];
}

/** What the actuators would have done while they only observed or proposed, week by week. */
@Injectable()
export class SumUpActuators {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly decisions: Decisions,
  ) {}

  /** Of an ISO week such as 2026-W10; null: of the one that runs. */
  async summary(week: string | null): Promise<ActuatorSummary> {
    const { now } = await this.decisions.begin(automation(KIND));
    const named = week ?? isoWeek(now);
    return { week: named, withheld: await this.unitOfWork.read.withheld.sums(named) };
  }

  /** Announces the week that has ended, once. */
  async execute(): Promise<{ summed: number }> {
    const decision = await this.decisions.begin(automation(KIND));
    const week = isoWeek(decision.now - WEEK_MS);
    return this.unitOfWork.run(async (stores) => {
      const last = await stores.jobs.latestProposal(KIND);
      if ((last?.body as ActuatorSummary | undefined)?.week === week) return { summed: 0 };
      const withheld = await stores.withheld.sums(week);
      const { policyVersion, now: at } = decision;
      const body = { week, withheld };
      await stores.jobs.insertProposal({
        ...{ id: decision.newId(), kind: KIND, body, policyVersion, at },
      });
      await stores.withheld.prune(isoWeek(at - KEPT_WEEKS * WEEK_MS));
      // A week in which everything acted by itself is no news.
      if (withheld.length === 0) return { summed: 0 };
      await announce(stores, decision, 'actuator.summary', body);
      return { summed: withheld.length };
    });
  }
}
