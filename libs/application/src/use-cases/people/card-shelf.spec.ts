import type { CardNumbers, CardRecord } from '../../ports';
import { CardShelf } from './card-shelf';

const wanted = (poolVersion: string, ...numbers: string[]): CardNumbers => ({
  poolId: 'pool',
  poolVersion,
  numbers,
});
const card = (vcf: string, ...numbers: string[]): CardRecord => ({
  version: vcf,
  poolId: 'pool',
  numbers,
  vcf,
  createdAt: 0,
});

describe('The shelf of cards', () => {
  it('gives the card of these numbers in this order, of this version of the pool', () => {
    const shelf = new CardShelf();
    shelf.put(wanted('1', '+1', '+2'), card('ab', '+1', '+2'));
    expect(shelf.get(wanted('1', '+1', '+2'))?.vcf).toBe('ab');
    expect(shelf.get(wanted('1', '+2', '+1'))).toBeUndefined();
    expect(shelf.get(wanted('2', '+1', '+2'))).toBeUndefined();
    expect(shelf.get({ ...wanted('1', '+1', '+2'), poolId: 'other' })).toBeUndefined();
  });

  it('takes no card of other numbers: somebody was moved while it was made', () => {
    const shelf = new CardShelf();
    shelf.put(wanted('1', '+1', '+2'), card('ba', '+2', '+1'));
    expect(shelf.get(wanted('1', '+1', '+2'))).toBeUndefined();
    expect(shelf.get(wanted('1', '+2', '+1'))).toBeUndefined();
  });

  it('holds so much and no more, the newest', () => {
    const shelf = new CardShelf(10);
    for (const number of ['+1', '+2', '+3']) shelf.put(wanted('1', number), card('four', number));
    shelf.put(wanted('1', '+3'), card('four', '+3'));
    expect(['+1', '+2', '+3'].map((each) => shelf.get(wanted('1', each)) !== undefined)).toEqual([
      false,
      true,
      true,
    ]);
  });
});
