import { type BookEntry, checkCeilings } from './ceilings';

const START = Date.UTC(2026, 2, 2);
const HOUR_MS = 3_600_000;

const message = (hour: number, key: string | null, line = 'a'): BookEntry => ({
  line,
  direction: key === null ? 'in' : 'out',
  at: new Date(START + hour * HOUR_MS).toISOString(),
  idempotencyKey: key,
});
const classOf = new Map([
  ['reply-1', 'reply'],
  ['cold-1', 'proactive'],
  ['cold-2', 'proactive'],
]);
const ceilingOf = (): number => 3;

describe('the check of the ceilings', () => {
  it('minds no reply, however full the line', () => {
    const books = [0, 1, 2, 3, 4].map((hour) => message(hour, null));
    expect(checkCeilings([...books, message(5, 'reply-1')], classOf, ceilingOf)).toEqual({
      unasked: 0,
      over: 0,
      unadmitted: 0,
    });
  });

  it('finds what nobody asked for and went over its ceiling, within 24 hours of that line', () => {
    const books = [0, 1, 2].map((hour) => message(hour, null));
    const check = (...more: BookEntry[]): unknown =>
      checkCeilings([...more, ...books], classOf, ceilingOf);
    expect(check(message(3, 'cold-1'))).toEqual({ unasked: 1, over: 1, unadmitted: 0 });
    expect(check(message(24, 'cold-1'))).toEqual({ unasked: 1, over: 0, unadmitted: 0 });
    expect(check(message(23.9, 'cold-1'))).toMatchObject({ over: 1 });
    expect(check(message(3, 'cold-1', 'b'))).toMatchObject({ unasked: 1, over: 0 });
    expect(check(message(25, 'cold-1'), message(25.5, 'cold-2'))).toMatchObject({
      unasked: 2,
      over: 0,
    });
  });

  it('finds what the gate never let out', () => {
    expect(checkCeilings([message(0, 'made up')], classOf, ceilingOf).unadmitted).toBe(1);
  });
});
