import { invariant } from './invariant';

/** The item at a place that the caller knows to be there. */
export function at<Item>(list: ArrayLike<Item>, index: number): Item {
  const item = list[index];
  invariant(item !== undefined, 'the place is in the list');
  return item;
}
