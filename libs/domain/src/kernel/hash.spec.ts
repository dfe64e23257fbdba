import fc from 'fast-check';
import { hash32, rendezvousRank } from './hash';

describe('the rendezvous rank', () => {
  const winner = (key: string, candidates: readonly string[]): string | undefined =>
    [...candidates].sort((a, b) => rendezvousRank(key, b) - rendezvousRank(key, a))[0];

  it('changes the winner only of those whose winner went away', () => {
    const names = fc.uniqueArray(fc.string({ minLength: 1 }), { minLength: 2, maxLength: 12 });
    fc.assert(
      fc.property(fc.string(), names, (key, candidates) => {
        const before = winner(key, candidates);
        for (const gone of candidates.filter((each) => each !== before)) {
          expect(
            winner(
              key,
              candidates.filter((each) => each !== gone),
            ),
          ).toBe(before);
        }
      }),
    );
  });

  it('spreads keys evenly', () => {
    const lines = Array.from({ length: 10 }, (_each, i) => `line-${i}`);
    const wins = new Map<string, number>();
    for (let i = 0; i < 10_000; i += 1) {
      const line = winner(`user-${i}`, lines) ?? '';
      wins.set(line, (wins.get(line) ?? 0) + 1);
    }
    // A thousand each is expected; the spread of chance is about 30.
    for (const count of wins.values()) expect(Math.abs(count - 1_000)).toBeLessThan(150);
  });

  it('keeps key and candidate apart', () => {
    expect(rendezvousRank('ab', 'c')).not.toBe(rendezvousRank('a', 'bc'));
  });
});

describe('hash32', () => {
  it('is a whole number of 32 bits, the same on every machine', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const hash = hash32(text);
        expect(Number.isInteger(hash) && hash >= 0 && hash < 2 ** 32).toBe(true);
      }),
    );
    // Computed apart from this code; ties that fell once must fall the same way for ever.
    expect(hash32('')).toBe(2_872_998_923);
    expect(hash32('line-1')).toBe(1_099_350_938);
  });
});
