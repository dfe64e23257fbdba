import { Injectable } from '@nestjs/common';
import {
  badRatesOf,
  DAY_MS,
  type EpochMs,
  evidenceShareOf,
  HOUR_MS,
  judgeLine,
  type LineVerdict,
  mayEjectByInference,
  NO_SUSPICION,
  panicSince,
  SECOND_MS,
  takeOutcome,
} from '@linekeeper/domain';
import { automation } from '../../actor';
import {
  type EvidenceRecord,
  type LineRecord,
  type PoolRecord,
  type RecipientOutcome,
  type Stores,
  UnitOfWork,
} from '../../ports';
import {
  alarmsOf,
  announce,
  audit,
  type Decision,
  Decisions,
  isFrozen,
  lastFour,
  mayAct,
  note,
} from '../shared';
import { shedLoad } from './brown-out';
import { Canary, canaryOf } from './canary';
import { stepLine } from './step-line';

export interface WatchReport {
  readonly suspected: number;
  readonly ejected: number;
  readonly cleared: number;
}

const ACTOR = automation('watch-lines');
/** Judging looks at a day of outcomes: a line that is found some seconds later has sent a message more or two. */
const PAUSE_MS = 10 * SECOND_MS;

/**
 * Judges lines by how their messages end, before the provider says anything: the noted outcomes of distinct recipients
 * are added up, a line that has too much against it takes no new people and sends replies only, and one with
 * overwhelming evidence, or whose canary fails, is ejected like a flagged one. Everything stands in the database and
 * each outcome is taken once, under the lock of its pool.
 */
@Injectable()
export class WatchLines {
  private judgedAt: EpochMs = -Infinity;

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly decisions: Decisions,
    private readonly canary: Canary,
  ) {}

  /** Runs when outcomes have come in that nobody has taken yet, every few seconds at most. Cheap when none have. */
  async takeUp(): Promise<void> {
    const { now } = await this.decisions.begin(ACTOR);
    if (now - this.judgedAt < PAUSE_MS) return;
    if (await this.unitOfWork.read.evidence.isPending()) await this.judge(judgePool);
  }

  /** The same, and what takes time to tell: canaries, and lines that have been clean for long enough. */
  async execute(): Promise<WatchReport> {
    await this.canary.send(await this.decisions.begin(ACTOR));
    const report = await this.judge(async (stores, pool, decision) => {
      const found = await judgePool(stores, pool, decision);
      await shedLoad(stores, pool, decision);
      return found;
    });
    const { now, policy } = await this.decisions.begin(ACTOR);
    const windowMs = policy.health.detection.recipientHours * HOUR_MS;
    await this.unitOfWork.read.evidence.forget(now - 2 * windowMs);
    return report;
  }

  private async judge(work: typeof judgePool): Promise<WatchReport> {
    const total = { suspected: 0, ejected: 0, cleared: 0 };
    for (const pool of await this.unitOfWork.read.pools.list()) {
      const decision = await this.decisions.begin(ACTOR);
      this.judgedAt = decision.now;
      const report = await this.unitOfWork.run((stores) => work(stores, pool, decision));
      total.suspected += report.suspected;
      total.ejected += report.ejected;
      total.cleared += report.cleared;
    }
    return total;
  }
}

