import { type CardIdentity, type CardProfile, cardVersion, renderVCard } from '@linekeeper/domain';
import type {
  AssignmentRecord,
  CardRecord,
  LineRecord,
  PoolRecord,
  PublicAddress,
  Stores,
} from '../../ports';
import type { Decision } from '../shared';

/** The photo of a pool's cards, named by its content. */
export interface PhotoReference {
  readonly id: string;
  readonly octets: number;
  /** Pixels. */
  readonly side: number;
}

/** What a pool keeps of its cards. */
export interface StoredCardProfile extends CardProfile {
  readonly photo?: PhotoReference;
}

export function storedProfileOf(pool: Pick<PoolRecord, 'cardProfile'>): StoredCardProfile {
  return pool.cardProfile as StoredCardProfile;
}

/** Who the pool's card says it is. */
export function identityOf(
  pool: Pick<PoolRecord, 'id' | 'cardProfile' | 'cardRevisedAt'>,
): CardIdentity {
  const { photo, ...profile } = storedProfileOf(pool);
  return {
    poolId: pool.id,
    profile,
    photoId: photo?.id ?? null,
    // Readers of REV know whole seconds for sure.
    revisedAt: `${new Date(pool.cardRevisedAt).toISOString().slice(0, 19)}Z`,
  };
}

/** Lines in the order of a card. */
export interface CardLines {
  readonly primary: LineRecord;
  readonly fallbacks: readonly LineRecord[];
}

/** The lines of an assignment in card order: primary, then fallbacks. No card gives a number that is gone for good. */
export async function cardLines(stores: Stores, assignment: AssignmentRecord): Promise<CardLines> {
  const { lineId, fallbackLineIds } = assignment;
  return cardLinesFrom(await stores.lines.byIds([lineId, ...fallbackLineIds]), assignment);
}

/** The same out of lines that were read already. */
export function cardLinesFrom(
  known: readonly LineRecord[],
  assignment: Pick<AssignmentRecord, 'lineId' | 'fallbackLineIds'>,
): CardLines {
  const lines = new Map(known.map((line) => [line.id, line]));
  const primary = lines.get(assignment.lineId);
  if (!primary) throw new Error(`The line ${assignment.lineId} of an assignment is gone`);
  const fallbacks = assignment.fallbackLineIds.flatMap((id) => lines.get(id) ?? []);
  return { primary, fallbacks: fallbacks.filter(({ adminState }) => adminState !== 'retired') };
}

/**
 * The version of the card of an assignment; the card is made when nobody has had these numbers yet. A card depends on the
 * pool's identity and its ordered numbers alone, so each is rendered once. Idempotent.
 */
export async function cardFor(
  stores: Stores,
  pool: PoolRecord,
  lines: CardLines,
  decision: Decision,
): Promise<Pick<CardRecord, 'version'>> {
  const identity = identityOf(pool);
  const numbers = [lines.primary, ...lines.fallbacks].map(({ phoneNumber }) => phoneNumber);
  const version = cardVersion(identity, numbers);
  if (await stores.cards.has(version)) return { version };
  await stores.cards.keep({
    version,
    poolId: pool.id,
    numbers,
    vcf: renderVCard(identity, numbers, await photoOf(stores, identity.photoId)),
    createdAt: decision.now,
  });
  return { version };
}

/** The photo of this id in base64; null without one. */
export async function photoOf(stores: Stores, photoId: string | null): Promise<string | null> {
  const jpeg = photoId === null ? null : await stores.identities.photo(photoId);
  return jpeg && Buffer.from(jpeg).toString('base64');
}

/** Where the photo of this id can be fetched without a key, by whoever knows its content's name. */
export function photoAddress(address: PublicAddress, photoId: string): string {
  return `${address.url}/card-photos/${photoId}.jpg`;
}
