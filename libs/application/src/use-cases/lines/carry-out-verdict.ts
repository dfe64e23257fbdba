import { evidenceShareOf, type LineVerdict, mayEjectByInference } from '@linekeeper/domain';
import type { EvidenceRecord, LineRecord, Stores } from '../../ports';
import { announce, audit, type Decision, isFrozen, lastFour, mayAct, note } from '../shared';
import { stepLine } from './step-line';

/** What is held against a line, and what follows. */
export interface Finding {
  readonly line: LineRecord;
  readonly held: EvidenceRecord;
  /** What was held against it before this run: what is new is said once. */
  readonly known: EvidenceRecord;
  readonly verdict: LineVerdict;
  readonly perDay: number;
}

/** What came of the verdict, when anything did. */
export async function carryOut(
  stores: Stores,
  { line, held, known, verdict, perDay }: Finding,
  lines: readonly LineRecord[],
  decision: Decision,
): Promise<'suspected' | 'ejected' | 'cleared' | null> {
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
  // While the fleet is frozen only replies leave anyhow; the next look after it judges again.
  if (suspected && line.health === 'healthy' && !(await isFrozen(stores))) {
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
