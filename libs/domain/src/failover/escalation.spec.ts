import { HOUR_MS } from '../kernel/time';
import { escalationDue, nextEscalationAt } from './escalation';

describe('An escalation', () => {
  it.each([
    [0, null, 4],
    [4 * HOUR_MS - 1, null, 4],
    [4 * HOUR_MS, 4, 24],
    [24 * HOUR_MS - 1, 4, 24],
    [24 * HOUR_MS, 24, null],
    [72 * HOUR_MS, 24, null],
  ])('after %d ms: the step that is due is %p, the next one %p', (waited, due, next) => {
    const since = Date.UTC(2026, 2, 2);
    expect(escalationDue(since, since + waited)).toBe(due);
    expect(nextEscalationAt(since, since + waited)).toBe(next && since + next * HOUR_MS);
  });
});
