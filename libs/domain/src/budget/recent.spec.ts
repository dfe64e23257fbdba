import { Recent } from './recent';

describe('Recent', () => {
  let recent: Recent;
  beforeEach(() => (recent = new Recent(1_000)));

  it('counts what is younger than its window', () => {
    [100, 300, 200].forEach((at) => recent.add(at));
    expect([recent.count(300), recent.count(1_100), recent.count(1_300)]).toEqual([3, 2, 0]);
    expect(recent.isEmpty(1_300)).toBe(true);
  });

  it('counts within less than its window too', () => {
    [100, 300, 500].forEach((at) => recent.add(at));
    expect(recent.count(500, 200)).toBe(1);
    expect(recent.count(500, 201)).toBe(2);
  });

  it('takes back one entry of an instant, and nothing that is not there', () => {
    recent.add(100);
    recent.add(100);
    recent.remove(100);
    recent.remove(99);
    expect(recent.count(100)).toBe(1);
  });

  it('says when there will be room', () => {
    [100, 200, 300].forEach((at) => recent.add(at));
    expect(recent.roomAt(400, 4, 1)).toBe(400);
    expect(recent.roomAt(400, 3, 1)).toBe(1_100);
    expect(recent.roomAt(400, 3, 2)).toBe(1_200);
  });

  it('never has room for more than the limit, and says to come back', () => {
    expect(recent.roomAt(400, 1, 2)).toBe(1_400);
    recent.add(100);
    expect(recent.roomAt(400, 1, 5)).toBe(1_100);
  });
});
