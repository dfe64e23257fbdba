import { Injectable } from '@nestjs/common';
import { type CardProfile, cardVersion, cleanProfile, renderVCard } from '@linekeeper/domain';
import { type Actor, PROVIDER_ACTOR } from '../../actor';
import {
  type CardPhoto,
  Digest,
  PhotoProblem,
  PhotoSource,
  PhotoWorkshop,
  type PoolRecord,
  PublicAddress,
  type Stores,
  UnitOfWork,
} from '../../ports';
import { Refusal } from '../../refusal';
import { audit, type Decision, Decisions, type PoolScope, sees } from '../shared';
import {
  identityOf,
  photoAddress,
  type PhotoReference,
  photoOf,
  storedProfileOf,
  type StoredCardProfile,
} from './card';

/** The photo a profile asks for: the one it has, one to fetch, one that comes along, or none. */
export type WantedPhoto =
  { readonly id: string } | { readonly url: string } | { readonly base64: string } | null;

export interface CardProfileChange {
  readonly profile: CardProfile;
  readonly photo: WantedPhoto;
}

/** The card identity of a pool as operators see it. */
export interface CardProfileView {
  readonly poolId: string;
  readonly profile: CardProfile;
  readonly photo: (PhotoReference & { readonly url: string }) | null;
  readonly revisedAt: number;
  /** Changes whenever what the cards show does. */
  readonly revision: string;
}

/** How a card of the pool would look. */
export interface CardPreview {
  readonly vcf: string;
  readonly octets: number;
  readonly numbers: readonly string[];
}

/** Numbers for a preview of a pool without lines: from the range that is kept for examples. */
const EXAMPLES = ['+12025550101', '+12025550102', '+12025550103', '+12025550104'] as const;

