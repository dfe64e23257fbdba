import { addCoverage, countCoverage, type CoveredUser, coverageOf, NOBODY } from './coverage';

describe('coverage', () => {
  const person = (...known: CoveredUser['known']): CoveredUser => ({ primaryLineId: 'a', known });
  const people = [
    person({ lineId: 'b', sureness: 'sent' }),
    person({ lineId: 'b', sureness: 'sent' }, { lineId: 'c', sureness: 'delivered' }),
    person({ lineId: 'c', sureness: 'known' }),
    // Their own number does not help when it is lost, and one that does not serve never does.
    person({ lineId: 'a', sureness: 'known' }, { lineId: 'gone', sureness: 'known' }),
    person(),
  ];
  const usable = new Set(['a', 'b', 'c']);

  it('counts people who hold another number that serves, by how sure we are', () => {
    expect(countCoverage(people, usable)).toEqual({ users: 5, sent: 3, delivered: 2, known: 1 });
  });

  it('is the same in parts as in one', () => {
    const parts = people.map((each) => countCoverage([each], usable));
    expect(parts.reduce(addCoverage, NOBODY)).toEqual(countCoverage(people, usable));
  });

  it('is a share of the people, and whole where there is nobody to lose', () => {
    const shares = coverageOf(countCoverage(people, usable));
    expect(shares).toEqual({ users: 5, sent: 0.6, delivered: 0.4, known: 0.2 });
    expect(coverageOf(NOBODY)).toEqual({ users: 0, sent: 1, delivered: 1, known: 1 });
  });
});
