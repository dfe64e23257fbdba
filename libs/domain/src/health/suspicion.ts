import type { FleetPolicy } from '../fleet-policy';
import { type EpochMs, HOUR_MS } from '../kernel/time';
import type { CanaryVerdict } from './canary';
import { addEvidence, type BadRates, evidenceFor } from './cusum';

/** What a line's detectors hold: three numbers and an instant. */
export interface Suspicion {
  /** Of failures and downgrades. */
  readonly evidence: number;
  /** Of replies that stay away: it raises a suspicion, and never ejects. */
  readonly silence: number;
  readonly suspectSince: EpochMs | null;
  /** Good outcomes since then. */
  readonly goodSince: number;
}

export const NO_SUSPICION: Suspicion = {
  evidence: 0,
  silence: 0,
  suspectSince: null,
  goodSince: 0,
};

/** An outcome that counts: one of a distinct recipient. */
export interface CountedOutcome {
  readonly outcome: 'good' | 'bad';
  readonly at: EpochMs;
}

/** Takes the outcome of a message in. `outcomesPerDay` are the line's own distinct ones: see {@link evidenceFor}. */
export function takeOutcome(
  held: Suspicion,
  { outcome, at }: CountedOutcome,
  rates: BadRates,
  outcomesPerDay: number,
  policy: FleetPolicy,
): Suspicion {
  const evidence = addEvidence(held.evidence, outcome, rates);
  const good = held.suspectSince !== null && outcome === 'good' ? 1 : 0;
  const next = { ...held, evidence, goodSince: held.goodSince + good };
  return evidence >= suspicionThreshold(outcomesPerDay, policy) ? suspect(next, at) : next;
}

/**
 * People of one day reply, or stay silent, together: it was a Sunday, or the app said something dull. So much is taken
 * for their intra-class correlation; without it replies alone make a healthy line suspect 31 times a year on a real
 * trace and 8 times on a made-up population, with it less than once (docs/arena.md).
 */
const REPLY_CORRELATION = 0.1;

/** What one of `n` replies of a day counts: n of them tell as much as n / (1 + (n - 1) rho) independent ones (Kish). */
export function replyWeight(perDay: number): number {
  return 1 / (1 + (Math.max(1, perDay) - 1) * REPLY_CORRELATION);
}

/** Takes in whether somebody replied to what we wrote. Bad is a reply that stayed away. */
export function takeReply(
  held: Suspicion,
  { outcome, at }: CountedOutcome,
  rates: BadRates,
  outcomesPerDay: number,
  policy: FleetPolicy,
): Suspicion {
  const silence = addEvidence(held.silence, outcome, rates, replyWeight(outcomesPerDay));
  const next = { ...held, silence };
  return silence >= suspicionThreshold(outcomesPerDay, policy) ? suspect(next, at) : next;
}

/**
 * Takes in how many of the people whom the line wrote to on a closed day replied. The silent ones are spread evenly
 * over the day, since nobody knows when a reply stayed away. `perDay`: see {@link outcomesPerDay}.
 */
export function takeReplies(
  held: Suspicion,
  day: {
    readonly recipients: number;
    readonly replied: number;
    readonly at: EpochMs;
    readonly perDay: number;
  },
  rates: BadRates,
  policy: FleetPolicy,
): Suspicion {
  const { recipients, at, perDay } = day;
  const silent = Math.max(0, recipients - day.replied);
  const before = (person: number): number => Math.floor((person * silent) / recipients);
  let next = held;
  for (let person = 0; person < recipients; person += 1) {
    const outcome = before(person + 1) > before(person) ? 'bad' : 'good';
    next = takeReply(next, { outcome, at }, rates, perDay, policy);
  }
  return next;
}

/** What is held against a line, as a share of what makes it suspect: 1 and more is a suspicion. */
export function evidenceShareOf(
  held: Pick<Suspicion, 'evidence' | 'silence'>,
  outcomesPerDay: number,
  policy: FleetPolicy,
): number {
  return Math.max(held.evidence, held.silence) / suspicionThreshold(outcomesPerDay, policy);
}

/**
 * The distinct outcomes a day that a line's threshold is for: those of the last 24 hours, and no fewer than on a day of the last week.
 * By the last 24 hours alone the threshold would fall on a quiet day upon evidence that busy ones left, and healthy lines
 * would be suspected ten times as often (docs/arena.md, S7).
 */
export function outcomesPerDay(last24h: number, lastWeek: number): number {
  return Math.max(last24h, lastWeek / 7);
}

/** Evidence and silence: each may be wrong half as often as a line may be suspected for nothing. */
const DETECTORS = 2;

/** The evidence that makes a line of that traffic suspect, for either detector. */
export function suspicionThreshold(outcomesPerDay: number, { health }: FleetPolicy): number {
  return evidenceFor(DETECTORS * health.detection.daysPerFalseSuspicion, outcomesPerDay);
}

function suspect(held: Suspicion, at: EpochMs): Suspicion {
  return held.suspectSince === null ? { ...held, suspectSince: at, goodSince: 0 } : held;
}

/** Everything there is to say of a line's health, in order of trust. */
export interface LineSigns {
  readonly flagged: boolean;
  readonly canary: CanaryVerdict;
  readonly suspicion: Suspicion;
}

export interface LineVerdict {
  readonly verdict: 'healthy' | 'suspect' | 'eject';
  readonly reason: string;
}

/**
 * What is to be done with a line. The provider's flag ejects whatever else is known. A suspected line is ejected by
 * a canary that fails or by overwhelming evidence, and is healthy again only when its canary works, no evidence is
 * left, and enough good outcomes and time have passed: it enters high and leaves at nothing, so it does not flap.
 * Where there is no canary the outcomes of its replies alone clear it.
 */
export function judgeLine(signs: LineSigns, now: EpochMs, policy: FleetPolicy): LineVerdict {
  const { ejectEvidence, clearOutcomes, clearHours } = policy.health.detection;
  const { evidence, silence, suspectSince, goodSince } = signs.suspicion;
  if (signs.flagged) return { verdict: 'eject', reason: 'the provider flagged it' };
  if (suspectSince === null) return { verdict: 'healthy', reason: 'nothing is held against it' };
  if (signs.canary === 'fails') return { verdict: 'eject', reason: 'its canary fails' };
  if (evidence >= ejectEvidence) {
    return { verdict: 'eject', reason: `evidence of ${evidence.toFixed(1)}` };
  }
  const wait = suspectSince + clearHours * HOUR_MS - now;
  const clear = evidence === 0 && silence === 0 && goodSince >= clearOutcomes && wait <= 0;
  if (clear && signs.canary === 'works') {
    return { verdict: 'healthy', reason: `${goodSince} good outcomes and a canary that works` };
  }
  if (clear && signs.canary === 'none') {
    return { verdict: 'healthy', reason: `${goodSince} good outcomes, without a canary` };
  }
  return { verdict: 'suspect', reason: `evidence of ${Math.max(evidence, silence).toFixed(1)}` };
}

/** After a verdict: whoever was cleared or ejected begins anew. */
export function afterVerdict(held: Suspicion, { verdict }: LineVerdict): Suspicion {
  return verdict === 'suspect' || held.suspectSince === null ? held : NO_SUSPICION;
}
