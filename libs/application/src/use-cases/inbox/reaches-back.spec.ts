import { reachesBack } from './reaches-back';

describe('reachesBack', () => {
  it.each([
    ['a page that ends before', [9, 7, 7, 4], true],
    ['a page that ends at it', [9, 7, 5], false],
    ['a page that ends after', [9, 8], false],
    ['a page of old ones only', [3, 2], true],
    ['a page from old to new', [2, 3], false],
    ['a page in no order', [9, 2, 8, 3], false],
    ['a page with something undated', [9, null, 4], false],
    ['a page that ends undated', [9, 4, null], false],
    ['an empty page', [], false],
  ])('%s', (_what, instants, answer) => {
    expect(reachesBack(instants, 5)).toBe(answer);
  });
});
