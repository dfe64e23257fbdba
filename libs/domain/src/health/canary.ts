import type { FleetPolicy } from '../fleet-policy';
import { type EpochMs, MINUTE_MS } from '../kernel/time';
import { addEvidence, badRatesOf } from './cusum';

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

/** Messages of a round to one handle: one alone may be lost by chance, and is no more than a hint. */
export const PROBES_PER_ROUND = 4;

/** Probes matter for so many times `canaryMinutes`. */
const MEMORY = 3;

/**
 * The evidence of one handle at which it says that the line fails: two lost probes, and no more than two that arrived
 * since the first. Two handles say so of a healthy line, which loses one in fifty, once in 170,000 rounds.
 */
const LOST_EVIDENCE = 4.5;

/**
 * What the canary says: only by probes whose handle a control line reached at about the same time, since a handle
 * that nobody reaches says nothing of the line. It fails when enough handles say so, each by its own evidence, which
 * is added up as that of people is, and still loses some. It works when enough handles were heard of lately and nothing
 * is held against the line any more.
 */
export function canaryVerdict(
  probes: readonly Probe[],
  now: EpochMs,
  policy: FleetPolicy,
): CanaryVerdict {
  const { canaryHandles } = policy.health.detection;
  const remembered = probes
    .filter(({ at }) => at <= now && at >= canaryMemoryStart(now, policy))
    .sort((a, b) => a.at - b.at);
  const controls = remembered.filter(({ from }) => from === 'control');
  const heard = remembered.filter((probe) => probe.from === 'line' && isReached(probe, controls));
  const handles = [...new Set(heard.map(({ handle }) => handle))].map((handle) => {
    const own = heard.filter((probe) => probe.handle === handle);
    const newest = own.filter(({ at }) => at === own.at(-1)?.at);
    return {
      isFresh: newest.some(({ at }) => now - at <= windowOf(policy)),
      isLosing: newest.some(({ ok }) => !ok),
      evidence: evidenceOf(own, policy),
    };
  });
  const fresh = handles.filter(({ isFresh }) => isFresh);
  const against = fresh.filter(({ isLosing, evidence }) => isLosing && evidence >= LOST_EVIDENCE);
  if (against.length >= canaryHandles) return 'fails';
  const works = fresh.length >= canaryHandles && handles.every(({ evidence }) => evidence === 0);
  return works ? 'works' : 'unknown';
}

/**
 * Whether a handle is to be written to from a line now: once in `canaryMinutes`, and again as soon as it is known how
 * the last round ended while anything of these minutes was lost. `earlier` are the probes of this line to this
 * handle; `ok` is null while nobody knows.
 */
export function isRoundDue(
  earlier: readonly { readonly at: EpochMs; readonly ok: boolean | null }[],
  now: EpochMs,
  policy: FleetPolicy,
): boolean {
  const recent = earlier.filter(({ at }) => now - at <= windowOf(policy));
  if (recent.length === 0) return true;
  return recent.every(({ ok }) => ok !== null) && recent.some(({ ok }) => ok === false);
}

/** Probes before this say nothing any more. */
export function canaryMemoryStart(now: EpochMs, policy: FleetPolicy): EpochMs {
  return now - MEMORY * windowOf(policy);
}

const windowOf = ({ health }: FleetPolicy): number => health.detection.canaryMinutes * MINUTE_MS;

/** By the control probe nearest in time; of two the worse one. */
function isReached({ handle, at }: Probe, controls: readonly Probe[]): boolean {
  const distance = (probe: Probe): number => Math.abs(probe.at - at);
  const [nearest] = controls
    .filter((probe) => probe.handle === handle)
    .sort((a, b) => distance(a) - distance(b) || Number(a.ok) - Number(b.ok));
  return nearest?.ok === true;
}

function evidenceOf(probes: readonly Probe[], policy: FleetPolicy): number {
  const { minBadRate, maxBadRate } = policy.health.detection;
  const rates = badRatesOf(Math.sqrt(minBadRate * maxBadRate), policy);
  return probes.reduce((sum, { ok }) => addEvidence(sum, ok ? 'good' : 'bad', rates), 0);
}
