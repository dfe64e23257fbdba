import { Injectable } from '@nestjs/common';
import { escalationDue } from '@linekeeper/domain';
import { automation } from '../../actor';
import { type FailoverRecord, type GroupRecord, type Stores, UnitOfWork } from '../../ports';
import { announce, type Decision, Decisions, type PoolScope } from '../shared';
import { isOfNeed } from './hold-failover';

/** Groups that one event names: the list has them all. */
const MAX_NAMED = 100;
/** Failovers of late whose lines are looked at. */
const MAX_FAILOVERS = 200;

/** Says which groups nothing can be said in any more, since their line is lost: a group is pinned to it and moved by nobody. */
export async function tellHeldGroups(
  stores: Stores,
  lineId: string,
  decision: Decision,
  hours: number | null = null,
): Promise<boolean> {
  const query = { poolIds: [], lineId, held: true, limit: MAX_NAMED + 1 };
  const groups = await stores.conversations.groups(query);
  if (groups.length === 0) return false;
  await announce(stores, decision, hours === null ? 'group.held' : 'group.escalated', {
    lineId,
    chatIds: groups.slice(0, MAX_NAMED).map(({ chatId }) => chatId),
    more: groups.length > MAX_NAMED,
    ...(hours === null ? {} : { hours }),
  });
  return true;
}

/** Groups: where they are, and those on lost lines told again after four hours and after a day. */
@Injectable()
export class Groups {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly decisions: Decisions,
  ) {}

  list(query: {
    readonly poolIds: PoolScope;
    readonly held?: boolean;
    readonly limit: number;
    readonly after?: string;
  }): Promise<GroupRecord[]> {
    return this.unitOfWork.read.conversations.groups(query);
  }

  /** By what was announced before: a run that failed leaves nothing out. */
  async escalate(): Promise<{ groupsEscalated: number }> {
    const decision = await this.decisions.begin(automation('run-failovers'));
    const failovers = await this.unitOfWork.read.failovers.list({ limit: MAX_FAILOVERS });
    let groupsEscalated = 0;
    for (const failover of failovers.filter(isOfNeed)) {
      const hours = escalationDue(failover.startedAt, decision.now);
      if (hours === null || hours <= failover.groupsEscalatedHours) continue;
      if (await this.unitOfWork.run((stores) => escalateOne(stores, failover, hours, decision))) {
        groupsEscalated += 1;
      }
    }
    return { groupsEscalated };
  }
}

async function escalateOne(
  stores: Stores,
  { id, lineId, lineEpoch }: FailoverRecord,
  hours: number,
  decision: Decision,
): Promise<boolean> {
  const line = await stores.lines.byId(lineId);
  if (!line) return false;
  await stores.pools.lock(line.poolId);
  const current = await stores.failovers.byId(id);
  if (!current || current.groupsEscalatedHours >= hours) return false;
  await stores.failovers.change(id, { groupsEscalatedHours: hours }, decision.now);
  // A line that came back, or was lost anew since, has another failover to speak for it.
  const isLatest = line.health === 'ejected' && line.epoch >= lineEpoch;
  return isLatest && tellHeldGroups(stores, lineId, decision, hours);
}
