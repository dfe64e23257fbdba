import {
  type DisruptionBlock,
  type LifecycleVerb,
  type LineReadiness,
  whyNotDisrupted,
  whyNotEjected,
} from '@linekeeper/domain';
import type { LineRecord, PoolRecord, Stores } from '../../ports';
import { Refusal } from '../../refusal';
import { contagionNow, type Decision, forAdmission, poolOf, viewsOf } from '../shared';
import { readinessOfLines } from './check-line';
import type { StepRequest } from './step-request';

/** Verbs that take a line out by somebody's will, and move its people. */
const MOVING: readonly LifecycleVerb[] = ['drain', 'replace'];

/** The list of what has to be good before `activate`, with what this request waives. Refuses `line.not_ready`. */
export async function guardActivation(
  stores: Stores,
  line: LineRecord,
  { waive = [] }: StepRequest,
  { policy }: Decision,
): Promise<{ readiness: LineReadiness; waivedChecks: readonly string[] }> {
  const waivedChecks = [...new Set([...line.waivedChecks, ...waive])];
  const readiness = (await readinessOfLines(stores, [{ ...line, waivedChecks }], policy)).get(
    line.id,
  ) ?? { ready: true, items: [] };
  if (!readiness.ready) {
    const open = readiness.items.filter(({ state }) => state === 'missing' || state === 'failed');
    throw new Refusal(
      'line.not_ready',
      `Not ready: ${open.map(({ check }) => check).join(', ')}. Mend it, or waive it with a reason`,
      { open, readiness: readiness.items },
    );
  }
  return { readiness, waivedChecks };
}

/**
 * What the disruption budget has against an operator's step; null when nothing has. Refuses `line.disruption_budget` with
 * the blocking rule, unless the request overrides it: then the rule is answered, for the audit.
 */
export async function guardDisruption(
  stores: Stores,
  line: LineRecord,
  request: StepRequest,
  decision: Decision,
): Promise<DisruptionBlock | null> {
  if (decision.by.kind !== 'operator') return null;
  const block = await blockOf(stores, line, request, decision);
  if (block !== null && request.override !== true) {
    throw new Refusal('line.disruption_budget', block.detail, { rule: block.rule });
  }
  return block;
}

async function blockOf(
  stores: Stores,
  line: LineRecord,
  request: StepRequest,
  decision: Decision,
): Promise<DisruptionBlock | null> {
  const { verb, window } = request;
  const isEjection = verb === 'mark-flagged' || verb === 'fail-over';
  const isRest = verb === 'maintenance';
  if (!isEjection && !isRest && !MOVING.includes(verb)) return null;
  const pool = await poolOf(stores, line.poolId);
  const lines = forAdmission(await viewsOf(stores, pool, decision));
  if (isEjection) {
    return line.health === 'ejected' ? null : whyNotEjected(line.id, lines, decision.policy);
  }
  return whyNotDisrupted(
    {
      now: decision.now,
      lineId: line.id,
      movesPeople: !isRest || window?.mode === 'reroute',
      from: window?.from ?? decision.now,
      until: window?.until ?? null,
      lines,
      contagion: await contagionNow(stores, decision),
      failingOver: await failingOver(stores, pool),
      movesPerHour: request.movesPerHour ?? null,
      deadline: request.deadline ?? null,
    },
    decision.policy,
  );
}

/** Lost lines of the pool whose people are still being moved. */
async function failingOver(stores: Stores, pool: PoolRecord): Promise<string[]> {
  const open = await stores.failovers.list({
    limit: 100,
    states: ['planned', 'running', 'paused'],
    poolIds: [pool.id],
  });
  const lost = ['flagged', 'operator', 'inferred'];
  return open.filter(({ cause }) => lost.includes(cause)).map(({ lineId }) => lineId);
}
