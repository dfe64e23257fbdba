import { deflateSync } from 'node:zlib';
import { PhotoProblem } from '@linekeeper/application';
import { MAX_PHOTO_OCTETS } from '@linekeeper/domain';
import sharp from 'sharp';
import { SharpPhotoWorkshop } from './sharp-workshop';

const workshop = new SharpPhotoWorkshop();

/** A picture of chance: nothing can be pressed out of it. */
function noise(width: number, height = width) {
  let state = 1;
  const pixels = Buffer.from(
    Uint8Array.from({ length: width * height * 3 }, () => {
      state = Math.imul(state, 1_103_515_245) + 12_345;
      return state >>> 16;
    }),
  );
  return sharp(pixels, { raw: { width, height, channels: 3 } });
}
const plain = (width: number, height = width, alpha = 1) =>
  sharp({ create: { width, height, channels: 4, background: { r: 200, g: 30, b: 30, alpha } } });

const why = async (bytes: Uint8Array): Promise<string> => {
  const failure: unknown = await workshop.prepare(bytes).then(
    () => null,
    (error: unknown) => error,
  );
  if (!(failure instanceof PhotoProblem)) throw new Error(`Not refused: ${String(failure)}`);
  expect(failure.kind).toBe('unfit');
  return failure.message;
};

/** A chunk of a PNG: length, type, data, check sum. */
function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type), data]);
  const framed = Buffer.alloc(body.length + 8);
  framed.writeUInt32BE(data.length, 0);
  body.copy(framed, 4);
  framed.writeUInt32BE(crc32(body), body.length + 4);
  return framed;
}

const PRESSED = deflateSync(Buffer.alloc(50_000_000), { level: 9 });

