import { READINESS_CHECKS, type ReadinessCheck } from './line/readiness-checks';

/**
 * Every threshold the fleet is run by, in one value. A stored version of it is edited through the API, and each
 * decision names the version that made it. Shares are fractions of 1, times are in the unit their name ends with.
 */
export interface FleetPolicy {
  readonly budget: {
    /** 3,000 a line and day, in and out: the recommendation of Linq's V2 FAQ; the V3 preset is 7,000. */
    readonly messagesPerLinePerDay: number;
    /** Start of the budget day in the fleet's zone; 6 is the quietest hour, so no evening is cut in two. */
    readonly dayStartHour: number;
    /** Shares of the day's cap above which a class is no longer admitted. A reply has none. */
    readonly ceilings: {
      readonly proactive: number;
      readonly introduction: number;
      readonly transactional: number;
    };
    /** `overrun`: a person who wrote is always answered; `hard-cap`: not even then beyond the cap. */
    readonly replies: 'overrun' | 'hard-cap';
    /** How long a hold lasts without news: webhooks are retried for about 25 minutes. */
    readonly holdMinutes: number;
    readonly maxOpenHoldsPerLine: number;
    /** Share of the day's cap that non-replies may reach within one clock hour, and its floor in messages. */
    readonly hourShare: number;
    readonly hourFloor: number;
    readonly nonRepliesPerMinute: number;
  };
  readonly sends: {
    /** Linq's hard limit for one line and recipient. */
    readonly pairLimitPer60s: number;
    /** More than this to one person in an hour is a loop, whatever the class. */
    readonly loopLimitPerHour: number;
    readonly replyWindowHours: number;
    readonly replyTurns: number;
    readonly transactionalPerUserPerDay: number;
    /** Bubbles within this time are one turn. */
    readonly turnGapSeconds: number;
    readonly hoursBetweenUnsolicitedTurns: number;
    readonly maxUnansweredTurns: number;
    /** The same text, unless it is a reply, goes out so often within these minutes, from all lines together. */
    readonly sameTextLimit: number;
    readonly sameTextMinutes: number;
    /** Non-replies go out from `fromHour` (inclusive) to `toHour` (exclusive) of the person's zone. */
    readonly quietHours: { readonly fromHour: number; readonly toHour: number };
  };
  readonly retention: {
    /** What was said stands in the bodies of webhooks; once processed they are kept to look into, and no longer. */
    readonly rawBodyDays: number;
    /** For so long an event that comes again is known by its id. */
    readonly eventIdDays: number;
    readonly sendDays: number;
    /** Events to the app can be read again and replayed for so long. */
    readonly announcedDays: number;
  };
  readonly newConversations: {
    /** Outbound-started, all causes together; Linq advises fewer than about 50 per rolling 24 hours. */
    readonly outboundPerLinePer24h: number;
    readonly outboundPerLinePerHour: number;
    /** Of those of 24 hours, so many are left for answers: whoever wrote is not kept waiting by those we write to unasked. */
    readonly keptForAnswersPer24h: number;
  };
  readonly admission: {
    /** Probability with which a line's day may exceed its cap. */
    readonly epsilon: number;
    /** Over-dispersion of one user's day: variance = mean + phi * mean^2. */
    readonly phi: number;
    /** Spread of the day factor that the whole fleet shares (coefficient of variation). */
    readonly sigmaFleetDay: number;
    /** No line is filled beyond this share of its cap by mean. */
    readonly maxMeanShare: number;
    /** While ramping, admission is by mean alone, up to this share of the cap: what less of it costs is in docs/arena.md. */
    readonly rampMeanShare: number;
    /** Share of new users that may go to ramping lines while mature ones have room. */
    readonly rampShareOfNewUsers: number;
    /** Load of one lost line that each fallback must be able to take, as a share of its cap. */
    readonly fallbackMaxShare: number;
  };
  readonly forecast: {
    /** A new user's messages a day, in and out, until there is history. */
    readonly priorMeanPerDay: number;
    readonly priorCv: number;
    /** Weight of the prior in days (K) and daily forgetting (delta) of the credibility estimate. */
    readonly priorDays: number;
    readonly dailyRetention: number;
    /** A single day counts at most this many prior means, so that one user cannot poison the estimate. */
    readonly clipPriorMeans: number;
    /** Weeks of an even week that stand beside what was seen when the weekdays are learned (kappa). */
    readonly weekdayPriorWeeks: number;
    /** Days from which the spread of the fleet's day factor is learned, and the weight of its start value in days. */
    readonly fleetDayWindowDays: number;
    readonly fleetDayPriorDays: number;
    /** The assumed prior is replaced once this many users have this many days of history each. */
    readonly learnFromUsers: number;
    readonly learnFromDays: number;
    /** What a new user's first days are in normal days, until a pilot has measured it. */
    readonly noveltyFactor: number;
    readonly noveltyDays: number;
  };
  readonly cards: {
    /** Numbers on one card: primary and fallbacks. Four strand nobody at any three losses. */
    readonly numbersPerCard: number;
    /** Cards that hold a line, about: the more, the finer its users spread over the others when it is lost. */
    readonly cardsPerLine: number;
    /** Lines that share cards among themselves, and the most before they become two pods. */
    readonly linesPerPod: number;
    readonly maxLinesPerPod: number;
    /** A further pod opens when every pod carries more than this share of what it may admit. */
    readonly podFullShare: number;
    /** A line's own card is shared into a thread once in so many hours; when first, what the line speaks decides. */
    readonly shareEveryHours: number;
    readonly shareActiveWithinMinutes: number;
    readonly maxShares: number;
    /** Whether the service itself sends cards as messages to whoever is to be given one. */
    readonly sendAsMessage: boolean;
    /** At most one card that nobody asked for in so many days, to somebody who has one. */
    readonly reissueDays: number;
  };
  readonly reservations: { readonly outboundHours: number; readonly inboundHours: number };
  readonly ramp: {
    readonly firstDayCap: number;
    readonly growth: number;
    /** A day is judged by use when this share of what admission allowed was used. */
    readonly minUseShare: number;
    readonly minDistinctRecipients: number;
    readonly minReplyRatio: number;
    readonly maxOutPerIn: number;
    readonly holdDaysAfterRegress: number;
    /** No line, also a mature one, jumps above growth x its own recent use; this is the floor of that guard. */
    readonly spikeFloor: number;
    /** A line that carried nothing for so long begins its ramp again, at the floor of the spike guard. */
    readonly idleDays: number;
  };
  readonly warming: { readonly days: number };
  readonly lifecycle: {
    /** What has to be good, or waived, before a line goes into service. */
    readonly requiredChecks: readonly ReadinessCheck[];
    /** How long before a maintenance window a line stops taking new users. */
    readonly preCordonMinutes: number;
    /** How long after it new users come more slowly. */
    readonly slowStartHours: number;
    /** Share of a pool's lines that may be out at a time by our own will, always one. */
    readonly maxDisruptedShare: number;
    /** A line that only stands on cards and has carried nothing for so long is said to sleep. */
    readonly dormantAfterDays: number;
  };
  readonly health: {
    readonly banHours: number;
    readonly maxBanDays: number;
    readonly reputationStaleMinutes: number;
    readonly contagionLines: number;
    readonly contagionShare: number;
    /** Share of the active lines that inference (not the provider's flag) may remove. */
    readonly maxInferredEjectionShare: number;
    /** What tells a sick line before the provider does. */
    readonly detection: {
      /** Share of bad outcomes of a healthy line, learned within these bounds (p0), and that of a flagged one (p1). */
      readonly minBadRate: number;
      readonly maxBadRate: number;
      readonly flaggedBadRate: number;
      /** One false suspicion for each line in this many days: more than a year, since rates are learned and not known. */
      readonly daysPerFalseSuspicion: number;
      /** Evidence (natural logarithm of odds) that ejects; 18 is less than one false ejection in 1,000 line-years. */
      readonly ejectEvidence: number;
      /** One recipient counts once in this time, so that one person's phone flags no line. */
      readonly recipientHours: number;
      /** SMS to somebody seen on iMessage within this time is a bad outcome. */
      readonly seenDays: number;
      /** A suspicion ends after so many good outcomes and so long, at no evidence left. */
      readonly clearOutcomes: number;
      readonly clearHours: number;
      /** A canary speaks by so many handles that a control line reaches within the same minutes. */
      readonly canaryHandles: number;
      /** Our own test phones, as numbers or email addresses; with fewer than `canaryHandles` there is no canary. */
      readonly canaryTestHandles: readonly string[];
      readonly canaryMinutes: number;
      /** Lines of as many failure domains alarming within these minutes are an outage of the provider. */
      readonly panicDomains: number;
      readonly panicMinutes: number;
      readonly panicCleanMinutes: number;
      /** Below this share of the demand that live lines can carry, replies go first. */
      readonly brownoutShare: number;
    };
  };
  readonly failover: {
    readonly batchSize: number;
    readonly pullTurns: number;
    readonly pullOverHours: number;
    /** A person silent for this long is not pushed to: the next thread is theirs to start. */
    readonly silentDays: number;
    /**
     * Whoever holds no number of ours that serves waits for the app to give them one (`hold`), or is written to from the
     * best line there is, a stranger to them: as usual (`introduce`) or by SMS (`sms`).
     */
    readonly needsIntroduction: 'hold' | 'introduce' | 'sms';
    readonly firstText: 'prefix' | 'off';
    /**
     * A group on a lost line waits in sight for its line (`hold`), since nobody chose to be in another thread; or it is made
     * anew on another line when something is next to be said in it (`recreate`).
     */
    readonly groups: 'hold' | 'recreate';
    readonly targetMaxShare: number;
  };
  readonly rebalance: {
    readonly highShare: number;
    readonly lowShare: number;
    readonly targetMaxShare: number;
    readonly cooldownDays: number;
    readonly idleHours: number;
    readonly maxUsersShare: number;
  };
  readonly losses: {
    /** Sets of lost lines that the loss report works out for a pool, all single lines among them. */
    readonly maxSets: number;
    /** Free admission as a share of what the lines may carry: below the first it is low, from the second enough. */
    readonly capacityLowShare: number;
    readonly capacityEnoughShare: number;
    /** Share of people who were sent a fallback that serves: below the first it is low, from the second enough. */
    readonly coverageLowShare: number;
    readonly coverageEnoughShare: number;
  };
  /** Events to the customer's endpoints. */
  readonly eventsOut: {
    /** An event that an endpoint does not take is tried for so long; a shorter outage loses nothing. */
    readonly retryHours: number;
    /** An endpoint is disabled after so many failed tries in a row, if the first of them is so long ago. */
    readonly disableAfterFailures: number;
    readonly disableAfterHours: number;
    /** How long an endpoint may take to answer: it is to store the event and to work on it afterwards. */
    readonly timeoutSeconds: number;
    /** After a rotation the secret from before signs beside the new one for so long. */
    readonly secretOverlapHours: number;
    /** How long the delivery log is kept. */
    readonly keepLogDays: number;
  };
  /** Whether people can be reached by iMessage, as the provider is asked through the lines, one question in ten seconds each. */
  readonly capabilityChecks: {
    /** Whether everybody whom an app brings is asked about by itself. */
    readonly newcomers: boolean;
    /** How long an answer holds: Linq says minutes and not days, and half an hour covers the beginning of a conversation. */
    readonly cacheMinutes: number;
    /** Tries without an answer, over eight minutes, until it is given up: an outage that is longer says nothing of the person. */
    readonly maxTries: number;
  };
  readonly capacity: {
    /** What one line costs a month, in a currency of the operator's; null: unknown, and nothing is said of money. */
    readonly pricePerLinePerMonth: number | null;
    /** Days from the order of a line until it is there. Linq gives no figure: a working week, until one is known. */
    readonly leadTimeDays: number;
    /** Share by which the users are taken to grow each day: 1 % doubles them in 70 days. */
    readonly growthPerDay: number;
  };
}

