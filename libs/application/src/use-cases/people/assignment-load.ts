import type { AssignmentRecord, LoadDelta } from '../../ports';

/** What an assignment puts on its line and its fallbacks: `sign` 1 adds it, -1 takes it away. */
export function loadOf(
  assignment: Pick<AssignmentRecord, 'lineId' | 'meanMilli' | 'varianceMilli' | 'fallbackLineIds'>,
  sign: 1 | -1,
  newUsers = 0,
): LoadDelta[] {
  const none = { users: 0, meanMilli: 0, varianceMilli: 0, fallbackUsers: 0, newUsers: 0 };
  return [
    {
      ...none,
      lineId: assignment.lineId,
      users: sign,
      meanMilli: sign * assignment.meanMilli,
      varianceMilli: sign * assignment.varianceMilli,
      newUsers,
    },
    ...assignment.fallbackLineIds.map((lineId) => ({
      ...none,
      lineId,
      fallbackUsers: sign,
      primaryLineId: assignment.lineId,
    })),
  ];
}
