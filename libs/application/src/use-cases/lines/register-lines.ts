import { Injectable } from '@nestjs/common';
import { budgetDay, DAY_MS, goodDaysForCap, invariant } from '@linekeeper/domain';
import type { Actor } from '../../actor';
import {
  HandleParser,
  type LineRecord,
  MessagingProvider,
  type PoolRecord,
  type ProviderLine,
  type Stores,
  UnitOfWork,
} from '../../ports';
import { Refusal } from '../../refusal';
import { announce, audit, type Decision, Decisions, poolFor } from '../shared';

export interface NewLine {
  readonly phoneNumber: string;
  readonly pool?: string | undefined;
  /** `new`: it warms first and ramps from the first day's cap; `mature`: it starts at what it carried. */
  readonly start: 'new' | 'mature';
  /** Messages a day, in and out, that a mature line carried before. Default: its whole budget. */
  readonly carriedPerDay?: number | undefined;
  readonly budgetPerDay?: number | undefined;
  /** Unmanaged lines are counted and shown, never used or moved. */
  readonly managed: boolean;
  readonly reason: string;
}

/** Takes lines into the fleet: one by number, or all that the provider lists. */
@Injectable()
export class RegisterLines {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly decisions: Decisions,
    private readonly handles: HandleParser,
    private readonly provider: MessagingProvider,
  ) {}

  /** Only a number that the provider lists as ours. Refuses `line.exists` and `line.not_at_provider`. */
  async register(input: NewLine, actor: Actor, poolIds: readonly string[] = []): Promise<LineRecord> {
    const parsed = this.handles.parse(input.phoneNumber);
    if (parsed?.kind !== 'phone') {
      throw new Refusal('handle.invalid', 'phoneNumber: not a phone number like +14155550123');
    }
    const listed = (await this.provider.listLines()).find(({ phoneNumber }) => phoneNumber === parsed.value);
    if (!listed) {
      throw new Refusal('line.not_at_provider', 'The provider does not list this number for the account');
    }
    const decision = await this.decisions.begin(actor);
    return this.unitOfWork.run(async (stores) => {
      const pool = await poolFor(stores, input.pool, poolIds);
      if (await stores.lines.byPhoneNumber(listed.phoneNumber)) {
        throw new Refusal('line.exists', 'That number is a line of the fleet already');
      }
      return addLine(stores, pool, listed, input, decision);
    });
  }

  /** Every listed number that is not a line yet. `dryRun` says which they are. */
  async importAll(
    options: Omit<NewLine, 'phoneNumber'> & { readonly dryRun: boolean },
    actor: Actor,
    poolIds: readonly string[] = [],
  ): Promise<{ added: LineRecord[]; known: number; wouldAdd: string[] }> {
    const listed = await this.provider.listLines();
    const decision = await this.decisions.begin(actor);
    return this.unitOfWork.run(async (stores) => {
      const pool = await poolFor(stores, options.pool, poolIds);
      const known = new Set((await stores.lines.list()).map(({ phoneNumber }) => phoneNumber));
      const fresh = listed.filter(({ phoneNumber }) => !known.has(phoneNumber));
      const added: LineRecord[] = [];
      if (!options.dryRun) {
        for (const line of fresh) added.push(await addLine(stores, pool, line, options, decision));
      }
      return {
        added,
        known: listed.length - fresh.length,
        wouldAdd: fresh.map(({ phoneNumber }) => phoneNumber),
      };
    });
  }
}

/** Makes the line's row, and for one that carried traffic before, the day that says so. */
export async function addLine(
  stores: Stores,
  pool: PoolRecord,
  listed: ProviderLine,
  input: Omit<NewLine, 'phoneNumber'>,
  decision: Decision,
): Promise<LineRecord> {
  const { now, policy } = decision;
  const budgetPerDay = input.budgetPerDay ?? policy.budget.messagesPerLinePerDay;
  const mature = input.start === 'mature';
  const carried = Math.min(input.carriedPerDay ?? budgetPerDay, budgetPerDay);
  const line: LineRecord = {
    id: decision.newId(),
    poolId: pool.id,
    phoneNumber: listed.phoneNumber,
    managed: input.managed,
    adminState: mature ? 'enabled' : 'warming',
    adminStateBy: decision.by.kind,
    adminReason: input.reason,
    health: 'healthy',
    healthReason: null,
    providerStatus: listed.status ?? 'UNKNOWN',
    providerStatusAt: null,
    reputation: listed.reputation ?? 'UNKNOWN',
    reputationSeenAt: listed.reputation === null ? null : now,
    budgetPerDay,
    goodDays: mature ? goodDaysForCap(carried, budgetPerDay, policy) : 0,
    warmingUntil: mature ? null : now + policy.warming.days * DAY_MS,
    activatedAt: mature ? now - MATURE_AGE_MS : null,
    ejectedAt: null,
    ejections: 0,
    bannedUntil: null,
    rampHoldUntil: null,
    drainDeadline: null,
    users: 0,
    meanMilli: 0,
    varianceMilli: 0,
    fallbackUsers: 0,
    epoch: 1,
    providerLineId: listed.providerLineId,
    listedAt: now,
    newUsersToday: 0,
    newUsersDay: '',
    contactCardActive: false,
    createdAt: now,
    updatedAt: now,
  };
  await stores.lines.insert(line);
  if (mature) await recordCarried(stores, pool, line, carried, decision);
  await announce(stores, decision, 'line.registered', { lineId: line.id, start: input.start });
  await audit(stores, decision, {
    action: 'line.register',
    subjectType: 'line',
    subjectId: line.id,
    reason: input.reason,
    change: { start: input.start, managed: input.managed, budgetPerDay, carriedPerDay: mature ? carried : 0 },
  });
  return line;
}

/** A line that is said to be mature is taken to be older than the week in which young lines are spared. */
const MATURE_AGE_MS = 30 * DAY_MS;

/** The spike guard looks at recent days: an imported line has one, with what it is said to have carried. */
async function recordCarried(
  stores: Stores,
  pool: PoolRecord,
  line: LineRecord,
  carried: number,
  decision: Decision,
): Promise<void> {
  const half = Math.floor(carried / 2);
  const yesterday = decision.now - DAY_MS;
  const closed = await stores.usage.closeLineDay({
    lineId: line.id,
    day: budgetDay(yesterday, pool.timeZone, decision.policy.budget.dayStartHour),
    in: half,
    out: carried - half,
    recipients: 0,
    replied: 0,
    failures: 0,
    optOuts: 0,
    capBefore: line.budgetPerDay,
    capAfter: line.budgetPerDay,
    outcome: 'imported',
    reasons: [`carried ${carried} messages a day before it came here`],
    closedAt: decision.now,
  });
  invariant(closed, 'a new line has no closed day');
}
