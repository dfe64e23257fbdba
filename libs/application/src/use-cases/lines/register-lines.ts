import { Injectable } from '@nestjs/common';
import { budgetDay, DAY_MS, goodDaysForCap, type ReadinessCheck } from '@linekeeper/domain';
import type { Actor } from '../../actor';
import {
  type ApiVersion,
  HandleParser,
  type LineRecord,
  MessagingProvider,
  type PoolRecord,
  type ProviderLine,
  speaking,
  type Stores,
  UnitOfWork,
} from '../../ports';
import { Refusal } from '../../refusal';
import {
  announce,
  audit,
  type Decision,
  Decisions,
  EVERY_POOL,
  fitPods,
  poolFor,
  type PoolScope,
  sees,
} from '../shared';

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
  /** Which version of the provider's API it speaks: that one must list it. */
  readonly apiVersion: ApiVersion;
  /** What only the operator knows, and may waive, of the list that is gone through before it goes into service. */
  readonly wantedForwarding?: string | null | undefined;
  readonly autoTyping?: 'on' | 'off' | undefined;
  readonly waivedChecks?: readonly ReadinessCheck[] | undefined;
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
  async register(input: NewLine, actor: Actor, scope: PoolScope = EVERY_POOL): Promise<LineRecord> {
    const parsed = this.handles.parse(input.phoneNumber);
    if (parsed?.kind !== 'phone') {
      throw new Refusal('handle.invalid', 'phoneNumber: not a phone number like +14155550123');
    }
    const listed = (await this.provider.listLines(input.apiVersion)).find(
      ({ phoneNumber }) => phoneNumber === parsed.value,
    );
    if (!listed) {
      throw new Refusal(
        'line.not_at_provider',
        `The provider does not list this number for the account on ${input.apiVersion.toUpperCase()}`,
      );
    }
    const decision = await this.decisions.begin(actor);
    return this.unitOfWork.run(async (stores) => {
      const pool = await poolFor(stores, input.pool, scope);
      await stores.pools.lock(pool.id);
      const known = await stores.lines.byPhoneNumber(listed.phoneNumber);
      // Whoever is held to pools takes no line over that is watched in another one.
      if (known && (known.managed || !input.managed || !sees(scope, known.poolId))) {
        throw new Refusal('line.exists', 'That number is a line of the fleet already');
      }
      const line = known
        ? await takeOver(stores, pool, known, input, decision)
        : await addLine(stores, pool, listed, input, decision);
      await fitPods(stores, pool, decision);
      return line;
    });
  }

  /** Every listed number that is not managed yet. `dryRun` says which they are. */
  async importAll(
    options: Omit<NewLine, 'phoneNumber'> & { readonly dryRun: boolean },
    actor: Actor,
  ): Promise<{ added: LineRecord[]; known: number; wouldAdd: string[] }> {
    const listed = await this.provider.listLines(options.apiVersion);
    const decision = await this.decisions.begin(actor);
    return this.unitOfWork.run(async (stores) => {
      const pool = await poolFor(stores, options.pool);
      await stores.pools.lock(pool.id);
      const lines = new Map((await stores.lines.list()).map((line) => [line.phoneNumber, line]));
      const fresh = listed.filter(({ phoneNumber }) => {
        const known = lines.get(phoneNumber);
        return !known || (!known.managed && options.managed);
      });
      const added: LineRecord[] = [];
      for (const line of options.dryRun ? [] : fresh) {
        const known = lines.get(line.phoneNumber);
        added.push(
          known
            ? await takeOver(stores, pool, known, options, decision)
            : await addLine(stores, pool, line, options, decision),
        );
      }
      if (added.length > 0) await fitPods(stores, pool, decision);
      return {
        added,
        known: listed.length - fresh.length,
        wouldAdd: fresh.map(({ phoneNumber }) => phoneNumber),
      };
    });
  }
}