async function judgePool(
  stores: Stores,
  pool: PoolRecord,
  decision: Decision,
): Promise<WatchReport> {
  await stores.pools.lock(pool.id);
  const { now, policy } = decision;
  const fleet = await stores.lines.list();
  const lines = fleet.filter(({ poolId }) => poolId === pool.id);
  const knownBefore = new Map((await stores.evidence.list()).map((each) => [each.lineId, each]));
  const records = new Map(knownBefore);
  const outcomes = groupByLine(await stores.evidence.take(lines.map(({ id }) => id)));
  const shares = await stores.evidence.shares(now - DAY_MS);
  const rates = badRatesOf(healthyShare(fleet, shares), policy);
  const perDay = (lineId: string): number => {
    const { good, bad } = shares.get(lineId) ?? { good: 0, bad: 0 };
    return good + bad;
  };
  const before = panicSince(alarmsOf([...records.values()], fleet), now, policy);
  for (const line of lines) {
    const held = records.get(line.id) ?? nothingAgainst(line.id);
    const next = takeIn(held, line, outcomes.get(line.id) ?? [], (suspicion, outcome) =>
      takeOutcome(suspicion, outcome, rates, perDay(line.id), policy),
    );
    records.set(line.id, next);
  }
  const alarms = alarmsOf([...records.values()], fleet);
  const panic = panicSince(alarms, now, policy);
  if (panic !== null) {
    // It is not the lines that are sick: whoever is really sick is found again once this is over.
    for (const { id } of lines) {
      const held = records.get(id);
      if (held) records.set(id, { ...held, ...NO_SUSPICION });
    }
    if (before === null) {
      await announce(stores, decision, 'fleet.panic', {
        lineIds: alarms.map(({ lineId }) => lineId),
        reason: 'unrelated lines alarm at once: nobody is ejected or moved, and only replies leave',
      });
    }
  }
  const canary = await canaryOf(stores, decision);
  const report = { suspected: 0, ejected: 0, cleared: 0 };
  for (const line of lines) {
    const held = records.get(line.id) ?? nothingAgainst(line.id);
    const verdict = judgeLine(
      { flagged: line.providerStatus === 'FLAGGED', canary: canary(line.id), suspicion: held },
      now,
      policy,
    );
    const known = knownBefore.get(line.id) ?? nothingAgainst(line.id);
    const found: Finding = { line, held, known, verdict, perDay: perDay(line.id) };
    const done = await carryOut(stores, found, lines, decision);
    if (done !== null) report[done] += 1;
    const over = done === 'ejected' || done === 'cleared' || line.health === 'ejected';
    records.set(line.id, over ? { ...held, ...NO_SUSPICION } : held);
  }
  const touched = lines.flatMap(({ id }) => {
    const record = records.get(id);
    return record && (record.evidence > 0 || record.silence > 0 || record.alarmedAt !== null)
      ? [record]
      : [];
  });
  await stores.evidence.save(touched, now);
  if (panic !== null) await shedLoad(stores, pool, decision);
  return report;
}

interface Finding {
  readonly line: LineRecord;
  readonly held: EvidenceRecord;
  /** What was held against it before this run: what is new is said once. */
  readonly known: EvidenceRecord;
  readonly verdict: LineVerdict;
  readonly perDay: number;
}

/** What came of the verdict, when anything did. */
async function carryOut(
  stores: Stores,
  { line, held, known, verdict, perDay }: Finding,
  lines: readonly LineRecord[],
  decision: Decision,
): Promise<keyof WatchReport | null> {
  if (!line.managed || line.adminState === 'retired' || line.health === 'ejected') return null;
  const reason = `${verdict.reason}; ${perDay} recipients a day`;
  const wanted = verdict.verdict === 'eject' && held.suspectSince !== null;
  const isNew = known.suspectSince === null;
  if (wanted && (await mayEject(stores, { line, reason, isNew }, lines, decision))) {
    const request = { lineId: line.id, verb: 'mark-flagged', reason, dryRun: false } as const;
    await stepLine(stores, request, decision);
    tell(stores, decision, line, 'ejected', reason, held, perDay);
    return 'ejected';
  }
  const suspected = verdict.verdict !== 'healthy' && held.suspectSince !== null;
  if (suspected && line.health === 'healthy') {
    const wouldBe = { event: 'line.suspect', data: { lineId: line.id, reason } } as const;
    if (!(await mayAct(stores, decision, 'ejection', isNew ? wouldBe : null))) return null;
    await changeHealth(stores, line, 'suspect', reason, decision);
    await announce(stores, decision, 'line.suspect', { lineId: line.id, reason });
    tell(stores, decision, line, 'suspect', reason, held, perDay);
    return 'suspected';
  }
  if (verdict.verdict === 'healthy' && line.health === 'suspect') {
    await changeHealth(stores, line, 'healthy', reason, decision);
    await announce(stores, decision, 'line.recovered', { lineId: line.id, health: 'healthy' });
    tell(stores, decision, line, 'healthy', reason, held, perDay);
    return 'cleared';
  }
  return null;
}

