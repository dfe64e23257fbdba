import type { EpochMs } from '@linekeeper/domain';

/** A photo as cards carry it: a square JPEG of `side` pixels, of at most the domain's `MAX_PHOTO_OCTETS`. */
export interface CardPhoto {
  readonly jpeg: Uint8Array;
  readonly side: number;
}

/** Why a photo is not taken. `unfit`: what it is; `address`: where it is; `unreachable`: that it did not come. */
export type PhotoProblemKind = 'unfit' | 'address' | 'unreachable';

/** A photo that is not taken. The message is for the caller: it names what was given and never what was found behind it. */
export class PhotoProblem extends Error {
  constructor(
    readonly kind: PhotoProblemKind,
    message: string,
  ) {
    super(message);
    this.name = 'PhotoProblem';
  }
}

/** Makes photos fit for cards, in bounded time and memory, whatever the bytes are. */
export abstract class PhotoWorkshop {
  /**
   * A new JPEG of the picture in `bytes`: nothing of the file but the picture is kept. Throws {@link PhotoProblem} `unfit`
   * when it is no JPEG or PNG by its bytes, not square, smaller than 200 x 200, too large, or broken.
   */
  abstract prepare(bytes: Uint8Array): Promise<CardPhoto>;
}

/** Fetches photos from hosts that the deployment allows. */
export abstract class PhotoSource {
  /**
   * The bytes at an https address. Throws {@link PhotoProblem} `address` when the address is not allowed or leads to a host
   * that is not public, `unreachable` when it does not answer with a file of a bounded size in a bounded time.
   */
  abstract fetch(url: string): Promise<Uint8Array>;
}

/** What a line shows of itself at the provider, compared with what its pool says. */
export interface LineIdentityRecord {
  readonly lineId: string;
  /** Names the identity that was last set; null while none was. */
  readonly setTo: string | null;
  readonly drift: readonly IdentityDrift[];
  /** Why the last try to set it failed; null when it did not. */
  readonly problem: string | null;
  readonly setAt: EpochMs | null;
  readonly seenAt: EpochMs;
}

export const IDENTITY_DRIFTS = ['missing', 'inactive', 'name', 'photo'] as const;
export type IdentityDrift = (typeof IDENTITY_DRIFTS)[number];

/** Photos, and what lines show at the provider. */
export abstract class IdentityStore {
  /** The JPEG of this id; null when there is none. */
  abstract photo(id: string): Promise<Uint8Array | null>;
  /** Keeps a photo under the name of its content. Idempotent. */
  abstract keepPhoto(photo: { id: string; jpeg: Uint8Array; createdAt: EpochMs }): Promise<void>;
  /** Of these lines those that were ever looked at. */
  abstract ofLines(lineIds: readonly string[]): Promise<LineIdentityRecord[]>;
  abstract save(record: LineIdentityRecord): Promise<void>;
}
