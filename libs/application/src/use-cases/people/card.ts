import {
  at,
  type CardIdentity,
  type CardNumbers,
  type CardProfile,
  cardVersion,
  renderVCard,
} from '@linekeeper/domain';
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
  const [version] = await cardsFor(stores, pool, [numbersOf(lines)], decision);
  return { version: version ?? '' };
}

/** The same for many at once: the version for each list of numbers, in their order. */
export async function cardsFor(
  stores: Stores,
  pool: PoolRecord,
  wanted: readonly CardNumbers[],
  decision: Decision,
): Promise<string[]> {
  const identity = identityOf(pool);
  const versions = wanted.map((numbers) => cardVersion(identity, numbers));
  const unmade = await stores.cards.unmade([...new Set(versions)]);
  if (unmade.length > 0) {
    const photo = await photoOf(stores, identity.photoId);
    const cards = unmade.map((version): CardRecord => {
      const numbers = at(wanted, versions.indexOf(version));
      const vcf = renderVCard(identity, numbers, photo);
      return { version, poolId: pool.id, numbers, vcf, createdAt: decision.now };
    });
    await stores.cards.keep(cards);
  }
  return versions;
}

/** The numbers in the order of the card. */
export function numbersOf({ primary, fallbacks }: CardLines): CardNumbers {
  return [primary, ...fallbacks].map(({ phoneNumber }) => phoneNumber);
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
