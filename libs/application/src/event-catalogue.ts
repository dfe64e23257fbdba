import type { EventType } from './events';

/** What an event says, for whoever listens. */
export interface DescribedEvent {
  readonly about: string;
  /** Its `data`, without the actor and the policy version that every event has. */
  readonly example: Readonly<Record<string, unknown>>;
  /** Fields of the example that may be missing. */
  readonly optional?: readonly string[];
  /** Other fields may come along. */
  readonly open?: true;
}

const id = (last: string): string => `018f6a2e-8c31-7d04-9b52-3a1f0c9d7e${last}`;
const USER = id('10');
const ASSIGNMENT = id('11');
const LINE = id('12');
const OTHER_LINE = id('13');
const FAILOVER = id('14');
const POOL = id('15');
const OTHER = id('16');

/** Every event type with an example: docs/events.md is made from it, and what is really sent is compared with it. */
export const EVENT_CATALOGUE: Readonly<Record<EventType, DescribedEvent>> = {
  'user.onboarded': {
    about: 'Somebody was placed on a line, by the API.',
    example: {
      userId: USER,
      assignmentId: ASSIGNMENT,
      lineId: LINE,
      fallbackLineIds: [OTHER_LINE],
    },
  },
  'user.discovered': {
    about: 'Somebody whom nobody had announced wrote to one of the lines.',
    example: { userId: USER, assignmentId: ASSIGNMENT, lineId: LINE, state: 'confirmed' },
  },
  'user.wait-listed': {
    about: 'Every line is full: somebody waits for a place, first come first served.',
    example: { userId: USER, poolId: POOL, position: 3 },
  },
  'user.promoted': {
    about: 'Somebody who waited has a place now.',
    example: {
      userId: USER,
      assignmentId: ASSIGNMENT,
      lineId: LINE,
      fallbackLineIds: [OTHER_LINE],
      waitedSeconds: 5_400,
    },
  },
  'user.claimed': {
    about: 'Somebody wrote with the code of a reservation, and it is theirs now.',
    example: { userId: USER, assignmentId: ASSIGNMENT },
  },
  'user.merged': {
    about: 'Two users turned out to be one person; the id of the other stays an alias.',
    example: {
      userId: USER,
      mergedUserId: OTHER,
      handles: 2,
      optedOut: false,
      reason: 'asked for by the app',
    },
  },
  'user.opted-out': {
    about: 'Somebody said stop: nothing is sent to them from any line.',
    example: { userId: USER, source: 'keyword', reason: 'stop' },
  },
  'user.opted-in': {
    about: 'Somebody took their stop back.',
    example: { userId: USER, source: 'keyword', reason: 'start' },
  },
  'contact-card.owed': {
    about: "The numbers on somebody's card have changed for good: they are to be sent the new one.",
    example: {
      userId: USER,
      assignmentId: ASSIGNMENT,
      lineId: LINE,

      fallbackLineIds: [OTHER_LINE],
    },
  },
  'assignment.confirmed': {
    about: 'The first message was seen on the line that somebody was placed on.',
    example: { userId: USER, assignmentId: ASSIGNMENT, lineId: LINE, reason: 'first message seen' },
  },
  'assignment.expired': {
    about: 'A reservation was not used in time; its room is free again.',
    example: { userId: USER, assignmentId: ASSIGNMENT, lineId: LINE },
  },
  'assignment.moved': {
    about: 'Somebody belongs to another line from now on.',
    example: {
      userId: USER,
      assignmentId: ASSIGNMENT,
      fromLineId: LINE,
      toLineId: OTHER_LINE,
      epoch: 4,
      reason: 'failover',
      failoverId: FAILOVER,
    },
    optional: ['failoverId'],
  },
  'assignment.needs-introduction': {
    about: "Somebody's line is gone and they hold no usable number: reach them by another way.",
    example: {
      userId: USER,
      assignmentId: ASSIGNMENT,
      lineId: LINE,
      reason: 'no usable number on the card',
    },
  },
  'assignment.escalated': {
    about: 'Somebody has waited for an introduction for 4 or for 24 hours.',
    example: { userId: USER, assignmentId: ASSIGNMENT, hours: 4 },
  },
  'line.registered': {
    about: 'A line joined the fleet.',
    example: { lineId: LINE, start: 'warming' },
  },
  'line.discovered': {
    about: 'The provider lists a number that nobody has registered. It is watched and not used.',
    example: {
      lineId: LINE,
      reason: 'the provider lists a number that nobody has registered: it is only watched',
    },
  },
  'line.missing': {
    about: 'The provider does not list a line any more. It takes nobody new until it is back.',
    example: {
      lineId: LINE,
      users: 112,
      fallbackUsers: 330,
      reason: 'the provider does not list it any more',
    },
  },
  'line.found': {
    about: 'The provider lists a line again that was missing.',
    example: { lineId: LINE },
  },
  'line.not-ready': {
    about: 'A line is warm, and its list of readiness keeps it from being activated. Told once.',
    example: { lineId: LINE, open: [{ check: 'contact-card' }] },
  },
  'line.changed': {
    about: 'A line was stepped or edited, or the provider tells something new of it.',
    example: {
      lineId: LINE,
      verb: 'cordon',
      reason: 'it is to take nobody',
      status: 'ACTIVE',
      reputation: 'HEALTHY',
      health: 'healthy',
      successorId: OTHER_LINE,
    },
    optional: ['verb', 'reason', 'status', 'reputation', 'health', 'successorId'],
  },
  'line.suspect': {
    about: 'Our own detectors doubt a line: no new users, no proactive messages.',
    example: { lineId: LINE, reason: '6 of 20 recipients did not get their message' },
  },
  'line.ejected': {
    about: 'A line is out: flagged by the provider, by an operator or by our detectors.',
    example: { lineId: LINE, cause: 'flagged', reason: 'flagged by the provider' },
  },
  'line.recovered': {
    about: 'A line may be used again.',
    example: { lineId: LINE, health: 'recovering' },
  },
  'line.overrun': {
    about: "Replies went beyond the day's cap of a line. Told once an hour.",
    example: { lineId: LINE, usedLast24h: 3_004, todayCap: 3_000 },
  },
  'line.budget-band': {
    about:
      'What a line carried in the last 24 hours has come into another band of its cap: below 70 per cent (0), 70, 85, or beyond it (100).',
    example: { lineId: LINE, band: 85, from: 70, usedLast24h: 2_560, todayCap: 3_000 },
  },
  'line.handover': {
    about:
      'People of a line whose number is replaced have a card with the new one: send it to them from the old one.',
    example: {
      lineId: LINE,
      successorId: OTHER_LINE,
      userIds: [USER],
      reason: 'their card has a new number: give it to them while the old one still works',
    },
  },
  'group.held': {
    about:
      'Group chats stay on a line that is lost: they wait until the group is made anew on another line.',
    example: { lineId: LINE, chatIds: ['chat-1'], more: false },
  },
  'group.escalated': {
    about: 'Groups on a lost line have waited for this many hours.',
    example: { lineId: LINE, chatIds: ['chat-1'], more: false, hours: 4 },
  },
  'group.recreated': {
    about:
      'A group whose line was lost goes on in a new thread on another line. The old id stays an alias: the gate answers for either with the new one.',
    example: {
      lineId: LINE,
      fromLineId: OTHER_LINE,
      chatId: 'chat-2',
      previousChatId: 'chat-1',
    },
  },
  'group.chat-changed': {
    about:
      'The provider goes on with a group in another thread of the same line, as it does when its members change. The old id stays an alias.',
    example: { lineId: LINE, chatId: 'chat-2', previousChatId: 'chat-1' },
  },
  'failover.started': {
    about: 'A line cannot serve its users, or is being drained: they are about to be moved.',
    example: { failoverId: FAILOVER, lineId: LINE, cause: 'flagged', users: 212, state: 'running' },
  },
  'failover.changed': {
    about: 'A failover was paused, resumed or cancelled, or waits for something.',
    example: {
      failoverId: FAILOVER,
      state: 'paused',
      usersWaiting: 3,
      reasons: ['no target has room'],
      heldBecause: 'no number of ours has room for them',
    },
    optional: ['usersWaiting', 'reasons', 'heldBecause'],
  },
  'failover.completed': {
    about: 'Everybody on the line was moved or waits for an introduction.',
    example: {
      failoverId: FAILOVER,
      lineId: LINE,
      usersMoved: 209,
      usersStranded: 3,
      etaAt: '2026-03-02T14:00:00.000Z',
    },
  },
  'fleet.frozen': {
    about: 'Somebody pressed the red button: only replies leave, nobody is placed or moved.',
    example: { reason: 'looking into it' },
  },
  'fleet.unfrozen': { about: 'The fleet acts by itself again.', example: { reason: 'all clear' } },
  'fleet.contagion': {
    about:
      'Several lines were flagged within a day: nothing proactive leaves, and nobody is pushed.',
    example: {
      lineId: LINE,
      reason: 'several lines were flagged within a day: push and proactive messages have stopped',
    },
  },
  'fleet.panic': {
    about: 'Unrelated lines alarm at once, which is an outage: nobody is ejected or moved.',
    example: {
      lineIds: [LINE, OTHER_LINE],
      reason: 'unrelated lines alarm at once: nobody is ejected or moved, and only replies leave',
    },
  },
  'fleet.brown-out': {
    about: 'Capacity: the lines of a pool carry too little, or enough again; these classes wait.',
    example: {
      poolId: POOL,
      shedClasses: ['proactive'],
      capacityPerDay: 4_200,
      demandPerDay: 9_100,
    },
  },
  'capacity.low': {
    about:
      'A pool has little room left for new users, or one lost line would be too much for the others.',
    example: { poolId: POOL, freeShare: 0.08, oneLossTooMuch: false },
  },
  'capacity.enough': {
    about: 'A pool has room again.',
    example: { poolId: POOL, freeShare: 0.21, oneLossTooMuch: false },
  },
  'coverage.low': {
    about: 'Too few people of a pool hold a number that would serve them if their line were lost.',
    example: { poolId: POOL, coveredShare: 0.93 },
  },
  'coverage.enough': {
    about: 'Enough people of a pool hold such a number again.',
    example: { poolId: POOL, coveredShare: 0.98 },
  },
  'rebalance.proposed': {
    about: 'Lines are beyond their cap by forecast; what would relieve them is proposed.',
    example: { proposalId: OTHER, lines: [{ lineId: LINE, share: 1.08 }], moves: 3 },
  },
  'rebalance.applied': {
    about: 'A proposal was carried out, by an operator or by the hourly check.',
    example: { proposalId: OTHER, moved: 3, skipped: 1 },
  },
  'actuator.summary': {
    about:
      'What the actuators would have done in the week that has ended, while they only observed or proposed: whom it concerned, and how often it came up.',
    example: {
      week: '2026-W10',
      withheld: [
        { week: '2026-W10', actuator: 'ejection', wouldBe: 'line.ejected', subjects: 1, times: 1 },
      ],
    },
  },
  'actuator.withheld': {
    about:
      'An actuator that only observes or proposes would have acted; beside these, the data of the event that it would have been.',
    example: { actuator: 'ejection', mode: 'observe', wouldBe: 'line.ejected' },
    open: true,
  },
  'day.closed': {
    about: "Ramp: a line's budget day was closed, and what it made of the cap.",
    example: {
      lineId: LINE,
      day: '2026-03-02',
      in: 160,
      out: 171,
      outcome: 'advance',
      capBefore: 366,
      capAfter: 458,
    },
  },
  'message.recovered': {
    about: 'A message of which no webhook told in time was read back.',
    example: {
      messageId: OTHER,
      chatId: 'chat-1',
      userId: USER,
      lineId: LINE,
      direction: 'inbound',
      recovered: true,
      ageSeconds: 912,
    },
  },
  'inbox.dead-letter': {
    about: 'An event of the provider could not be applied and waits for an operator.',
    example: { eventId: 'evt_1', eventType: 'message.received', reason: 'no such chat' },
  },
  'ledger.corrected': {
    about: 'The books and the messages of an hour did not agree, and the books were mended.',
    example: { lineId: LINE, hour: 492_384, stored: 41, counted: 42 },
  },
  'webhook-endpoint.enabled': {
    about: 'An operator enabled an endpoint for events.',
    example: { endpointId: OTHER, reason: 'mended' },
  },
  'webhook-endpoint.disabled': {
    about:
      'An endpoint for events is left alone: it failed for too long, is gone, or an operator said so.',
    example: { endpointId: OTHER, reason: '20 tries failed in a row, over more than 12 hours' },
  },
};