/** Inference takes few lines at a time, and none while an operator has frozen the fleet. */
async function mayEject(
  stores: Stores,
  found: { readonly line: LineRecord; readonly reason: string; readonly isNew: boolean },
  lines: readonly LineRecord[],
  decision: Decision,
): Promise<boolean> {
  const { line, reason, isNew } = found;
  if (await isFrozen(stores)) return false;
  const active = lines.filter((each) => each.managed && each.adminState === 'enabled');
  const current = await stores.lines.list({ poolId: line.poolId });
  const ejectedByInference = current.filter(
    ({ health, healthBy }) => health === 'ejected' && healthBy === 'automation',
  ).length;
  if (!mayEjectByInference({ ejectedByInference, lines: active.length }, decision.policy)) {
    return false;
  }
  const wouldBe = { event: 'line.ejected', data: { lineId: line.id, reason } } as const;
  return mayAct(stores, decision, 'ejection', isNew ? wouldBe : null);
}

async function changeHealth(
  stores: Stores,
  line: LineRecord,
  health: 'suspect' | 'healthy',
  reason: string,
  decision: Decision,
): Promise<void> {
  await stores.lines.change(
    line.id,
    { health, healthBy: 'automation', healthReason: reason },
    { at: decision.now, raiseEpoch: true },
  );
  await audit(stores, decision, {
    action: `line.${health}`,
    subjectType: 'line',
    subjectId: line.id,
    reason,
    change: { from: { health: line.health }, to: { health } },
  });
}

function tell(
  stores: Stores,
  decision: Decision,
  line: LineRecord,
  outcome: string,
  reason: string,
  held: EvidenceRecord,
  perDay: number,
): void {
  const { evidence, silence, goodSince } = held;
  const share = evidenceShareOf(held, perDay, decision.policy);
  note(stores, decision, {
    kind: 'health',
    outcome,
    lineId: line.id,
    line: lastFour(line.phoneNumber),
    reasons: [reason],
    inputs: { evidence, silence, goodSince, perDay, share },
  });
}

/** Adds the outcomes up. What an ejected line does says nothing any more, and an unmanaged one is not ours to judge. */
function takeIn(
  held: EvidenceRecord,
  line: LineRecord,
  outcomes: readonly RecipientOutcome[],
  take: (
    held: EvidenceRecord,
    outcome: RecipientOutcome,
  ) => Omit<EvidenceRecord, 'lineId' | 'alarmedAt'>,
): EvidenceRecord {
  if (!line.managed || line.health === 'ejected') return held;
  let next = held;
  for (const outcome of outcomes) {
    const taken = { ...next, ...take(next, outcome) };
    const alarms = next.suspectSince === null && taken.suspectSince !== null;
    next = alarms ? { ...taken, alarmedAt: taken.suspectSince } : taken;
  }
  return next;
}

/** The share of bad recipients on lines that nothing is held against: what is usual now. */
function healthyShare(
  lines: readonly LineRecord[],
  shares: ReadonlyMap<string, { good: number; bad: number }>,
): number {
  let [good, bad] = [0, 0];
  for (const line of lines) {
    const share = line.health === 'healthy' ? shares.get(line.id) : undefined;
    good += share?.good ?? 0;
    bad += share?.bad ?? 0;
  }
  return good + bad === 0 ? 0 : bad / (good + bad);
}

function nothingAgainst(lineId: string): EvidenceRecord {
  return { ...NO_SUSPICION, lineId, alarmedAt: null };
}

function groupByLine(outcomes: readonly RecipientOutcome[]): Map<string, RecipientOutcome[]> {
  const groups = new Map<string, RecipientOutcome[]>();
  for (const outcome of outcomes) {
    const group = groups.get(outcome.lineId);
    if (group) group.push(outcome);
    else groups.set(outcome.lineId, [outcome]);
  }
  return groups;
}