/** The defaults, each with its reason in {@link FleetPolicy}. Version 1 of every environment. */
export const DEFAULT_FLEET_POLICY: FleetPolicy = {
  budget: {
    messagesPerLinePerDay: 3_000,
    dayStartHour: 6,
    ceilings: { proactive: 0.7, introduction: 0.85, transactional: 0.9 },
    replies: 'overrun',
    holdMinutes: 35,
    maxOpenHoldsPerLine: 50,
    hourShare: 0.15,
    hourFloor: 30,
    nonRepliesPerMinute: 20,
  },
  sends: {
    pairLimitPer60s: 30,
    loopLimitPerHour: 60,
    replyWindowHours: 24,
    replyTurns: 3,
    transactionalPerUserPerDay: 2,
    turnGapSeconds: 120,
    hoursBetweenUnsolicitedTurns: 24,
    maxUnansweredTurns: 3,
    sameTextLimit: 10,
    sameTextMinutes: 10,
    quietHours: { fromHour: 8, toHour: 21 },
  },
  retention: { rawBodyDays: 7, eventIdDays: 35, sendDays: 35, announcedDays: 35 },
  newConversations: {
    outboundPerLinePer24h: 50,
    outboundPerLinePerHour: 10,
    keptForAnswersPer24h: 10,
  },
  admission: {
    epsilon: 0.01,
    phi: 0.5,
    sigmaFleetDay: 0.25,
    maxMeanShare: 0.8,
    rampMeanShare: 0.5,
    rampShareOfNewUsers: 0.25,
    fallbackMaxShare: 0.95,
  },
  forecast: {
    priorMeanPerDay: 20,
    priorCv: 1,
    priorDays: 1.05,
    dailyRetention: 0.97,
    clipPriorMeans: 20,
    weekdayPriorWeeks: 4,
    fleetDayWindowDays: 56,
    fleetDayPriorDays: 14,
    learnFromUsers: 30,
    learnFromDays: 7,
    noveltyFactor: 1.5,
    noveltyDays: 2,
  },
  cards: {
    numbersPerCard: 4,
    cardsPerLine: 16,
    linesPerPod: 20,
    maxLinesPerPod: 26,
    podFullShare: 0.9,
    shareEveryHours: 24,
    shareActiveWithinMinutes: 5,
    maxShares: 7,
    sendAsMessage: true,
    reissueDays: 30,
  },
  reservations: { outboundHours: 2, inboundHours: 24 },
  ramp: {
    firstDayCap: 150,
    growth: 1.25,
    minUseShare: 0.6,
    minDistinctRecipients: 20,
    minReplyRatio: 0.2,
    maxOutPerIn: 3,
    holdDaysAfterRegress: 3,
    spikeFloor: 300,
    idleDays: 14,
  },
  warming: { days: 7 },
  lifecycle: {
    requiredChecks: READINESS_CHECKS,
    preCordonMinutes: 60,
    slowStartHours: 24,
    maxDisruptedShare: 0.2,
    dormantAfterDays: 7,
  },
  health: {
    banHours: 24,
    maxBanDays: 14,
    reputationStaleMinutes: 15,
    contagionLines: 3,
    contagionShare: 0.1,
    maxInferredEjectionShare: 0.2,
    detection: {
      minBadRate: 0.01,
      maxBadRate: 0.05,
      flaggedBadRate: 0.3,
      daysPerFalseSuspicion: 400,
      ejectEvidence: 18,
      recipientHours: 24,
      seenDays: 7,
      clearOutcomes: 50,
      clearHours: 6,
      canaryHandles: 2,
      canaryTestHandles: [],
      canaryMinutes: 10,
      panicDomains: 3,
      panicMinutes: 10,
      panicCleanMinutes: 15,
      brownoutShare: 0.5,
    },
  },
  failover: {
    batchSize: 200,
    pullTurns: 3,
    pullOverHours: 24,
    silentDays: 14,
    needsIntroduction: 'hold',
    firstText: 'prefix',
    groups: 'hold',
    targetMaxShare: 0.95,
  },
  rebalance: {
    highShare: 1,
    lowShare: 0.92,
    targetMaxShare: 0.85,
    cooldownDays: 14,
    idleHours: 72,
    maxUsersShare: 0.01,
  },
  losses: {
    maxSets: 2_000,
    capacityLowShare: 0.1,
    capacityEnoughShare: 0.15,
    coverageLowShare: 0.95,
    coverageEnoughShare: 0.97,
  },
  eventsOut: {
    retryHours: 24,
    disableAfterFailures: 20,
    disableAfterHours: 12,
    timeoutSeconds: 10,
    secretOverlapHours: 24,
    keepLogDays: 30,
  },
  capabilityChecks: { newcomers: true, cacheMinutes: 30, maxTries: 5 },
  capacity: { pricePerLinePerMonth: null, leadTimeDays: 5, growthPerDay: 0.01 },
};

/** Threads that one line may start in 24 hours with people who wait for no answer. */
export function unaskedPer24h({ newConversations }: Pick<FleetPolicy, 'newConversations'>): number {
  const { outboundPerLinePer24h, keptForAnswersPer24h } = newConversations;
  return Math.max(0, outboundPerLinePer24h - keptForAnswersPer24h);
}
