import type { FleetPolicy } from '../fleet-policy';
import { addEvidence, type BadRates } from '../health/cusum';
import {
  type CountedOutcome,
  judgeLine,
  type LineSigns,
  type LineVerdict,
  replyWeight,
  type Suspicion,
  suspicionThreshold,
  takeOutcome,
  takeReply,
} from '../health/suspicion';
import { type EpochMs, HOUR_MS } from '../kernel/time';
import type { Line } from '../line/line';
import { rampCap } from '../ramp/cap';
import { closeDay, type DayEvidence, type DayOutcome } from '../ramp/close-day';
import type { Explanation } from './explanation';

type JudgedLine = Pick<
  Line,
  'goodDays' | 'budgetPerDay' | 'health' | 'rampHoldUntil' | 'reputation'
>;

type ExplainedDay = Explanation<
  {
    readonly line: JudgedLine;
    readonly evidence: DayEvidence;
    readonly allowedPerDay: number;
    readonly now: EpochMs;
  },
  FleetPolicy['ramp'],
  { readonly cap: number; readonly used: number },
  DayOutcome
>;

/** What a closed day makes of a line's ramp: see {@link closeDay}. */
export function explainDay(
  line: JudgedLine,
  evidence: DayEvidence,
  allowedPerDay: number,
  now: EpochMs,
  policy: FleetPolicy,
): ExplainedDay {
  const { goodDays, budgetPerDay, health, rampHoldUntil, reputation } = line;
  return {
    decision: 'ramp-day',
    inputs: {
      line: { goodDays, budgetPerDay, health, rampHoldUntil, reputation },
      evidence,
      allowedPerDay,
      now,
    },
    policy: policy.ramp,
    steps: { cap: rampCap(line, policy), used: evidence.in + evidence.out },
    verdict: closeDay(line, evidence, allowedPerDay, now, policy),
  };
}

type ExplainedSuspicion = Explanation<
  {
    readonly of: 'outcome' | 'reply';
    readonly held: Suspicion;
    readonly counted: CountedOutcome;
    readonly rates: BadRates;
    readonly outcomesPerDay: number;
  },
  { readonly daysPerFalseSuspicion: number },
  { readonly evidence: number; readonly threshold: number },
  Suspicion
>;

/** What an outcome, or a reply that came or stayed away, adds against a line: see {@link takeOutcome}. */
export function explainSuspicion(
  of: 'outcome' | 'reply',
  held: Suspicion,
  counted: CountedOutcome,
  rates: BadRates,
  outcomesPerDay: number,
  policy: FleetPolicy,
): ExplainedSuspicion {
  const { daysPerFalseSuspicion } = policy.health.detection;
  const [take, before, weight] =
    of === 'outcome'
      ? [takeOutcome, held.evidence, 1]
      : [takeReply, held.silence, replyWeight(outcomesPerDay)];
  return {
    decision: 'suspicion',
    inputs: { of, held, counted, rates, outcomesPerDay },
    policy: { daysPerFalseSuspicion },
    steps: {
      evidence: addEvidence(before, counted.outcome, rates, weight),
      threshold: suspicionThreshold(outcomesPerDay, policy),
    },
    verdict: take(held, counted, rates, outcomesPerDay, policy),
  };
}

type ExplainedVerdict = Explanation<
  LineSigns & { readonly now: EpochMs },
  Pick<FleetPolicy['health']['detection'], 'ejectEvidence' | 'clearOutcomes' | 'clearHours'>,
  { readonly clearAt: EpochMs | null },
  LineVerdict
>;

/** Whether a line is healthy, suspect or to be ejected: see {@link judgeLine}. */
export function explainVerdict(
  signs: LineSigns,
  now: EpochMs,
  policy: FleetPolicy,
): ExplainedVerdict {
  const { ejectEvidence, clearOutcomes, clearHours } = policy.health.detection;
  const { suspectSince } = signs.suspicion;
  return {
    decision: 'ejection',
    inputs: { ...signs, now },
    policy: { ejectEvidence, clearOutcomes, clearHours },
    steps: { clearAt: suspectSince === null ? null : suspectSince + clearHours * HOUR_MS },
    verdict: judgeLine(signs, now, policy),
  };
}
