import type { FleetPolicy } from '../fleet-policy';

/** Two thresholds that contradict each other: both by their path, and the rule between them. */
export interface CrossedThresholds {
  readonly lower: string;
  readonly upper: string;
  readonly rule: string;
}

/** The value at the first path must not exceed the one at the second. */
interface Relation {
  readonly lower: string;
  readonly upper: string;
  /** What one unit of each is in a unit of both; default 1. */
  readonly lowerUnit?: number;
  readonly upperUnit?: number;
  /** By so much the lower one must be below the upper. */
  readonly apart?: number;
}

/** Thresholds that are each in range but only make sense in this order. */
export const POLICY_RELATIONS: readonly Relation[] = [
  { lower: 'budget.ceilings.proactive', upper: 'budget.ceilings.introduction' },
  { lower: 'budget.ceilings.introduction', upper: 'budget.ceilings.transactional' },
  { lower: 'budget.hourFloor', upper: 'budget.messagesPerLinePerDay' },
  { lower: 'sends.quietHours.fromHour', upper: 'sends.quietHours.toHour', apart: 1 },
  // What the provider lets go in a minute is never more than a loop of an hour.
  { lower: 'sends.pairLimitPer60s', upper: 'sends.loopLimitPerHour' },
  {
    lower: 'newConversations.outboundPerLinePerHour',
    upper: 'newConversations.outboundPerLinePer24h',
  },
  {
    lower: 'newConversations.outboundPerLinePer24h',
    upper: 'budget.messagesPerLinePerDay',
  },
  {
    lower: 'newConversations.keptForAnswersPer24h',
    upper: 'newConversations.outboundPerLinePer24h',
  },
  { lower: 'retention.rawBodyDays', upper: 'retention.eventIdDays' },
  { lower: 'eventsOut.retryHours', upper: 'retention.announcedDays', upperUnit: 24 },
  // A ramping line is filled less than a mature one.
  { lower: 'admission.rampMeanShare', upper: 'admission.maxMeanShare' },
  // A line that is as full as it may be must still be able to be somebody's fallback.
  { lower: 'admission.maxMeanShare', upper: 'admission.fallbackMaxShare' },
  { lower: 'cards.numbersPerCard', upper: 'cards.linesPerPod' },
  { lower: 'cards.linesPerPod', upper: 'cards.maxLinesPerPod' },
  { lower: 'ramp.firstDayCap', upper: 'budget.messagesPerLinePerDay' },
  // Below the cap of the first day the guard's floor would take the ramp's place.
  { lower: 'ramp.firstDayCap', upper: 'ramp.spikeFloor' },
  { lower: 'ramp.spikeFloor', upper: 'budget.messagesPerLinePerDay' },
  { lower: 'health.banHours', upper: 'health.maxBanDays', upperUnit: 24 },
  { lower: 'health.detection.minBadRate', upper: 'health.detection.maxBadRate' },
  { lower: 'health.detection.maxBadRate', upper: 'health.detection.flaggedBadRate' },
  // An outage that is over before its alarms are forgotten would begin again by them.
  { lower: 'health.detection.panicMinutes', upper: 'health.detection.panicCleanMinutes' },
  { lower: 'losses.capacityLowShare', upper: 'losses.capacityEnoughShare' },
  { lower: 'losses.coverageLowShare', upper: 'losses.coverageEnoughShare' },
  { lower: 'rebalance.lowShare', upper: 'rebalance.highShare' },
  { lower: 'rebalance.targetMaxShare', upper: 'rebalance.lowShare' },
];

/** Finds thresholds that contradict each other. */
export function crossedThresholds(policy: FleetPolicy): CrossedThresholds[] {
  return POLICY_RELATIONS.filter(({ lower, upper, lowerUnit = 1, upperUnit = 1, apart = 0 }) => {
    const low = numberAt(policy, lower) * lowerUnit;
    return low + apart > numberAt(policy, upper) * upperUnit;
  }).map(({ lower, upper, apart }) => ({
    lower,
    upper,
    rule:
      apart === undefined
        ? `${lower} must not exceed ${upper}`
        : `${lower} must be less than ${upper}`,
  }));
}

function numberAt(policy: FleetPolicy, path: string): number {
  let value: unknown = policy;
  for (const key of path.split('.')) value = (value as Record<string, unknown>)[key];
  return value as number;
}
