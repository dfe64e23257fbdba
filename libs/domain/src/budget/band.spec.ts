import fc from 'fast-check';
import { BUDGET_BANDS, type BudgetBand, budgetBand } from './band';

const before = fc.constantFrom(...BUDGET_BANDS);
const used = fc.integer({ min: 0, max: 10_000 });
const cap = fc.integer({ min: 0, max: 8_000 });

describe('The budget band', () => {
  it.each<[BudgetBand, number, BudgetBand]>([
    [0, 69, 0],
    [0, 70, 70],
    [0, 100, 100],
    [70, 84, 70],
    [70, 85, 85],
    [100, 95, 100],
    [100, 94, 85],
    [85, 80, 85],
    [85, 79, 70],
    [70, 65, 70],
    [70, 64, 0],
    [100, 10, 0],
  ])('of one in %i at %i per cent is %i', (from, percent, to) => {
    expect(budgetBand(from, 30 * percent, 3_000)).toBe(to);
  });

  it('of a line without a cap is the highest once it carried anything', () => {
    expect(budgetBand(0, 0, 0)).toBe(0);
    expect(budgetBand(0, 1, 0)).toBe(100);
  });

  it('rests where it is while use does', () => {
    fc.assert(
      fc.property(before, used, cap, (from, messages, most) => {
        const band = budgetBand(from, messages, most);
        expect(budgetBand(band, messages, most)).toBe(band);
      }),
      { numRuns: 1_000 },
    );
  });

  it('is never below what use alone says, and rises with use', () => {
    fc.assert(
      fc.property(before, used, used, cap, (from, one, other, most) => {
        const [less, more] = one < other ? [one, other] : [other, one];
        expect(budgetBand(from, more, most)).toBeGreaterThanOrEqual(budgetBand(0, more, most));
        expect(budgetBand(from, more, most)).toBeGreaterThanOrEqual(budgetBand(from, less, most));
      }),
      { numRuns: 1_000 },
    );
  });
});
