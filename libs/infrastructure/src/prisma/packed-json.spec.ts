import fc from 'fast-check';
import { packed, unpacked } from './packed-json';

const key = fc.oneof(fc.constantFrom('a', 'b', '$columns', '$rows'), fc.string({ maxLength: 4 }));
const { tree: json } = fc.letrec<{ tree: unknown }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(null, true, 0, 'x', '$columns', [], {}),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.dictionary(key, tie('tree'), { maxKeys: 4 }),
    fc.array(tie('tree'), { maxLength: 4 }),
    // Lists of one shape, which are what packing is for.
    fc.array(fc.record({ id: fc.string(), of: tie('tree') }), { minLength: 2, maxLength: 4 }),
  ),
}));
/** As it comes back from a column. */
const kept = (value: unknown): unknown => JSON.parse(JSON.stringify(value)) as unknown;

describe('packed JSON', () => {
  it('comes back as it went, whatever it is', () => {
    fc.assert(
      fc.property(json, (value) => {
        expect(unpacked(kept(packed(value)))).toEqual(kept(value));
      }),
      { numRuns: 1_000 },
    );
  });

  it('names the keys of a list of like objects once', () => {
    const lines = [
      { id: 'a', meanMilli: 1 },
      { id: 'b', meanMilli: 2 },
    ];
    expect(packed({ lines })).toEqual({
      lines: { $columns: ['id', 'meanMilli'], $rows: [['a', 1], ['b', 2]] }, // prettier-ignore
    });
  });

  it.each([
    ['of different keys', [{ a: 1 }, { b: 1 }]],
    ['with a key more', [{ a: 1 }, { a: 1, b: 1 }]],
    ['of one', [{ a: 1 }]],
    ['of other things', [{ a: 1 }, 1]],
  ])('leaves a list %s as it is', (_what, list) => {
    expect(packed(list)).toEqual(list);
  });

  it('leaves alone what was kept before anything was packed', () => {
    const old = { lines: [{ id: 'a' }, { id: 'b' }], card: null };
    expect(unpacked(old)).toEqual(old);
  });
});
