import { at } from './at';

it('takes an item from its place, and fails where there is none', () => {
  expect(at(['a', 'b'], 1)).toBe('b');
  expect(at(new Float64Array([0, 7]), 0)).toBe(0);
  expect(() => at(['a'], 1)).toThrow('the place is in the list');
});
