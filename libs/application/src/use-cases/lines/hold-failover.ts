import { DAY_MS, whyCannotSend } from '@linekeeper/domain';
import type { FailoverRecord, LineRecord, Stores } from '../../ports';
import { announce, contagionNow, type Decision } from '../shared';

/** What moves people because we want it, and not because they cannot stay. */
const OF_OUR_WILL: readonly FailoverRecord['cause'][] = ['drain', 'replace', 'maintenance'];
const OF_NEED: readonly FailoverRecord['cause'][] = ['flagged', 'operator', 'inferred'];

/**
 * Pauses what we move people for by our own will while the pool has other troubles, and lets it go on when they are over:
 * a line that its people go to has weakened, a lost line is being emptied, several lines were flagged. Whom a lost line
 * cannot serve is moved all the same. Answers whether it may work now. Call it under the pool's lock.
 */
export async function mayMove(
  stores: Stores,
  failover: FailoverRecord,
  line: LineRecord,
  decision: Decision,
): Promise<boolean> {
  const { state, heldBecause } = failover;
  const isHeld = state === 'paused' && heldBecause !== null;
  if (state !== 'running' && !isHeld) return false;
  if (!OF_OUR_WILL.includes(failover.cause)) return state === 'running';
  const why = await whyHeld(stores, failover, line, decision);
  if (why === heldBecause) return why === null;
  const next = why === null ? 'running' : 'paused';
  await stores.failovers.change(failover.id, { state: next, heldBecause: why }, decision.now);
  await announce(stores, decision, 'failover.changed', {
    failoverId: failover.id,
    state: next,
    ...(why === null ? {} : { heldBecause: why }),
  });
  return why === null;
}

async function whyHeld(
  stores: Stores,
  failover: FailoverRecord,
  line: LineRecord,
  decision: Decision,
): Promise<string | null> {
  // Past its deadline nothing is held: it was given one because people cannot stay longer.
  if (failover.deadline !== null && decision.now >= failover.deadline) return null;
  // Nor is what must be emptied since the line itself was lost.
  if (line.health === 'ejected') return null;
  if (await contagionNow(stores, decision)) return 'several lines were flagged within a day';
  const open = await stores.failovers.list({
    limit: 100,
    states: ['planned', 'running', 'paused'],
    poolIds: [line.poolId],
  });
  if (open.some(({ cause, lineId }) => lineId !== line.id && OF_NEED.includes(cause))) {
    return 'people of a lost line go first';
  }
  const targets = await stores.failovers.targetsSince(failover.id, decision.now - DAY_MS);
  const weak = (await stores.lines.byIds(targets)).filter(isWeak);
  return weak.length === 0 ? null : 'a line that its people go to has weakened';
}

/** Whether it moves people who cannot stay. */
export function isOfNeed({ cause }: Pick<FailoverRecord, 'cause'>): boolean {
  return OF_NEED.includes(cause);
}

/** Whether a line should be left to itself for a while. */
export function isWeak(line: LineRecord): boolean {
  return whyCannotSend(line, 'introduction') !== null || line.reputation === 'AT_RISK';
}
