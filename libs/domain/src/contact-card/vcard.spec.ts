import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { CARD_CORPUS } from '../../../../test/support/card-corpus';
import { expectedOf } from '../../../../test/support/outside-readers';
import { type ContentLine, readStrictly } from '../../../../test/support/strict-vcard';
import {
  CARD_LIMITS,
  type CardProfile,
  cleanProfile,
  MAX_CARD_OCTETS,
  MAX_PHOTO_OCTETS,
} from './profile';
import { escapeUri } from './text';
import { type CardIdentity, cardVersion, renderVCard } from './vcard';

const IDENTITY: CardIdentity = {
  poolId: '7d4f0a1e-0f5c-4b8e-9a49-7d2f6f3f5d10',
  profile: { name: 'Ada from Acme' },
  photoId: null,
  revisedAt: '2026-10-06T12:00:00Z',
};
const NUMBERS = ['+14155550101', '+14155550102', '+14155550103', '+14155550104'];
const golden = (file: string) =>
  readFileSync(join(__dirname, '../../../../test/golden', file), 'utf8');

const named = (profile: CardProfile): CardIdentity => ({ ...IDENTITY, profile });
const valuesOf = (card: readonly ContentLine[], name: string): (readonly string[])[] =>
  card.filter((line) => line.name === name).map(({ parts }) => parts);

const nasty = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 120 }),
  fc.string({ unit: 'grapheme', maxLength: 120 }),
  fc.string({
    unit: fc.constantFrom('\\', ';', ',', ':', '\n', '\r', ' ', 'n', '"', '👩', 'é', '\u202e'),
  }),
  fc.constantFrom(
    'x\r\nTEL:+19005550100',
    'END:VCARD',
    '\ud800',
    '\\n',
    '👩‍👩‍👧'.repeat(50),
    'y'.repeat(5_000),
  ),
);
const number = fc.stringMatching(/^\+[1-9]\d{6,14}$/);
const anyNumbers = fc.uniqueArray(number, { minLength: 1, maxLength: 5 });
const anyProfile: fc.Arbitrary<CardProfile> = fc.record(
  {
    name: nasty,
    organization: nasty,
    title: nasty,
    note: nasty,
    emails: fc.array(nasty, { maxLength: 7 }),
    urls: fc.array(nasty, { maxLength: 7 }),
    addresses: fc.array(
      fc.record(
        { street: nasty, city: nasty, region: nasty, postalCode: nasty, country: nasty },
        { requiredKeys: ['street', 'city'] },
      ),
      { maxLength: 5 },
    ),
    backupLabel: nasty,
  },
  { requiredKeys: ['name'] },
);
const anyIdentity: fc.Arbitrary<CardIdentity> = fc.record({
  poolId: fc.uuid(),
  profile: anyProfile,
  photoId: fc.option(fc.uuid()),
  revisedAt: fc.constant('2026-10-06T12:00:00Z'),
});
const anyPhoto = fc.option(fc.base64String({ minLength: 4, maxLength: 900 }));

