import { idOfPlace, isAfter, placeOfId } from './event-place';

describe('A place among the events', () => {
  it('is read as it was written', () => {
    const place = { xid: 734_512n, seq: 8_812 };
    expect(placeOfId(idOfPlace(place))).toEqual(place);
  });

  it('of an earlier release is a number alone; anything else is none', () => {
    expect(placeOfId('8812')).toBe(8_812);
    for (const odd of ['', '-', '1-', '-1', '1-2-3', 'x', '1e3', '9'.repeat(30)]) {
      expect({ odd, place: placeOfId(odd) }).toEqual({ odd, place: null });
    }
  });

  it('goes by the transaction before the number', () => {
    expect(isAfter({ xid: 2n, seq: 1 }, { xid: 1n, seq: 9 })).toBe(true);
    expect(isAfter({ xid: 1n, seq: 9 }, { xid: 2n, seq: 1 })).toBe(false);
    expect(isAfter({ xid: 1n, seq: 2 }, { xid: 1n, seq: 1 })).toBe(true);
    expect(isAfter({ xid: 1n, seq: 1 }, { xid: 1n, seq: 1 })).toBe(false);
  });
});
