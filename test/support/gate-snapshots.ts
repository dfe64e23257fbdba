import {
  ADMIN_STATES,
  DAY_MS,
  type GateRequest,
  type GateSnapshot,
  HEALTHS,
  PROVIDER_STATUSES,
  REPUTATIONS,
} from '@linekeeper/domain';
import fc from 'fast-check';
import { aLine, NOW } from './lines';

const before = (days: number): fc.Arbitrary<number | null> =>
  fc.option(fc.integer({ min: 0, max: days * DAY_MS }).map((ms) => NOW - ms));

/** What the gate may see of a person, a thread and a line, at one instant. */
export const anySnapshot: fc.Arbitrary<GateSnapshot> = fc.record({
  now: fc.constant(NOW),
  zone: fc.constantFrom('UTC', 'Asia/Tokyo', 'America/New_York', 'Asia/Kolkata'),
  line: fc
    .record({
      managed: fc.constantFrom(true, true, false),
      adminState: fc.constantFrom('enabled', 'enabled', ...ADMIN_STATES),
      health: fc.constantFrom('healthy', 'healthy', ...HEALTHS),
      providerStatus: fc.constantFrom('ACTIVE', ...PROVIDER_STATUSES),
      reputation: fc.constantFrom('HEALTHY', ...REPUTATIONS),
      bannedUntil: fc.option(fc.integer({ min: NOW - DAY_MS, max: NOW + DAY_MS })),
      maintenanceUntil: fc.option(fc.integer({ min: NOW - DAY_MS, max: NOW + DAY_MS })),
      todayCap: fc.integer({ min: 0, max: 3_000 }),
    } as const)
    .map((state) => aLine(state)),
  assignmentState: fc.constantFrom(
    'confirmed',
    'confirmed',
    'reserved',
    'overflow',
    'needs-introduction',
    'released',
  ),
  needsIntroductionSince: before(3),
  chat: fc.option(
    fc.record({
      id: fc.constant('chat-1'),
      health: fc.constantFrom('HEALTHY', 'HEALTHY', 'AT_RISK', 'CRITICAL', 'OPTED_OUT'),
    } as const),
  ),
  threads: fc.array(
    fc.record({
      health: fc.constantFrom('HEALTHY', 'HEALTHY', 'AT_RISK', 'CRITICAL', 'OPTED_OUT'),
      since: before(3),
    } as const),
    { maxLength: 3 },
  ),
  wroteHere: fc.boolean(),
  sameTextAt: fc
    .array(fc.integer({ min: NOW - 600_000 + 1, max: NOW }), { maxLength: 14 })
    .map((instants) => instants.sort((a, b) => a - b)),
  unsettledUntil: fc.option(fc.integer({ min: NOW - DAY_MS, max: NOW + DAY_MS }), { freq: 1 }),
  talkedBefore: fc.boolean(),
  knowsLine: fc.boolean(),
  suppressedAt: fc.option(fc.constant(NOW - DAY_MS), { freq: 2 }),
  liftedAt: before(3),
  replyAllowedUntil: fc.option(fc.integer({ min: NOW - DAY_MS, max: NOW + DAY_MS })),
  counters: fc.record({
    lastInboundAt: before(3),
    lastOutboundAt: before(3),
    lastUnsolicitedTurnAt: before(3),
    outboundTurns: fc.nat(5),
    unansweredTurns: fc.nat(4),
  }),
  openUnsolicitedAt: before(1),
  transactionalToday: fc.nat(3),
  fleetFrozen: fc.constantFrom(false, false, true),
  shedClasses: fc.subarray(['transactional', 'introduction', 'proactive'] as const),
  contagion: fc.constantFrom(false, false, true),
} as const);

export const anyRequest: fc.Arbitrary<GateRequest> = fc.record({
  askedClass: fc.constantFrom(null, 'reply', 'transactional', 'proactive'),
  messages: fc.integer({ min: 1, max: 5 }),
} as const);
