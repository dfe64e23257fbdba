import {
  badRatesOf,
  DAY_MS,
  judgeLine,
  NO_SUSPICION,
  outcomesPerDay,
  panicSince,
  takeOutcome,
} from '@linekeeper/domain';
import type { EvidenceRecord, LineRecord, PoolRecord, RecipientOutcome, Stores } from '../../ports';
import { alarmsOf, announce, type Decision } from '../shared';
import { shedLoad } from './brown-out';
import { canaryOf } from './canary';
import { carryOut, type Finding } from './carry-out-verdict';

export interface WatchReport {
  readonly suspected: number;
  readonly ejected: number;
  readonly cleared: number;
}

/**
 * Takes in how messages of a pool's lines ended and judges each line. Holds the pool's lock until the transaction
 * ends; every outcome is taken once.
 */
export async function judgePool(
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
  const lineIds = lines.map(({ id }) => id);
  const outcomes = groupByLine(await stores.evidence.take(lineIds));
  const shares = await stores.evidence.shares(now - DAY_MS);
  const weeks = await stores.evidence.recipientsOfWeek(lineIds);
  const rates = badRatesOf(healthyShare(fleet, shares), policy);
  const perDay = (lineId: string): number => {
    const { good, bad } = shares.get(lineId) ?? { good: 0, bad: 0 };
    return outcomesPerDay(good + bad, weeks.get(lineId) ?? 0);
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
  const canary = await canaryOf(stores, fleet, decision);
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
    return record && (knownBefore.has(id) || isAgainst(record)) ? [record] : [];
  });
  await stores.evidence.save(touched, now);
  if (panic !== null) await shedLoad(stores, pool, decision);
  return report;
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

function isAgainst({ evidence, silence, alarmedAt }: EvidenceRecord): boolean {
  return evidence > 0 || silence > 0 || alarmedAt !== null;
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
