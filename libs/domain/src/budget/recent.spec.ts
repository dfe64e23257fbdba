import { Recent } from './recent';

describe('Recent', () => {
  let recent: Recent;
  beforeEach(() => (recent = new Recent(1_000)));
  const add = (...instants: number[]): void => instants.forEach((at) => recent.add(`at-${at}`, at));

  it('counts what is younger than its window', () => {
    add(100, 300, 200);
    expect([recent.count(300), recent.count(1_100), recent.count(1_300)]).toEqual([3, 2, 0]);
    expect(recent.isEmpty(1_300)).toBe(true);
  });

  it('counts within less than its window too', () => {
    add(100, 300, 500);
    expect(recent.count(500, 200)).toBe(1);
    expect(recent.count(500, 201)).toBe(2);
  });

  it('knows a mark by its id: the same one again, later or earlier, is no other', () => {
    add(100);
    recent.add('at-100', 500);
    expect(recent.count(100)).toBe(1);
    expect(recent.count(1_100)).toBe(0);
  });

  it('takes a mark back, and nothing that is not there', () => {
    recent.add('one', 100);
    recent.add('other', 100);
    recent.remove('one');
    recent.remove('one');
    expect(recent.count(100)).toBe(1);
  });

  it('says when there will be room', () => {
    add(100, 200, 300);
    expect(recent.roomAt(400, 4, 1)).toBe(400);
    expect(recent.roomAt(400, 3, 1)).toBe(1_100);
    expect(recent.roomAt(400, 3, 2)).toBe(1_200);
  });

  it('never has room for more than the limit, and says to come back', () => {
    expect(recent.roomAt(400, 1, 2)).toBe(1_400);
    add(100);
    expect(recent.roomAt(400, 1, 5)).toBe(1_100);
    expect(recent.roomAt(400, 1, 5, 200)).toBe(600);
  });
});
