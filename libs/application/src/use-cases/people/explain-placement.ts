import type {
  FleetOutlook,
  LineView,
  PlacementPlan,
  PlacementRequest,
  UserPrior,
} from '@linekeeper/domain';
import type { Decision, PlacementSnapshot } from '../shared';

/** A line as far as numbers decided about it. `todayCap` is the cap of admission. */
export type LineNumbers = Pick<
  LineView,
  | 'id'
  | 'goodDays'
  | 'budgetPerDay'
  | 'todayCap'
  | 'meanMilli'
  | 'varianceMilli'
  | 'usedLast24h'
  | 'newUsersToday'
>;

/** What a placement was decided on. With the policy of that version it gives the same plan again. */
export interface PlacementInputs {
  readonly policyVersion: number;
  readonly now: number;
  readonly nextDayAt: number;
  readonly request: PlacementRequest;
  /** `days` is 0 while it is assumed. */
  readonly outlook: FleetOutlook;
  readonly prior: UserPrior;
  /** Every line that the plan did not remove for its state: what such a line would have been able to carry is no matter. */
  readonly lines: readonly LineNumbers[];
}

export type ExplainedPlan = PlacementPlan & { readonly inputs: PlacementInputs };

/** Reasons that are told by numbers, and not by a line's state. */
const BY_NUMBERS: readonly string[] = ['full', 'new-users-today', 'ramp-share'];

export function explained(
  plan: PlacementPlan,
  request: PlacementRequest,
  { now, nextDayAt, outlook, prior, lines }: PlacementSnapshot,
  { policyVersion }: Decision,
): ExplainedPlan {
  const byState = new Set(
    plan.removed.filter(({ reason }) => !BY_NUMBERS.includes(reason)).map(({ lineId }) => lineId),
  );
  const inputs = {
    policyVersion,
    now,
    nextDayAt,
    request,
    outlook,
    prior,
    lines: lines.filter(({ id }) => !byState.has(id)).map(numbersOf),
  };
  return { ...plan, inputs };
}

function numbersOf(line: LineView): LineNumbers {
  const { id, goodDays, budgetPerDay, todayCap, meanMilli, varianceMilli } = line;
  const { usedLast24h, newUsersToday } = line;
  return {
    id,
    goodDays,
    budgetPerDay,
    todayCap,
    meanMilli,
    varianceMilli,
    usedLast24h,
    newUsersToday,
  };
}
