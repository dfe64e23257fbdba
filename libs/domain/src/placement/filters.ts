import type { FleetPolicy } from '../fleet-policy';
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

const hasRoom: Filter = (line, request, snapshot, policy) =>
  admits(line, loadWith(line, request), policy, snapshot.outlook) ? null : 'full';

/** Mature lines are bounded by their load; a ramping one is also kept from taking a crowd in a day. */
const dailyNewUsers: Filter = (line, _request, { prior }, policy) =>
  isRamping(line, policy) && line.newUsersToday >= newUsersPerDay(line, policy, prior)
    ? 'new-users-today'
    : null;

/** In this order: the first reason is the one that is told. */
export const FILTERS: readonly Filter[] = [askedFor, available, hasRoom, dailyNewUsers];