/** How a line begins its life here. */
function beginning(input: Omit<NewLine, 'phoneNumber'>, decision: Decision) {
  const { now, policy } = decision;
  const budgetPerDay = input.budgetPerDay ?? policy.budget.messagesPerLinePerDay;
  const mature = input.start === 'mature';
  const carried = Math.min(input.carriedPerDay ?? budgetPerDay, budgetPerDay);
  return {
    carried: mature ? carried : 0,
    columns: {
      managed: input.managed,
      adminState: mature ? 'enabled' : 'warming',
      adminStateBy: decision.by.kind,
      adminReason: input.reason,
      budgetPerDay,
      goodDays: mature ? goodDaysForCap(carried, budgetPerDay, policy) : 0,
      warmingUntil: mature ? null : now + policy.warming.days * DAY_MS,
      activatedAt: mature ? now - MATURE_AGE_MS : null,
      wantedForwarding: input.wantedForwarding ?? null,
      autoTyping: input.autoTyping ?? null,
      waivedChecks: input.waivedChecks ?? [],
    },
  } as const;
}

/** Makes the line's row, and for one that carried traffic before, the day that says so. */
export async function addLine(
  stores: Stores,
  pool: PoolRecord,
  listed: ProviderLine,
  input: Omit<NewLine, 'phoneNumber'>,
  decision: Decision,
): Promise<LineRecord> {
  const { now } = decision;
  const { columns, carried } = beginning(input, decision);
  const line: LineRecord = {
    ...columns,
    id: decision.newId(),
    poolId: pool.id,
    phoneNumber: listed.phoneNumber,
    health: 'healthy',
    healthBy: decision.by.kind,
    healthReason: null,
    providerStatus: listed.status ?? 'UNKNOWN',
    providerStatusAt: null,
    reputation: listed.reputation ?? 'UNKNOWN',
    reputationSeenAt: listed.reputation === null ? null : now,
    ejectedAt: null,
    ejections: 0,
    bannedUntil: null,
    rampHoldUntil: null,
    drainDeadline: null,
    maintenanceMode: null,
    maintenanceFrom: null,
    maintenanceClosesAt: null,
    maintenanceUntil: null,
    maintenanceResume: null,
    maintenanceEndedAt: null,
    users: 0,
    meanMilli: 0,
    varianceMilli: 0,
    fallbackUsers: 0,
    epoch: 1,
    providerLineId: listed.providerLineId,
    listedAt: now,
    newUsersToday: 0,
    newUsersDay: '',
    budgetBand: 0,
    contactCardActive: false,
    capability: null,
    capabilityAt: null,
    forwardingNumber: listed.forwardingNumber,
    missingSince: null,
    successorId: null,
    apiVersion: input.apiVersion,
    earlierVersions: [],
    createdAt: now,
    updatedAt: now,
  };
  await stores.lines.insert(line);
  await told(stores, pool, line, input, carried, decision);
  return line;
}

/**
 * A line that was only watched so far goes into management, with its history, and into the pool that was named. Where
 * people stand on it already they stay in theirs, so it cannot leave: refuses `line.exists`.
 */
export async function takeOver(
  stores: Stores,
  pool: PoolRecord,
  line: LineRecord,
  input: Omit<NewLine, 'phoneNumber'>,
  decision: Decision,
): Promise<LineRecord> {
  const { columns, carried } = beginning(input, decision);
  const spoken = speaking(line, input.apiVersion, decision.now);
  if (line.poolId !== pool.id && line.users + line.fallbackUsers > 0) {
    throw new Refusal('line.exists', 'That number is watched in another pool, with people on it');
  }
  await stores.lines.change(
    line.id,
    { ...columns, ...spoken, poolId: pool.id },
    { at: decision.now, raiseEpoch: true },
  );
  const taken = { ...line, ...columns, ...spoken, poolId: pool.id, epoch: line.epoch + 1 };
  await told(stores, pool, taken, input, carried, decision);
  return taken;
}

async function told(
  stores: Stores,
  pool: PoolRecord,
  line: LineRecord,
  input: Omit<NewLine, 'phoneNumber'>,
  carried: number,
  decision: Decision,
): Promise<void> {
  if (carried > 0) await recordCarried(stores, pool, line, carried, decision);
  await announce(stores, decision, 'line.registered', { lineId: line.id, start: input.start });
  await audit(stores, decision, {
    action: 'line.register',
    subjectType: 'line',
    subjectId: line.id,
    reason: input.reason,
    change: {
      start: input.start,
      managed: input.managed,
      apiVersion: input.apiVersion,
      budgetPerDay: line.budgetPerDay,
      carriedPerDay: carried,
    },
  });
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
  // Where that day was closed already, what was seen of it stands.
  await stores.usage.closeLineDay({
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
}
