import type { Line } from '../types';
import type { World } from '../world';
import { tooMany } from './send-rules';

const INTERVAL_MS = 10_000;

/** Takes the turn of a line to check whom it can reach: one check in ten seconds, whichever version asks. */
export function takeTurn(world: World, line: Line, address: string): void {
  const key = world.config.capabilityScope === 'line' ? line.phoneNumber : '';
  const now = world.clock.now();
  const free = (world.checks.get(key) ?? -Infinity) + INTERVAL_MS;
  const limited = free > now;
  world.checkLog.push({ line: line.phoneNumber, address, at: now, limited });
  if (limited) throw tooMany((free - now) / 1_000);
  world.checks.set(key, now);
}
