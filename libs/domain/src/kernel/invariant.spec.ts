import { invariant } from './invariant';

describe('invariant', () => {
  it('lets pass what holds, and names what does not', () => {
    expect(() => invariant(true, 'unheard')).not.toThrow();
    expect(() => invariant(false, 'a person has one line')).toThrow('a person has one line');
  });
});