/** Who the cards of a pool say we are: shown, changed as a whole, tried out. */
@Injectable()
export class CardProfiles {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly decisions: Decisions,
    private readonly workshop: PhotoWorkshop,
    private readonly source: PhotoSource,
    private readonly digest: Digest,
    private readonly address: PublicAddress,
  ) {}

  async of(poolId: string, scope: PoolScope): Promise<CardProfileView> {
    return this.view(await poolOr404(this.unitOfWork.read, poolId, scope));
  }

  /** The JPEG of a photo that some card carries or carried; null when there is none of this id. */
  photo(id: string): Promise<Uint8Array | null> {
    return this.unitOfWork.read.identities.photo(id);
  }

  /**
   * Changes the whole profile; what is not named is gone. What would look the same changes nothing, so that no card
   * becomes another. Cards that people hold stay valid: their numbers are what counts. Refuses `photo.unfit`,
   * `photo.address`, `photo.unreachable`, and `precondition.stale` when `basedOn` is not the present revision.
   */
  async change(
    poolId: string,
    change: CardProfileChange & { readonly reason: string; readonly basedOn: string | null },
    actor: Actor,
    scope: PoolScope,
  ): Promise<CardProfileView> {
    // Fetched and made before the transaction: it may take seconds.
    const photo = await this.made(change.photo);
    const decision = await this.decisions.begin(actor);
    return this.unitOfWork.run(async (stores) => {
      await stores.pools.lock(poolId);
      const pool = await poolOr404(stores, poolId, scope);
      const { revision } = this.view(pool);
      if (change.basedOn !== null && change.basedOn !== revision) {
        throw new Refusal(
          'precondition.stale',
          `If-Match names ${change.basedOn}, the present revision is ${revision}`,
        );
      }
      const next = { ...cleanProfile(change.profile), ...this.kept(pool, change.photo, photo) };
      const changed = { ...pool, cardProfile: next, cardRevisedAt: decision.now };
      if (looks(changed, pool.cardRevisedAt) === looks(pool, pool.cardRevisedAt)) {
        return this.view(pool);
      }
      if (photo) await this.keep(stores, photo, decision);
      await stores.pools.setCardProfile(poolId, next, decision.now);
      await audit(stores, decision, {
        action: 'pool.card-profile',
        subjectType: 'pool',
        subjectId: poolId,
        reason: change.reason,
        change: { from: pool.cardProfile, to: next },
      });
      return this.view(changed);
    });
  }

  /** The card with the pool's first numbers, with this profile instead of the present one when it is given. Keeps nothing. */
  async preview(
    poolId: string,
    change: CardProfileChange | null,
    scope: PoolScope,
  ): Promise<CardPreview> {
    const { read } = this.unitOfWork;
    const pool = await poolOr404(read, poolId, scope);
    const decision = await this.decisions.begin(PROVIDER_ACTOR);
    const made = change && (await this.made(change.photo));
    const cardProfile = change
      ? { ...change.profile, ...this.kept(pool, change.photo, made) }
      : pool.cardProfile;
    const identity = identityOf({ ...pool, cardProfile });
    const photo = made
      ? Buffer.from(made.jpeg).toString('base64')
      : await photoOf(read, identity.photoId);
    const lines = (await read.lines.list({ poolId })).filter(({ managed }) => managed);
    const own = lines.map(({ phoneNumber }) => phoneNumber).sort();
    const [primary = EXAMPLES[0], ...others] = own.length > 0 ? own : EXAMPLES;
    const fallbacks = others.slice(0, decision.policy.cards.numbersPerCard - 1);
    const numbers = [primary, ...fallbacks];
    const vcf = renderVCard(identity, numbers, photo);
    return { vcf, octets: Buffer.byteLength(vcf), numbers };
  }

  private async made(photo: WantedPhoto): Promise<CardPhoto | null> {
    if (photo === null || 'id' in photo) return null;
    try {
      const bytes =
        'url' in photo
          ? await this.source.fetch(photo.url)
          : new Uint8Array(Buffer.from(photo.base64, 'base64'));
      return await this.workshop.prepare(bytes);
    } catch (error) {
      if (!(error instanceof PhotoProblem)) throw error;
      throw new Refusal(`photo.${error.kind}`, error.message);
    }
  }

  /** What the profile keeps of its photo. Only the photo it has may be named by its id. */
  private kept(
    pool: PoolRecord,
    wanted: WantedPhoto,
    made: CardPhoto | null,
  ): Pick<StoredCardProfile, 'photo'> {
    if (made) {
      return { photo: { id: this.idOf(made), octets: made.jpeg.length, side: made.side } };
    }
    if (wanted === null) return {};
    const { photo } = storedProfileOf(pool);
    if ('id' in wanted && photo?.id === wanted.id) return { photo };
    throw new Refusal('photo.unfit', 'Only the photo that the profile has can be named by its id');
  }

  private keep(stores: Stores, photo: CardPhoto, decision: Decision): Promise<void> {
    const { jpeg } = photo;
    return stores.identities.keepPhoto({ id: this.idOf(photo), jpeg, createdAt: decision.now });
  }

  private idOf({ jpeg }: CardPhoto): string {
    return this.digest.sha256(Buffer.from(jpeg).toString('base64'));
  }

  private view(pool: PoolRecord): CardProfileView {
    const { photo, ...profile } = storedProfileOf(pool);
    return {
      poolId: pool.id,
      profile,
      photo: photo ? { ...photo, url: photoAddress(this.address, photo.id) } : null,
      revisedAt: pool.cardRevisedAt,
      revision: looks(pool, pool.cardRevisedAt),
    };
  }
}

/** A name for what the cards of a pool show beside their numbers. */
function looks(pool: PoolRecord, cardRevisedAt: number): string {
  return cardVersion(identityOf({ ...pool, cardRevisedAt }), [EXAMPLES[0]]);
}

async function poolOr404(stores: Stores, id: string, scope: PoolScope): Promise<PoolRecord> {
  const pool = sees(scope, id) ? await stores.pools.byId(id) : null;
  if (!pool) throw new Refusal('pool.not_found', `There is no pool ${id}`);
  return pool;
}
