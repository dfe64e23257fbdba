import { type FleetPolicy, READINESS_CHECKS } from '@linekeeper/domain';
import { z } from 'zod';

const share = z.number().min(0).max(1);
const positive = z.number().positive();
const count = z.number().int().min(1);

/** The fleet policy as the API takes it: every key known, every value in a range that makes sense. */
export const fleetPolicySchema: z.ZodType<FleetPolicy> = z.strictObject({
  budget: z.strictObject({
    messagesPerLinePerDay: count.max(100_000),
    dayStartHour: z.number().int().min(0).max(23),
    ceilings: z.strictObject({ proactive: share, introduction: share, transactional: share }),
    replies: z.enum(['overrun', 'hard-cap']),
    holdMinutes: positive.max(24 * 60),
    maxOpenHoldsPerLine: count.max(10_000),
    hourShare: share,
    hourFloor: count,
    nonRepliesPerMinute: count.max(600),
  }),
  sends: z.strictObject({
    pairLimitPer60s: count.max(30),
    loopLimitPerHour: count,
    replyWindowHours: positive,
    replyTurns: count,
    transactionalPerUserPerDay: z.number().int().min(0),
    turnGapSeconds: z.number().min(0).max(3_600),
    hoursBetweenUnsolicitedTurns: z.number().min(0),
    maxUnansweredTurns: count,
    sameTextLimit: count.max(1_000),
    sameTextMinutes: positive.max(24 * 60),
    quietHours: z.strictObject({
      fromHour: z.number().int().min(0).max(23),
      toHour: z.number().int().min(1).max(24),
    }),
  }),
  retention: z.strictObject({
    rawBodyDays: z.number().min(0).max(365),
    eventIdDays: z.number().min(2).max(365),
    sendDays: z.number().min(2).max(3_650),
    announcedDays: z.number().min(2).max(3_650),
  }),
  newConversations: z.strictObject({
    outboundPerLinePer24h: z.number().int().min(0).max(1_000),
    outboundPerLinePerHour: z.number().int().min(0).max(1_000),
    keptForAnswersPer24h: z.number().int().min(0).max(1_000),
  }),
  admission: z.strictObject({
    epsilon: z.number().min(1e-6).max(0.5),
    phi: z.number().min(0).max(10),
    sigmaFleetDay: z.number().min(0).max(3),
    maxMeanShare: share,
    rampMeanShare: share,
    rampShareOfNewUsers: share,
    fallbackMaxShare: share,
  }),
  forecast: z.strictObject({
    priorMeanPerDay: positive.max(10_000),
    priorCv: positive.max(10),
    priorDays: positive.max(365),
    dailyRetention: z.number().gt(0).max(1),
    clipPriorMeans: positive,
    weekdayPriorWeeks: positive.max(1_000),
    fleetDayWindowDays: count.max(3_650),
    fleetDayPriorDays: positive.max(3_650),
    learnFromUsers: count.min(2),
    learnFromDays: count.min(2),
    noveltyFactor: positive.max(100),
    noveltyDays: z.number().int().min(0).max(60),
  }),
  cards: z.strictObject({
    numbersPerCard: z.number().int().min(1).max(5),
    cardsPerLine: count.max(100),
    linesPerPod: count.max(400),
    maxLinesPerPod: count.max(400),
    podFullShare: share,
    shareEveryHours: positive,
    shareActiveWithinMinutes: positive,
    maxShares: z.number().int().min(0).max(100),
    sendAsMessage: z.boolean(),
    reissueDays: positive.max(3_650),
  }),
  reservations: z.strictObject({ outboundHours: positive, inboundHours: positive }),
  ramp: z.strictObject({
    firstDayCap: count,
    growth: z.number().gt(1).max(2),
    minUseShare: share,
    minDistinctRecipients: z.number().int().min(0),
    minReplyRatio: share,
    maxOutPerIn: positive,
    holdDaysAfterRegress: z.number().int().min(0).max(30),
    spikeFloor: count,
    idleDays: count.max(365),
  }),
  warming: z.strictObject({ days: z.number().min(0).max(60) }),
  lifecycle: z.strictObject({
    requiredChecks: z.array(z.enum(READINESS_CHECKS)).max(READINESS_CHECKS.length),
    preCordonMinutes: z
      .number()
      .min(0)
      .max(7 * 24 * 60),
    slowStartHours: z
      .number()
      .min(0)
      .max(30 * 24),
    maxDisruptedShare: share,
    dormantAfterDays: positive.max(365),
  }),
  health: z.strictObject({
    banHours: positive,
    maxBanDays: positive,
    reputationStaleMinutes: positive,
    contagionLines: count,
    contagionShare: share,
    maxInferredEjectionShare: share,
    detection: z.strictObject({
      minBadRate: z.number().gt(0).lt(1),
      maxBadRate: z.number().gt(0).lt(1),
      flaggedBadRate: z.number().gt(0).lt(1),
      daysPerFalseSuspicion: positive,
      ejectEvidence: positive.max(100),
      recipientHours: positive,
      seenDays: positive,
      clearOutcomes: count,
      clearHours: z.number().min(0),
      canaryHandles: count.max(10),
      canaryTestHandles: z.array(z.string().min(3).max(254)).max(10),
      canaryMinutes: positive,
      panicDomains: count.min(2),
      panicMinutes: positive,
      panicCleanMinutes: positive,
      brownoutShare: share,
    }),
  }),
  failover: z.strictObject({
    batchSize: count.max(1_000),
    pullTurns: count,
    pullOverHours: positive,
    silentDays: positive,
    needsIntroduction: z.enum(['hold', 'introduce', 'sms']),
    firstText: z.enum(['prefix', 'off']),
    groups: z.enum(['hold', 'recreate']),
    targetMaxShare: share,
  }),
  rebalance: z.strictObject({
    highShare: positive,
    lowShare: positive,
    targetMaxShare: share,
    cooldownDays: z.number().min(0),
    idleHours: z.number().min(0),
    maxUsersShare: share,
  }),
  losses: z.strictObject({
    maxSets: count.max(100_000),
    capacityLowShare: share,
    capacityEnoughShare: share,
    coverageLowShare: share,
    coverageEnoughShare: share,
  }),
  eventsOut: z.strictObject({
    retryHours: positive.max(7 * 24),
    disableAfterFailures: count.max(10_000),
    disableAfterHours: z
      .number()
      .min(0)
      .max(7 * 24),
    timeoutSeconds: positive.max(30),
    secretOverlapHours: z
      .number()
      .min(0)
      .max(7 * 24),
    keepLogDays: positive.max(365),
  }),
  capabilityChecks: z.strictObject({
    newcomers: z.boolean(),
    cacheMinutes: positive.max(24 * 60),
    maxTries: count.max(20),
  }),
  capacity: z.strictObject({
    pricePerLinePerMonth: z.number().min(0).max(1_000_000).nullable(),
    leadTimeDays: z.number().int().min(0).max(365),
    growthPerDay: z.number().min(0).max(0.5),
  }),
});