/** A PNG whose header says so many pixels, and whose picture is zeros, pressed together. */
function bomb(side: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(side, 0);
  header.writeUInt32BE(side, 4);
  header.set([8, 2, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    chunk('IDAT', PRESSED),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function crc32(bytes: Buffer): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}

describe('SharpPhotoWorkshop', () => {
  it.each([
    ['a JPEG', () => plain(600).jpeg().toBuffer(), 400],
    ['a PNG', () => plain(300).png().toBuffer(), 300],
    ['the smallest', () => plain(200).png().toBuffer(), 200],
  ])('makes a small square JPEG of %s', async (_name, make, side) => {
    const photo = await workshop.prepare(await make());
    expect(photo.side).toBe(side);
    const made = await sharp(photo.jpeg).metadata();
    expect(made).toMatchObject({ format: 'jpeg', width: side, height: side, isProgressive: false });
  });

  it('keeps within its limit whatever the picture is', async () => {
    const { jpeg, side } = await workshop.prepare(
      await noise(800).jpeg({ quality: 95 }).toBuffer(),
    );
    expect(jpeg.length).toBeLessThanOrEqual(MAX_PHOTO_OCTETS);
    expect(side).toBeGreaterThanOrEqual(200);
  });

  it('keeps nothing of the file but the picture', async () => {
    const told = await noise(250)
      .withExif({ IFD0: { Copyright: 'a secret place' }, IFD3: { GPSLatitude: '51/1 30/1 0/1' } })
      .withIccProfile('p3')
      .jpeg()
      .toBuffer();
    expect(told.toString('latin1')).toContain('a secret place');
    const polyglot = Buffer.concat([told, Buffer.from('<script>alert(1)</script>PK-zip')]);
    const { jpeg } = await workshop.prepare(polyglot);
    expect(Buffer.from(jpeg).toString('latin1')).not.toMatch(/secret|Exif|script|PK-zip/);
    expect(await sharp(jpeg).metadata()).toMatchObject({ hasProfile: false });
    expect((await sharp(jpeg).metadata()).exif).toBeUndefined();
  });

  it('stands upright', async () => {
    const blue = [0, 0, 255];
    const red = [255, 0, 0];
    const pixels = Buffer.from(
      Array.from({ length: 200 * 200 }, (_pixel, i) => (i % 200 < 100 ? blue : red)).flat(),
    );
    const left = await sharp(pixels, { raw: { width: 200, height: 200, channels: 3 } })
      .withMetadata({ orientation: 6 })
      .jpeg()
      .toBuffer();
    const { jpeg } = await workshop.prepare(left);
    // What was left is above once it is turned.
    const { data, info } = await sharp(jpeg).raw().toBuffer({ resolveWithObject: true });
    const at = (x: number, y: number) => [
      ...data.subarray((y * info.width + x) * 3, (y * info.width + x) * 3 + 3),
    ];
    const isBlue = ([r = 0, , b = 0]: number[]) => b > 200 && r < 60;
    expect([
      isBlue(at(20, 20)),
      isBlue(at(180, 20)),
      isBlue(at(20, 180)),
      isBlue(at(180, 180)),
    ]).toEqual([true, true, false, false]);
  });

  it('lays what is transparent on white', async () => {
    const { jpeg } = await workshop.prepare(await plain(200, 200, 0).png().toBuffer());
    const { data } = await sharp(jpeg).raw().toBuffer({ resolveWithObject: true });
    expect(data.every((value) => value > 250)).toBe(true);
  });

  it.each([
    [
      'SVG',
      () => Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="300" height="300"/>'),
    ],
    ['GIF', () => plain(300).gif().toBuffer()],
    ['WebP', () => plain(300).webp().toBuffer()],
    ['TIFF', () => plain(300).tiff().toBuffer()],
    ['HTML', () => Buffer.from('<!doctype html><img src=x onerror=alert(1)>')],
    ['nothing', () => Buffer.alloc(0)],
    ['an SVG behind a byte order mark', () => Buffer.from('\ufeff<svg/>')],
  ])('refuses %s by its bytes', async (_name, make) => {
    expect(await why(await make())).toMatch(/neither/);
  });

  it.each([
    [
      'an SVG behind the first bytes of a PNG',
      Buffer.concat([
        Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
        Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="300" height="300"/>'),
      ]),
    ],
    [
      'an SVG behind the first bytes of a JPEG',
      Buffer.concat([
        Buffer.from([0xff, 0xd8, 0xff]),
        Buffer.from('<svg width="300" height="300"/>'),
      ]),
    ],
  ])('refuses %s', async (_name, bytes) => {
    expect(await why(bytes)).toMatch(/broken/);
  });

  it('refuses what is cut off', async () => {
    const whole = await noise(300).jpeg().toBuffer();
    expect(await why(whole.subarray(0, whole.length / 2))).toMatch(/broken/);
  });

  it.each([
    [400, 300],
    [300, 301],
    [199, 199],
    [1, 1],
  ])('refuses %i x %i pixels', async (width, height) => {
    expect(await why(await plain(width, height).png().toBuffer())).toContain(
      `${width} x ${height}`,
    );
  });

  it('refuses a bomb by its header, before it goes off', async () => {
    expect(await why(bomb(30_000))).toMatch(/longer than 5000 pixels/);
    expect(await why(bomb(2_000_000))).toMatch(/longer than 5000 pixels/);
  });

  it.each(['zTXt', 'iCCP'])('keeps nothing of a bomb beside a good picture (%s)', async (type) => {
    const good = await plain(300).png().toBuffer();
    // Behind the signature and the header: a name, how it is pressed, and fifty megabytes of nothing.
    const beside = chunk(type, Buffer.concat([Buffer.from('a secret\0\0'), PRESSED]));
    const told = Buffer.concat([good.subarray(0, 33), beside, good.subarray(33)]);
    const made = await workshop.prepare(told).catch((error: unknown) => error);
    if (made instanceof Error) expect(made).toBeInstanceOf(PhotoProblem);
    else expect(made).toMatchObject({ side: 300 });
    const { jpeg = Buffer.alloc(0) } = made as { jpeg?: Uint8Array };
    expect(jpeg.length).toBeLessThan(MAX_PHOTO_OCTETS);
    expect(Buffer.from(jpeg).toString('latin1')).not.toContain('secret');
  });

  it('refuses more than two megabytes', async () => {
    expect(await why(Buffer.alloc(2 * 1_024 * 1_024 + 1, 0xff))).toMatch(/at most 2097152 bytes/);
  });
});
