import { type AdminState, keepPods, openPod, type RingLine } from '@linekeeper/domain';
import type { LineRecord, PoolRecord, Stores } from '../../ports';
import type { Decision } from './decision';

/** A line that is out for a while stays on its cards; one that warms or leaves is on none. */
const ON_CARDS: readonly AdminState[] = ['enabled', 'cordoned', 'maintenance'];

/** Whether a line may stand on the cards of new users. */
export function isOnCards(line: Pick<LineRecord, 'managed' | 'adminState'>): boolean {
  return line.managed && ON_CARDS.includes(line.adminState);
}

/**
 * Fits a pool's pods to its lines, whatever changed them. Nothing is written when nothing has. Call it under the
 * pool's lock, after every change of a line's admin state, pool or management.
 */
export async function fitPods(
  stores: Stores,
  pool: Pick<PoolRecord, 'id'>,
  decision: Decision,
): Promise<void> {
  const lines = ringLinesOf((await stores.lines.list({ poolId: pool.id })).filter(isOnCards));
  const pods = await stores.pods.ofPool(pool.id);
  const plan = keepPods(pods, lines, decision.policy);
  const opened = [
    ...plan.kept.filter((pod) => !pods.includes(pod)),
    ...plan.opened.map((group) => openPod(decision.newId(), group, decision.policy)),
  ];
  if (opened.length + plan.closed.length === 0) return;
  await stores.pods.replace(pool.id, { closed: plan.closed, opened }, decision.now);
}

/**
 * Lines with what they share their fate with: the area code, and the day on which they came, because numbers that were
 * bought together come together. What every line shares tells them apart by nothing and is left out.
 */
export function ringLinesOf(
  lines: readonly Pick<LineRecord, 'id' | 'phoneNumber' | 'createdAt'>[],
): RingLine[] {
  const labelled = lines.map(({ id, phoneNumber, createdAt }) => ({
    id,
    labels: [
      `area:${phoneNumber.slice(0, AREA_DIGITS)}`,
      `batch:${new Date(createdAt).toISOString().slice(0, 10)}`,
    ],
  }));
  const isShared = (label: string): boolean =>
    labelled.every(({ labels }) => labels.includes(label));
  return labelled.map(({ id, labels }) => ({
    id,
    failureDomains: labels.filter((label) => !isShared(label)),
  }));
}

/** The plus sign, a country code of one digit and an area code of three; of other countries about as much. */
const AREA_DIGITS = 5;
