import type { EpochMs } from '@linekeeper/domain';

type Instants = readonly (EpochMs | null)[];

/** Whether a page goes from new to old. The provider promises no order. */
export function isNewestFirst(instants: Instants): boolean {
  return instants.every((at, i) => {
    const next = instants[i + 1];
    return at !== null && (next === undefined || (next !== null && next <= at));
  });
}

/**
 * Whether a page ends before `since` in a list that goes from new to old, so that no later page holds anything newer. A
 * page that shows another order says nothing, and the list is read to its end.
 */
export function reachesBack(instants: Instants, since: EpochMs): boolean {
  const last = instants.at(-1) ?? null;
  return last !== null && last < since && isNewestFirst(instants);
}