describe('renderVCard', () => {
  it('writes the card of four numbers as the golden file has it', () => {
    expect(renderVCard(IDENTITY, NUMBERS)).toBe(golden('contact-card-plain.vcf'));
  });

  it('writes a card with everything on it as the golden file has it', () => {
    const profile: CardProfile = {
      name: 'Ada from Acme',
      organization: 'Acme, Inc.',
      title: 'Assistant; always on',
      note: 'Saved numbers keep us in touch.\nبالعربية ‏(مرحبا)‏، 日本語のとても長いメモは文字の間で折り返されます。',
      emails: ['hello@acme.example'],
      urls: ['https://acme.example/ada?lang=en,ar'],
      addresses: [
        {
          street: '1 Main St, Suite 5',
          city: 'São Paulo',
          postalCode: '01000-000',
          country: 'Brasil',
        },
      ],
      backupLabel: 'Ada, line',
    };
    const identity = { ...IDENTITY, profile, photoId: 'f00d' };
    const photo = Buffer.from(Array.from({ length: 150 }, (_byte, i) => i)).toString('base64');
    expect(renderVCard(identity, NUMBERS, photo)).toBe(golden('contact-card-full.vcf'));
  });

  it('is read back as the cleaned profile, whatever was put in', () => {
    fc.assert(
      fc.property(anyIdentity, anyNumbers, anyPhoto, (identity, numbers, photo) => {
        const card = readStrictly(renderVCard(identity, numbers, photo));
        const expected = expectedOf({ identity, numbers, photo });
        const one = (name: string): string[] =>
          valuesOf(card, name).map((parts) => parts.join(';'));
        expect(one('FN')).toEqual([expected.fn]);
        expect(valuesOf(card, 'N')).toEqual([expected.n]);
        expect(one('UID')).toEqual([expected.uid]);
        expect(one('ORG')).toEqual(expected.org);
        expect(one('TITLE')).toEqual(expected.title);
        expect(one('NOTE')).toEqual(expected.note);
        expect(one('EMAIL')).toEqual(expected.email);
        expect(one('URL')).toEqual((cleanProfile(identity.profile).urls ?? []).map(escapeUri));
        expect(valuesOf(card, 'ADR')).toEqual(expected.adr);
        expect(one('PHOTO')).toEqual(expected.photo);
        expect(one('X-ABLabel')).toEqual(expected.label.map(([label]) => label));
        // Nothing else is on it: what came from outside added no line.
        expect(card).toHaveLength(
          7 +
            expected.org.length +
            expected.title.length +
            expected.note.length +
            expected.email.length +
            expected.url.length +
            expected.adr.length +
            expected.photo.length +
            2 * numbers.length,
        );
      }),
      { numRuns: 400 },
    );
  });

  it('holds exactly the numbers it was given, in their order, one of them preferred', () => {
    fc.assert(
      fc.property(anyIdentity, anyNumbers, (identity, numbers) => {
        const phones = readStrictly(renderVCard(identity, numbers)).filter(
          ({ name }) => name === 'TEL',
        );
        expect(phones.map(({ parts }) => parts[0])).toEqual(numbers);
        expect(phones.map(({ params }) => params.join().includes('PREF'))).toEqual(
          numbers.map((_number, index) => index === 0),
        );
        expect(new Set(phones.map(({ group }) => group)).size).toBe(numbers.length);
      }),
      { numRuns: 200 },
    );
  });

  it.each(['4155550101', '+0155550101', '+1', '+1415555010a', '+14155550101\r\nTEL:+1900', ''])(
    'writes no card with “%s” for a number',
    (bad) => {
      expect(() => renderVCard(IDENTITY, [NUMBERS[0]!, bad])).toThrow('E.164');
    },
  );

  it('writes no card without a number', () => {
    expect(() => renderVCard(IDENTITY, [])).toThrow('at least one number');
  });

  it('shows the number where there is no name', () => {
    const card = readStrictly(renderVCard(named({ name: ' \u202e\u0000\n' }), NUMBERS));
    expect(valuesOf(card, 'FN')).toEqual([['+14155550101']]);
  });

  it('leaves out what is empty', () => {
    const empty: CardProfile = {
      name: 'Ada',
      organization: '',
      note: ' ',
      emails: ['\t'],
      addresses: [],
    };
    const card = readStrictly(renderVCard(named(empty), NUMBERS));
    expect(card.map(({ name }) => name)).not.toEqual(
      expect.arrayContaining(['ORG', 'NOTE', 'EMAIL', 'ADR']),
    );
    expect(cleanProfile(empty)).toEqual({ name: 'Ada' });
  });

  it('is, byte by byte, lines of at most 75 octets that end with CRLF, in UTF-8, folded between characters', () => {
    for (const { identity, numbers, photo } of CARD_CORPUS) {
      const bytes = Buffer.from(renderVCard(identity, numbers, photo), 'utf8');
      let start = 0;
      for (let i = 0; i < bytes.length; i += 1) {
        if (bytes[i] === 0x0a) throw new Error('A line feed without its carriage return');
        if (bytes[i] !== 0x0d) continue;
        if (bytes[i + 1] !== 0x0a) throw new Error('A carriage return without its line feed');
        if (i - start > 75 || i - start < 2) throw new Error(`A line of ${i - start} octets`);
        // Each line alone is whole UTF-8: no character was cut.
        new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(start, i));
        i += 1;
        start = i + 1;
      }
      expect(start).toBe(bytes.length);
    }
  });

  it('folds full lines, and neither beside a blank nor after a backslash where another place is near', () => {
    const lines = renderVCard(named({ name: 'é'.repeat(100) }), NUMBERS).split('\r\n');
    expect(Buffer.byteLength(lines.find((line) => line.startsWith('FN:'))!)).toBe(75);
    for (let shift = 0; shift < 40; shift += 1) {
      const note = 'x'.repeat(shift) + 'word , word\n; two '.repeat(20);
      const card = renderVCard(named({ name: 'Ada', note }), NUMBERS);
      expect(card).not.toMatch(/[ \\]\r\n |\r\n {2}/);
    }
  });

  it('stays under its limit with the longest texts and the largest photo', () => {
    const long = (max: number) => '👩'.repeat(max);
    const part = long(CARD_LIMITS.addressPart);
    const profile: Required<CardProfile> = {
      name: long(200),
      organization: long(200),
      title: long(200),
      note: long(2_000),
      emails: Array.from({ length: 9 }, () => long(300)),
      urls: Array.from({ length: 9 }, () => '\\'.repeat(2_000)),
      addresses: Array.from({ length: 9 }, () => ({
        street: part,
        city: part,
        region: part,
        postalCode: part,
        country: part,
      })),
      backupLabel: long(60),
    };
    const photo = Buffer.alloc(MAX_PHOTO_OCTETS, 7).toString('base64');
    const numbers = Array.from({ length: 5 }, () => '+123456789012345');
    const octets = Buffer.byteLength(renderVCard({ ...IDENTITY, profile }, numbers, photo));
    expect(octets).toBeLessThanOrEqual(MAX_CARD_OCTETS);
    expect(octets).toBeGreaterThan(0.9 * MAX_CARD_OCTETS);
  });
});

