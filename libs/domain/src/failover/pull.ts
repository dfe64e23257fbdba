import type { FleetPolicy } from '../fleet-policy';
import { type EpochMs, HOUR_MS } from '../kernel/time';

/**
 * Whether a person who writes on another line than theirs has moved there by themselves: at once when their own
 * line cannot serve, else after enough inbound turns within the window. `turns` are instants of inbound turns on
 * that other line, oldest first.
 */
export function pullMoves(
  turns: readonly EpochMs[],
  ownLineUsable: boolean,
  policy: FleetPolicy,
): boolean {
  if (!ownLineUsable) return turns.length > 0;
  const { pullTurns, pullOverHours } = policy.failover;
  const first = turns[turns.length - pullTurns];
  const last = turns.at(-1);
  return first !== undefined && last !== undefined && last - first <= pullOverHours * HOUR_MS;
}
