import type { FleetPolicy } from '../fleet-policy';
import type { Load } from '../forecast/quantile';
import { whyNoNewUsers } from '../line/availability';
import { isRamping } from '../ramp/cap';
import { admits, loadWith, newUsersPerDay } from './admission';
import type { FleetSnapshot, LineView, PlacementRequest, RemovalReason } from './types';

/** Removes a line from the candidates with a reason, or lets it pass with null. */
export type Filter = (
  line: LineView,
  request: PlacementRequest,
  snapshot: FleetSnapshot,
  policy: FleetPolicy,
) => RemovalReason | null;

const askedFor: Filter = (line, request) =>
  request.onlyLineIds && !request.onlyLineIds.includes(line.id) ? 'not-asked-for' : null;

const available: Filter = (line, _request, snapshot) => whyNoNewUsers(line, snapshot.now);

const hasRoom: Filter = (line, request, snapshot, policy) => {
  const load = loadWith(line, request);
  const fits = admits(line, load, policy, snapshot.outlook) || takesItsFirst(line, load, policy);
  return fits ? null : 'full';
};

/**
 * A ramping line that carries nothing takes one person, up to its whole cap: where everybody says more than a new line's
 * share, its ramp would else wait for ever.
 */
function takesItsFirst(line: LineView, load: Load, policy: FleetPolicy): boolean {
  return line.meanMilli === 0 && isRamping(line, policy) && load.mean <= line.todayCap;
}

/** Mature lines are bounded by their load; a ramping one is also kept from taking a crowd in a day. */
const dailyNewUsers: Filter = (line, _request, { prior }, policy) =>
  isRamping(line, policy) && line.newUsersToday >= newUsersPerDay(line, policy, prior)
    ? 'new-users-today'
    : null;

/** In this order: the first reason is the one that is told. */
export const FILTERS: readonly Filter[] = [askedFor, available, hasRoom, dailyNewUsers];
