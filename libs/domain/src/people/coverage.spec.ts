import { type CoveredUser, coverageOf } from './coverage';

describe('coverage', () => {
  const person = (...known: CoveredUser['known']): CoveredUser => ({ primaryLineId: 'a', known });

  it('is the share of people who hold another number that serves, by how sure we are', () => {
    const people = [
      person({ lineId: 'b', sureness: 'sent' }),
      person({ lineId: 'b', sureness: 'sent' }, { lineId: 'c', sureness: 'delivered' }),
      person({ lineId: 'c', sureness: 'known' }),
      // Their own number does not help when it is lost, and one that does not serve never does.
      person({ lineId: 'a', sureness: 'known' }, { lineId: 'gone', sureness: 'known' }),
      person(),
    ];
    expect(coverageOf(people, new Set(['a', 'b', 'c']))).toEqual({
      users: 5,
      sent: 0.6,
      delivered: 0.4,
      known: 0.2,
    });
  });

  it('is whole where there is nobody to lose', () => {
    expect(coverageOf([], new Set())).toEqual({ users: 0, sent: 1, delivered: 1, known: 1 });
  });
});
