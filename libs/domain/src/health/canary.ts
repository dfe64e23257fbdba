import type { FleetPolicy } from '../fleet-policy';
import { type EpochMs, MINUTE_MS } from '../kernel/time';

/** A message to one of our own test handles, as it ended. */
export interface Probe {
  readonly handle: string;
  /** From the line in question, or from a healthy line beside it. */
  readonly from: 'line' | 'control';
  readonly at: EpochMs;
  readonly ok: boolean;
}

/** `none`: the policy names too few test handles for a canary, so none is ever sent. */
export type CanaryVerdict = 'works' | 'fails' | 'unknown' | 'none';

/**
 * What the canary says: only by handles that the control line reached within the same minutes, since a handle that
 * nobody reaches says nothing of the line. With the newest probe of each: it works, or fails, when enough handles
 * agree and none of them differs.
 */
export function canaryVerdict(
  probes: readonly Probe[],
  now: EpochMs,
  { health }: FleetPolicy,
): CanaryVerdict {
  const { canaryHandles, canaryMinutes } = health.detection;
  const recent = probes.filter(({ at }) => at <= now && now - at <= canaryMinutes * MINUTE_MS);
  const handles = [...new Set(recent.map(({ handle }) => handle))];
  const heard = handles.flatMap((handle) => {
    const control = newest(recent, handle, 'control');
    const line = newest(recent, handle, 'line');
    return control?.ok && line ? [line.ok] : [];
  });
  if (heard.length < canaryHandles || new Set(heard).size > 1) return 'unknown';
  return heard.includes(true) ? 'works' : 'fails';
}

/** Of two at the same instant the worse one. */
function newest(probes: readonly Probe[], handle: string, from: Probe['from']): Probe | undefined {
  return probes
    .filter((probe) => probe.handle === handle && probe.from === from)
    .sort((a, b) => b.at - a.at || Number(a.ok) - Number(b.ok))[0];
}
