import { type CardProfile, cardVersion, renderVCard } from '@linekeeper/domain';
import type { AssignmentRecord, CardRecord, LineRecord, PoolRecord, Stores } from '../../ports';
import type { Decision } from '../shared';

/** Who the pool's card says it is. */
export function profileOf(pool: PoolRecord): CardProfile {
  const stored = pool.cardProfile as Omit<CardProfile, 'poolId' | 'revisedAt'>;
  return { ...stored, poolId: pool.id, revisedAt: new Date(pool.cardRevisedAt).toISOString() };
}

/** The lines of an assignment in card order: primary, then fallbacks. */
export async function cardLines(
  stores: Stores,
  assignment: AssignmentRecord,
): Promise<{ primary: LineRecord; fallbacks: LineRecord[] }> {
  const lines = new Map(
    (await stores.lines.list({ poolId: assignment.poolId })).map((l) => [l.id, l]),
  );
  const primary = lines.get(assignment.lineId);
  if (!primary) throw new Error(`The line ${assignment.lineId} of an assignment is gone`);
  return { primary, fallbacks: assignment.fallbackLineIds.flatMap((id) => lines.get(id) ?? []) };
}

/** The card of an assignment, made when nobody has had these numbers yet. Idempotent. */
export async function cardFor(
  stores: Stores,
  pool: PoolRecord,
  lines: { readonly primary: LineRecord; readonly fallbacks: readonly LineRecord[] },
  decision: Decision,
): Promise<CardRecord> {
  const profile = profileOf(pool);
  const numbers = [lines.primary, ...lines.fallbacks].map(({ phoneNumber }) => phoneNumber);
  const version = cardVersion(profile, numbers);
  const known = await stores.cards.byVersion(version);
  if (known) return known;
  const card = {
    version,
    poolId: pool.id,
    numbers,
    vcf: renderVCard(profile, numbers),
    createdAt: decision.now,
  };
  await stores.cards.keep(card);
  return card;
}