describe('cleanProfile', () => {
  it('cleans what is clean no further', () => {
    fc.assert(
      fc.property(anyProfile, (profile) => {
        const clean = cleanProfile(profile);
        expect(cleanProfile(clean)).toEqual(clean);
      }),
      { numRuns: 300 },
    );
  });

  it('never cuts inside what people see as one character, unless it is endless', () => {
    const family = '👩‍👩‍👧';
    expect(cleanProfile({ name: 'x'.repeat(98) + family }).name).toBe('x'.repeat(98));
    expect(cleanProfile({ name: 'x'.repeat(99) + 'e\u0301' }).name).toBe('x'.repeat(99));
    expect(cleanProfile({ name: 'e' + '\u0301'.repeat(500) }).name).toBe('e' + '\u0301'.repeat(99));
  });
});

describe('cardVersion', () => {
  it('is the same exactly when the card is', () => {
    fc.assert(
      fc.property(anyIdentity, anyNumbers, anyIdentity, anyNumbers, (a, one, b, two) => {
        expect(cardVersion(a, one)).toBe(cardVersion({ ...a }, [...one]));
        const same = renderVCard(a, one) === renderVCard(b, two) && a.photoId === b.photoId;
        expect(cardVersion(a, one) === cardVersion(b, two)).toBe(same);
      }),
      { numRuns: 200 },
    );
  });

  it('tells the order of the numbers, the photo and the revision', () => {
    const version = cardVersion(IDENTITY, NUMBERS);
    expect(version).toMatch(/^[0-9a-f]{16}$/);
    expect(version).not.toBe(cardVersion(IDENTITY, [...NUMBERS].reverse()));
    expect(version).not.toBe(cardVersion({ ...IDENTITY, photoId: 'a' }, NUMBERS));
    expect(version).not.toBe(
      cardVersion({ ...IDENTITY, revisedAt: '2026-10-07T12:00:00Z' }, NUMBERS),
    );
  });
});
