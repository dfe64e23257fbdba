import fc from 'fast-check';
import { type ContentLine, readStrictly } from '../../../../test/support/strict-vcard';
import { type CardProfile, cardVersion, renderVCard } from './vcard';

const PROFILE: CardProfile = {
  poolId: '7d4f0a1e-0f5c-4b8e-9a49-7d2f6f3f5d10',
  name: 'Ada from Acme',
  revisedAt: '2026-10-06T12:00:00Z',
};
const NUMBERS = ['+14155550101', '+14155550102', '+14155550103', '+14155550104'];

const valuesOf = (card: readonly ContentLine[], name: string): (readonly string[])[] =>
  card.filter((line) => line.name === name).map(({ parts }) => parts);

/** What a reader may expect back: line ends are line feeds, controls and halves of characters are gone. */
const plain = (text: string): string =>
  text
    .replaceAll('\r\n', '\n')
    .replace(/[\r\u2028\u2029]/g, '\n')
    .toWellFormed()
    .replace(/[^\P{Cc}\n]/gu, '');

const nasty = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 120 }),
  fc.string({ unit: 'grapheme', maxLength: 120 }),
  fc.constantFrom('x\r\nTEL:+19005550100', 'a;b,c\\d:e', '\ud800', '\\n', '\n\n', '👩‍👩‍👧'.repeat(30)),
);
const filled = nasty.filter((text) => text !== '');
const number = fc.stringMatching(/^\+[1-9]\d{6,14}$/);
const anyNumbers = fc.uniqueArray(number, { minLength: 1, maxLength: 5 });
const anyProfile: fc.Arbitrary<CardProfile> = fc.record(
  {
    poolId: fc.uuid(),
    name: nasty,
    revisedAt: fc.constant('2026-10-06T12:00:00Z'),
    organization: filled,
    title: filled,
    note: filled,
    emails: fc.array(nasty, { maxLength: 3 }),
    urls: fc.array(nasty, { maxLength: 3 }),
    addresses: fc.array(
      fc.record(
        { street: nasty, city: nasty, region: nasty, postalCode: nasty, country: nasty },
        { requiredKeys: ['street', 'city'] },
      ),
      { maxLength: 2 },
    ),
    photoJpegBase64: fc.base64String({ minLength: 4, maxLength: 900 }),
  },
  { requiredKeys: ['poolId', 'name', 'revisedAt'] },
);

describe('renderVCard', () => {
  it('writes the card of four numbers, the primary preferred and the backups labelled', () => {
    expect(renderVCard({ ...PROFILE, organization: 'Acme, Inc.' }, NUMBERS).split('\r\n')).toEqual([
      'BEGIN:VCARD',
      'VERSION:3.0',
      'PRODID:-//Linekeeper//Contact Card//EN',
      'UID:urn:uuid:7d4f0a1e-0f5c-4b8e-9a49-7d2f6f3f5d10',
      'REV:2026-10-06T12:00:00Z',
      'N:Ada from Acme;;;;',
      'FN:Ada from Acme',
      'ORG:Acme\\, Inc.',
      'TEL;TYPE=CELL,VOICE,PREF:+14155550101',
      'item1.TEL;TYPE=CELL:+14155550102',
      'item1.X-ABLabel:Backup 1',
      'item2.TEL;TYPE=CELL:+14155550103',
      'item2.X-ABLabel:Backup 2',
      'item3.TEL;TYPE=CELL:+14155550104',
      'item3.X-ABLabel:Backup 3',
      'END:VCARD',
      '',
    ]);
  });

  it('is read back by a strict reader, field by field, whatever was put in', () => {
    fc.assert(
      fc.property(anyProfile, anyNumbers, (profile, numbers) => {
        const card = readStrictly(renderVCard(profile, numbers));
        expect(valuesOf(card, 'FN')).toEqual([[plain(profile.name)]]);
        expect(valuesOf(card, 'N')).toEqual([[plain(profile.name), '', '', '', '']]);
        expect(valuesOf(card, 'UID')).toEqual([[`urn:uuid:${profile.poolId}`]]);
        for (const [property, value] of [
          ['ORG', profile.organization],
          ['TITLE', profile.title],
          ['NOTE', profile.note],
        ] as const) {
          expect(valuesOf(card, property)).toEqual(value === undefined ? [] : [[plain(value)]]);
        }
        const listed = (values: readonly string[] = []): string[][] =>
          values.map((value) => [plain(value)]);
        expect(valuesOf(card, 'EMAIL')).toEqual(listed(profile.emails));
        expect(valuesOf(card, 'URL')).toEqual(listed(profile.urls));
        expect(valuesOf(card, 'ADR')).toEqual(
          (profile.addresses ?? []).map((place) => [
            '',
            '',
            plain(place.street),
            plain(place.city),
            plain(place.region ?? ''),
            plain(place.postalCode ?? ''),
            plain(place.country ?? ''),
          ]),
        );
        const photo = profile.photoJpegBase64;
        expect(valuesOf(card, 'PHOTO')).toEqual(photo === undefined ? [] : [[photo]]);
      }),
      { numRuns: 400 },
    );
  });

  it('holds exactly the numbers it was given, in their order, one of them preferred', () => {
    fc.assert(
      fc.property(anyProfile, anyNumbers, (profile, numbers) => {
        const phones = readStrictly(renderVCard(profile, numbers)).filter(
          ({ name }) => name === 'TEL',
        );
        expect(phones.map(({ parts }) => parts[0])).toEqual(numbers);
        expect(phones.map(({ params }) => params.join().includes('PREF'))).toEqual(
          numbers.map((_number, index) => index === 0),
        );
        expect(new Set(phones.map(({ group }) => group)).size).toBe(numbers.length);
      }),
      { numRuns: 300 },
    );
  });

  it.each(['4155550101', '+0155550101', '+1', '+1415555010a', '+14155550101\r\nTEL:+1900', ''])(
    'writes no card with “%s” for a number',
    (bad) => {
      expect(() => renderVCard(PROFILE, [NUMBERS[0]!, bad])).toThrow('E.164');
    },
  );

  it.each(['é', '日', '👩'])('folds between characters, never inside one like %s', (character) => {
    for (let shift = 0; shift < 4; shift += 1) {
      const name = 'x'.repeat(shift) + character.repeat(60);
      const card = readStrictly(renderVCard({ ...PROFILE, name }, NUMBERS));
      expect(valuesOf(card, 'FN')).toEqual([[name]]);
    }
  });

  it('leaves out what is empty', () => {
    const card = readStrictly(renderVCard({ ...PROFILE, organization: '', note: '' }, NUMBERS));
    expect([...valuesOf(card, 'ORG'), ...valuesOf(card, 'NOTE')]).toEqual([]);
  });
});

describe('cardVersion', () => {
  it('is the same exactly when the card is', () => {
    fc.assert(
      fc.property(anyProfile, anyNumbers, anyProfile, anyNumbers, (a, one, b, two) => {
        expect(cardVersion(a, one)).toBe(cardVersion({ ...a }, [...one]));
        const same = renderVCard(a, one) === renderVCard(b, two);
        expect(cardVersion(a, one) === cardVersion(b, two)).toBe(same);
      }),
      { numRuns: 300 },
    );
  });

  it('tells the order of the numbers: another primary is another card', () => {
    expect(cardVersion(PROFILE, NUMBERS)).not.toBe(cardVersion(PROFILE, [...NUMBERS].reverse()));
    expect(cardVersion(PROFILE, NUMBERS)).toMatch(/^[0-9a-f]{16}$/);
  });
});
