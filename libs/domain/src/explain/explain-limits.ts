import type { FleetPolicy } from '../fleet-policy';
import { servedClasses } from '../health/brown-out';
import { canaryMemoryStart, type CanaryVerdict, canaryVerdict, type Probe } from '../health/canary';
import { lossesAreContagious } from '../health/contagion';
import { mayEjectByInference } from '../health/ejection-limit';
import { type Alarm, panicSince } from '../health/panic';
import type { EpochMs } from '../kernel/time';
import type { SendClass } from '../line/availability';
import type { Explanation } from './explanation';

type Detection = FleetPolicy['health']['detection'];

type ExplainedCanary = Explanation<
  { readonly probes: readonly Probe[]; readonly now: EpochMs },
  Pick<
    Detection,
    'canaryHandles' | 'canaryMinutes' | 'minBadRate' | 'maxBadRate' | 'flaggedBadRate'
  >,
  { readonly memoryStart: EpochMs },
  CanaryVerdict
>;

/** What our own test messages say of a line: see {@link canaryVerdict}. */
export function explainCanary(
  probes: readonly Probe[],
  now: EpochMs,
  policy: FleetPolicy,
): ExplainedCanary {
  const { canaryHandles, canaryMinutes, minBadRate, maxBadRate, flaggedBadRate } =
    policy.health.detection;
  return {
    decision: 'canary',
    inputs: { probes, now },
    policy: { canaryHandles, canaryMinutes, minBadRate, maxBadRate, flaggedBadRate },
    steps: { memoryStart: canaryMemoryStart(now, policy) },
    verdict: canaryVerdict(probes, now, policy),
  };
}

/** What the limits of a fleet are asked about. */
export interface FleetSigns {
  readonly now: EpochMs;
  /** Lines in use, those that inference has taken out, and those lost within a day. */
  readonly lines: number;
  readonly ejectedByInference: number;
  readonly lost: number;
  readonly alarms: readonly Alarm[];
  /** Messages a day that live lines carry, and that are asked for. */
  readonly capacity: number;
  readonly demand: Readonly<Record<SendClass, number>>;
}

type ExplainedLimits = Explanation<
  FleetSigns,
  Pick<Detection, 'panicDomains' | 'panicMinutes' | 'panicCleanMinutes' | 'brownoutShare'> &
    Pick<FleetPolicy['health'], 'maxInferredEjectionShare' | 'contagionLines' | 'contagionShare'>,
  { readonly mostEjected: number; readonly demandInAll: number },
  {
    readonly mayEject: boolean;
    readonly contagion: boolean;
    readonly panicSince: EpochMs | null;
    readonly served: readonly SendClass[];
  }
>;

/**
 * What holds for the whole fleet: whether inference may take one more line out, whether losses are contagious, since when
 * there is panic, and which classes are served.
 */
export function explainLimits(signs: FleetSigns, policy: FleetPolicy): ExplainedLimits {
  const { now, lines, ejectedByInference, lost, alarms, capacity, demand } = signs;
  const { maxInferredEjectionShare, contagionLines, contagionShare, detection } = policy.health;
  const { panicDomains, panicMinutes, panicCleanMinutes, brownoutShare } = detection;
  return {
    decision: 'fleet-limits',
    inputs: signs,
    policy: {
      ...{ maxInferredEjectionShare, contagionLines, contagionShare, brownoutShare },
      ...{ panicDomains, panicMinutes, panicCleanMinutes },
    },
    steps: {
      mostEjected: Math.max(1, Math.floor(maxInferredEjectionShare * lines)),
      demandInAll: Object.values(demand).reduce((sum, each) => sum + each, 0),
    },
    verdict: {
      mayEject: mayEjectByInference({ ejectedByInference, lines }, policy),
      contagion: lossesAreContagious({ lost, inUse: lines }, policy),
      panicSince: panicSince(alarms, now, policy),
      served: servedClasses(capacity, demand, policy),
    },
  };
}
