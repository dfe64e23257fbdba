import fc from 'fast-check';
import { unstorableTextIn } from './storable-text';

describe('a text that cannot be kept', () => {
  it.each<[unknown, string | null]>([
    ['plain', null],
    ['', null],
    ['whole characters: 😀 é 漢', null],
    ['a\0b', ''],
    ['\ud800', ''],
    ['\udc00 the other half', ''],
    [{ labels: ['fine', 'a\0'] }, 'labels.1'],
    [{ consent: { source: '\ud83d' } }, 'consent.source'],
    [{ policy: { 'k\0': 1 } }, 'policy'],
    [{ 'k\0': 1 }, ''],
    [[1, true, null, undefined], null],
    [17, null],
  ])('is found in %j at %j', (value, path) => {
    expect(unstorableTextIn(value)).toBe(path);
  });

  it('is exactly what UTF-8 does not give back, or U+0000', () => {
    const anyText = fc.string({
      unit: fc.oneof(
        fc.constantFrom('\0', '\ud800', '\udfff'),
        fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
      ),
    });
    fc.assert(
      fc.property(anyText, (text) => {
        const survives = Buffer.from(text, 'utf8').toString('utf8') === text;
        expect(unstorableTextIn({ text }) === null).toBe(survives && !text.includes('\0'));
      }),
    );
  });
});
