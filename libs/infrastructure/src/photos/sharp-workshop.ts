import { type CardPhoto, PhotoProblem, PhotoWorkshop } from '@linekeeper/application';
import { MAX_PHOTO_OCTETS } from '@linekeeper/domain';
import type { Sharp } from 'sharp';

const MAX_BYTES = 2 * 1_024 * 1_024;
const MIN_SIDE = 200;
/** A side of a photo that is decoded: beyond it a small file can stand for gigabytes of picture. */
const MAX_SIDE = 5_000;
const MAX_SECONDS = 5;

/** Tried in this order until the photo is small enough. Phones show the photo of a contact at some 400 pixels at most. */
const SIDES = [400, 300, 200] as const;
const QUALITIES = [85, 70, 50] as const;

const JPEG = [0xff, 0xd8, 0xff];
const PNG = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

/**
 * Photos by libvips. What the file is, its first bytes say, and nothing else is ever handed to a decoder; sizes are read
 * from its header before a pixel is decoded. The result is drawn anew, so EXIF, comments, thumbnails, colour profiles and
 * whatever hangs behind the picture are gone; it stands upright, on white where it was transparent.
 */
export class SharpPhotoWorkshop extends PhotoWorkshop {
  async prepare(bytes: Uint8Array): Promise<CardPhoto> {
    if (bytes.length > MAX_BYTES) {
      throw unfit(`A photo has at most ${MAX_BYTES} bytes, this one has ${bytes.length}`);
    }
    const kind = kindOf(bytes);
    if (kind === null)
      throw unfit('A photo is a JPEG or a PNG; the bytes of this file are neither');
    const open = await opener(bytes);
    const side = await this.sideOf(open, kind);
    for (const target of SIDES) {
      for (const quality of QUALITIES) {
        const to = Math.min(target, side);
        const jpeg = await this.drawn(open(), to, quality);
        if (jpeg.length <= MAX_PHOTO_OCTETS) return { jpeg, side: to };
      }
    }
    throw unfit('The photo cannot be made small enough for a card');
  }

  private async sideOf(open: () => Sharp, kind: string): Promise<number> {
    const header = await open()
      .metadata()
      .catch(() => null);
    if (header?.format !== kind) {
      throw unfit(`The photo is broken, or its sides are longer than ${MAX_SIDE} pixels`);
    }
    const { width, height } = header;
    if (width > MAX_SIDE || height > MAX_SIDE) {
      throw unfit(
        `A side of a photo has at most ${MAX_SIDE} pixels; this one is ${width} x ${height}`,
      );
    }
    if (width !== height || width < MIN_SIDE) {
      throw unfit(
        `A photo is square, of at least ${MIN_SIDE} x ${MIN_SIDE} pixels; this one is ${width} x ${height}`,
      );
    }
    return width;
  }

  private async drawn(photo: Sharp, side: number, quality: number): Promise<Buffer> {
    try {
      return await photo
        .autoOrient()
        .resize(side, side)
        .flatten({ background: '#ffffff' })
        .toColourspace('srgb')
        // Baseline, not progressive: every reader of contacts draws it.
        .jpeg({ quality, progressive: false })
        .timeout({ seconds: MAX_SECONDS })
        .toBuffer();
    } catch {
      throw broken();
    }
  }
}

function kindOf(bytes: Uint8Array): 'jpeg' | 'png' | null {
  const begins = (magic: readonly number[]): boolean => magic.every((byte, i) => bytes[i] === byte);
  if (begins(JPEG)) return 'jpeg';
  return begins(PNG) ? 'png' : null;
}

/** Loaded when the first photo comes: most processes never see one. */
async function opener(bytes: Uint8Array): Promise<() => Sharp> {
  const { default: sharp } = await import('sharp');
  sharp.cache(false);
  sharp.concurrency(1);
  sharp.block({ operation: ['VipsForeignLoad'] });
  sharp.unblock({
    operation: ['VipsForeignLoadJpegBuffer', 'VipsForeignLoadPngBuffer'],
  });
  return () =>
    sharp(bytes, { failOn: 'error', limitInputPixels: MAX_SIDE * MAX_SIDE, unlimited: false });
}

const unfit = (why: string): PhotoProblem => new PhotoProblem('unfit', why);
const broken = (): PhotoProblem => unfit('The photo is broken: it cannot be drawn');
