import { aLine, NOW } from '../../../../test/support/lines';
import { DEFAULT_FLEET_POLICY as policy } from '../fleet-policy';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../kernel/time';
import { decideSend } from './decide';
import { NOTHING_SAID } from './turns';
import type { ChatHealthWord, GateDecision, GateRequest, GateSnapshot } from './types';

const CHAT = { id: 'chat-1', health: 'HEALTHY' } as const;

/** A person in an old thread, silent for two days, at noon. */
const aSnapshot = (overrides: Partial<GateSnapshot> = {}): GateSnapshot => ({
  now: NOW,
  zone: 'UTC',
  line: aLine(),
  assignmentState: 'confirmed',
  needsIntroductionSince: null,
  chat: CHAT,
  threads: [{ health: 'HEALTHY', since: null }],
  wroteHere: false,
  talkedBefore: true,
  knowsLine: true,
  suppressedAt: null,
  liftedAt: null,
  replyAllowedUntil: null,
  counters: { ...NOTHING_SAID, lastInboundAt: NOW - 2 * DAY_MS },
  openUnsolicitedAt: null,
  transactionalToday: 0,
  fleetFrozen: false,
  contagion: false,
  unsettledUntil: null,
  sameTextAt: [],
  shedClasses: [],
  ...overrides,
});

/** They talk in a healthy thread; an older one, on a line they were moved from, has this health. */
const threads = (
  health: ChatHealthWord,
  since: number | null,
): Pick<GateSnapshot, 'chat' | 'threads'> => ({
  chat: CHAT,
  threads: [
    { health: 'HEALTHY', since: null },
    { health, since },
  ],
});

/** The person wrote a minute ago. */
const JUST_WROTE = { counters: { ...NOTHING_SAID, lastInboundAt: NOW - MINUTE_MS } };

const decide = (
  overrides: Partial<GateSnapshot> = {},
  askedClass: GateRequest['askedClass'] = null,
): GateDecision => decideSend({ askedClass, messages: 1 }, aSnapshot(overrides), policy);

/** The same text went out so often as the policy lets it, the first time nine minutes ago. */
const TEN_TIMES = Array.from({ length: 10 }, (_, i) => NOW - (9 - i) * MINUTE_MS);

const codeOf = (decision: GateDecision): string => decision.reasons.at(-1)!.code;

describe('the class of a message', () => {
  it.each<[string, Partial<GateSnapshot>, GateRequest['askedClass'], string]>([
    ['a reply to who wrote lately', JUST_WROTE, null, 'reply'],
    ['a reply, asked for as one', JUST_WROTE, 'reply', 'reply'],
    ['never a reply for being called one', {}, 'reply', 'proactive'],
    ['proactive when the app says so', JUST_WROTE, 'proactive', 'proactive'],
    ['transactional on request', {}, 'transactional', 'transactional'],
    ['transactional twice a day', { transactionalToday: 1 }, 'transactional', 'transactional'],
    ['not a third time', { transactionalToday: 2 }, 'transactional', 'proactive'],
    ['transactional below a reply', JUST_WROTE, 'transactional', 'transactional'],
    ['an introduction on a number new to them', { chat: null }, null, 'introduction'],
    ['proactive to whom we never spoke', { chat: null, talkedBefore: false }, null, 'proactive'],
  ])('is %s', (_what, snapshot, asked, expected) => {
    const decision = decide(snapshot, asked);
    expect(decision.class).toBe(expected);
    expect(decision.reasons[0]?.code).toBe(`class-${expected}`);
  });
});

describe('whoever holds no usable number', () => {
  const retryAt = (since: number | null, bannedUntil: number | null): number | null => {
    const decision = decide({
      assignmentState: 'needs-introduction',
      needsIntroductionSince: since,
      line: aLine({ health: 'ejected', bannedUntil }),
    });
    expect(codeOf(decision)).toBe('needs-introduction');
    return decision.kind === 'defer' ? decision.retryAt : null;
  };

  it.each<[string, number | null, number | null, number]>([
    ['told of after four hours', NOW - HOUR_MS, null, NOW + 3 * HOUR_MS],
    ['told of again after a day', NOW - 4 * HOUR_MS, null, NOW + 20 * HOUR_MS],
    ['looked at again each hour after that', NOW - 24 * HOUR_MS, null, NOW + HOUR_MS],
    ['given back to a line whose ban ends before', NOW - HOUR_MS, NOW + HOUR_MS, NOW + HOUR_MS],
    ['not made to wait for a longer ban', NOW - HOUR_MS, NOW + DAY_MS, NOW + 3 * HOUR_MS],
    ['not made to wait for a ban that is over', NOW - HOUR_MS, NOW, NOW + 3 * HOUR_MS],
    ['counted from now when nobody noted since when', null, null, NOW + 4 * HOUR_MS],
  ])('is %s', (_what, since, bannedUntil, expected) => {
    expect(retryAt(since, bannedUntil)).toBe(expected);
  });

  it('is not told to wait for what will never go out', () => {
    const critical = {
      assignmentState: 'needs-introduction',
      ...threads('CRITICAL', null),
    } as const;
    expect(decide(critical).kind).toBe('refuse');
  });
});

describe('the gate', () => {
  it.each<[string, Partial<GateSnapshot>, GateRequest['askedClass'], string, string]>([
    ['who said stop', { suppressedAt: NOW - DAY_MS }, null, 'refuse', 'suppressed'],
    [
      'who said stop, though they wrote',
      { ...JUST_WROTE, suppressedAt: NOW },
      null,
      'refuse',
      'suppressed',
    ],
    ['who was given back', { assignmentState: 'released' }, null, 'refuse', 'not-assigned'],
    [
      'who holds no usable number',
      { assignmentState: 'needs-introduction' },
      null,
      'defer',
      'needs-introduction',
    ],
    [
      'an opted-out thread',
      { ...JUST_WROTE, ...threads('OPTED_OUT', null) },
      null,
      'refuse',
      'chat-opted-out',
    ],
    ['a critical thread', threads('CRITICAL', null), null, 'refuse', 'chat-critical'],
    [
      'a flagged line',
      { line: aLine({ providerStatus: 'FLAGGED' }) },
      null,
      'defer',
      'line-flagged',
    ],
    [
      'an ejected line, a reply too',
      { ...JUST_WROTE, line: aLine({ health: 'ejected' }) },
      null,
      'defer',
      'line-ejected',
    ],
    ['a warming line', { line: aLine({ adminState: 'warming' }) }, null, 'defer', 'line-warming'],
    [
      'a critical line',
      { line: aLine({ reputation: 'CRITICAL' }) },
      null,
      'defer',
      'line-reputation-critical',
    ],
    ['a frozen fleet', { fleetFrozen: true }, null, 'defer', 'fleet-frozen'],
    ['contagion', { contagion: true }, null, 'defer', 'contagion'],
    ['brown-out', { shedClasses: ['proactive'] }, null, 'defer', 'brown-out'],
    ['night', { zone: 'Asia/Tokyo', now: NOW }, null, 'defer', 'quiet-hours'],
    ['a text that went out ten times', { sameTextAt: TEN_TIMES }, null, 'defer', 'same-text'],
    [
      'a line that rests',
      { line: aLine({ adminState: 'maintenance', maintenanceUntil: NOW + HOUR_MS }) },
      null,
      'defer',
      'line-maintenance',
    ],
    [
      'what a lost line may have sent, a reply too',
      { ...JUST_WROTE, unsettledUntil: NOW + 1 },
      null,
      'defer',
      'unsettled',
    ],
  ])('stops for %s', (_what, snapshot, asked, kind, code) => {
    const decision = decide(snapshot, asked);
    expect([decision.kind, codeOf(decision)]).toEqual([kind, code]);
  });

  it.each<[string, Partial<GateSnapshot>, GateRequest['askedClass']]>([
    ['a critical thread', threads('CRITICAL', null), null],
    ['a critical line', { line: aLine({ reputation: 'CRITICAL' }) }, null],
    ['a cordoned line', { line: aLine({ adminState: 'cordoned' }) }, null],
    ['a draining line', { line: aLine({ adminState: 'draining' }) }, null],
    ['a suspect line', { line: aLine({ health: 'suspect' }) }, null],
    ['a frozen fleet', { fleetFrozen: true }, null],
    ['contagion', { contagion: true }, null],
    ['night', { zone: 'Asia/Tokyo' }, null],
    ['a text that went out ten times', { sameTextAt: TEN_TIMES }, null],
    ['what a lost line would have sent by now', { unsettledUntil: NOW }, null],
    ['a full line', { line: aLine({ usedLast24h: 9_000 }) }, null],
    [
      'a suppression that a later message opened',
      { suppressedAt: NOW - DAY_MS, replyAllowedUntil: NOW + 1 },
      null,
    ],
  ])('lets a reply through despite %s', (_what, snapshot, asked) => {
    expect(decide({ ...JUST_WROTE, ...snapshot }, asked)).toMatchObject({
      kind: 'send',
      class: 'reply',
    });
  });

  it('says until when: the end of a window, of a burst of one text, of what may still arrive', () => {
    const retryAt = (snapshot: Partial<GateSnapshot>): number | null => {
      const decision = decide(snapshot, null);
      return decision.kind === 'defer' ? decision.retryAt : null;
    };
    const resting = (maintenanceUntil: number | null): Partial<GateSnapshot> => ({
      line: aLine({ adminState: 'maintenance', maintenanceUntil }),
    });
    expect(retryAt(resting(NOW + 5))).toBe(NOW + 5);
    expect(retryAt(resting(NOW))).toBe(NOW + HOUR_MS);
    expect(retryAt(resting(null))).toBe(NOW + HOUR_MS);
    expect(retryAt({ sameTextAt: TEN_TIMES })).toBe(TEN_TIMES[0]! + 600_000);
    expect(retryAt({ sameTextAt: [NOW - 1_000, ...TEN_TIMES] })).toBe(TEN_TIMES[0]! + 600_000);
    expect(retryAt({ unsettledUntil: NOW + 7 })).toBe(NOW + 7);
    expect(decide({ sameTextAt: TEN_TIMES.slice(1) }, null).kind).toBe('send');
  });

  it('introduces a stranger’s number by SMS only where the policy says so', () => {
    const stranger = { chat: null, talkedBefore: true, knowsLine: false } as const;
    const serviceBy = (needsIntroduction: 'hold' | 'introduce' | 'sms'): unknown => {
      const failover = { ...policy.failover, needsIntroduction };
      const answer = decideSend({ askedClass: null, messages: 1 }, aSnapshot(stranger), {
        ...policy,
        failover,
      });
      return answer.kind === 'send' ? answer.service : answer.kind;
    };
    expect([serviceBy('hold'), serviceBy('introduce'), serviceBy('sms')]).toEqual([
      null,
      null,
      'sms',
    ]);
  });

  it('answers a person who said stop only until the day they were given ends, and only with replies', () => {
    const opened = { suppressedAt: NOW - DAY_MS, replyAllowedUntil: NOW };
    expect(codeOf(decide({ ...JUST_WROTE, ...opened }))).toBe('suppressed');
    const open = { suppressedAt: NOW - DAY_MS, replyAllowedUntil: NOW + HOUR_MS };
    expect(codeOf(decide({ ...JUST_WROTE, ...open }, 'transactional'))).toBe('suppressed');
    expect(codeOf(decide(open))).toBe('suppressed');
  });

  it('holds an opt-out at the provider against every line, until it is taken back', () => {
    const optedOut = threads('OPTED_OUT', NOW - HOUR_MS);
    expect(codeOf(decide(optedOut))).toBe('chat-opted-out');
    expect(decide({ ...optedOut, liftedAt: NOW - MINUTE_MS }).kind).toBe('send');
    expect(codeOf(decide({ ...optedOut, liftedAt: NOW - HOUR_MS }))).toBe('chat-opted-out');
    // Who writes afterwards is answered, and no more than that.
    expect(decide({ ...JUST_WROTE, ...optedOut }).kind).toBe('send');
    expect(codeOf(decide({ ...JUST_WROTE, ...optedOut }, 'proactive'))).toBe('chat-opted-out');
  });

  it('lets nobody out of a critical thread but the person, who comes to another', () => {
    const critical = threads('CRITICAL', NOW - HOUR_MS);
    expect(codeOf(decide({ ...critical, chat: null }))).toBe('chat-critical');
    expect(codeOf(decide(critical, 'transactional'))).toBe('chat-critical');
    expect(decide({ ...critical, wroteHere: true }).kind).toBe('send');
    const itself = { chat: { ...CHAT, health: 'CRITICAL' }, wroteHere: true } as const;
    expect(codeOf(decide({ ...critical, ...itself }))).toBe('chat-critical');
  });

  it('sheds a class at a time in a brown-out, and never a reply', () => {
    expect(decide({ shedClasses: ['proactive'] }, 'transactional').kind).toBe('send');
    expect(decide({ shedClasses: ['transactional'] }, 'transactional').kind).toBe('defer');
  });

  it('lets a transactional message pass contagion, but not a freeze', () => {
    expect(decide({ contagion: true }, 'transactional').kind).toBe('send');
    expect(codeOf(decide({ fleetFrozen: true }, 'transactional'))).toBe('fleet-frozen');
  });

  it('says no rather than wait, when both hold', () => {
    const both = { suppressedAt: NOW, line: aLine({ health: 'ejected' }), fleetFrozen: true };
    expect(decide(both)).toMatchObject({ kind: 'refuse' });
  });

  it('waits for the end of a ban when it is known, else an hour', () => {
    const retryOf = (bannedUntil: number | null): unknown => {
      const decision = decide({ line: aLine({ health: 'ejected', bannedUntil }) });
      return decision.kind === 'defer' ? decision.retryAt : decision.kind;
    };
    expect(retryOf(NOW + 5 * HOUR_MS)).toBe(NOW + 5 * HOUR_MS);
    expect(retryOf(NOW - 1)).toBe(NOW + HOUR_MS);
    expect(retryOf(null)).toBe(NOW + HOUR_MS);
  });

  it('sends at night what a person asked for that night, the rest from eight in the morning', () => {
    // Noon in UTC is nine in the evening in Tokyo.
    expect(decide({ zone: 'Asia/Tokyo' })).toMatchObject({
      kind: 'defer',
      retryAt: Date.UTC(2026, 9, 6, 23),
    });
    expect(decide({ zone: 'Asia/Tokyo', now: NOW - 1 }).kind).toBe('send');
    expect(decide({ zone: 'Asia/Tokyo', now: Date.UTC(2026, 9, 6, 23) }).kind).toBe('send');
  });
});

describe('towards a person who does not answer', () => {
  const silent = (hoursAgo: number, unansweredTurns: number): Partial<GateSnapshot> => ({
    counters: {
      lastInboundAt: NOW - 9 * DAY_MS,
      lastOutboundAt: NOW - hoursAgo * HOUR_MS,
      lastUnsolicitedTurnAt: NOW - hoursAgo * HOUR_MS,
      outboundTurns: unansweredTurns,
      unansweredTurns,
    },
  });

  it('waits a day between unsolicited turns', () => {
    expect(decide(silent(23, 1))).toMatchObject({ kind: 'defer', retryAt: NOW + HOUR_MS });
    expect(codeOf(decide(silent(23, 1)))).toBe('unsolicited-pace');
    expect(decide(silent(24, 1)).kind).toBe('send');
  });

  it('gives up after three turns without an answer', () => {
    expect(decide(silent(30, 2)).kind).toBe('send');
    expect(decide(silent(30, 3))).toMatchObject({ kind: 'refuse' });
    expect(codeOf(decide(silent(30, 3)))).toBe('unanswered');
  });

  it('lets a turn that has begun go on for two minutes', () => {
    expect(decide(silent(119 / 3_600, 3)).kind).toBe('send');
    expect(decide(silent(120 / 3_600, 3)).kind).toBe('refuse');
  });

  it('counts a turn that was admitted and not yet seen', () => {
    const open = { openUnsolicitedAt: NOW - HOUR_MS };
    expect(decide(open)).toMatchObject({ kind: 'defer', retryAt: NOW + 23 * HOUR_MS });
    expect(decide({ ...open, openUnsolicitedAt: NOW - MINUTE_MS }).kind).toBe('send');
  });

  it('forgets it all when they answer', () => {
    const { counters } = silent(23, 0);
    const answered = {
      ...counters!,
      lastInboundAt: NOW - HOUR_MS,
      lastOutboundAt: NOW - 23 * HOUR_MS,
    };
    expect(decide({ counters: answered }, 'proactive').kind).toBe('send');
  });
});

describe('what the ledger is asked to keep', () => {
  const limitsOf = (
    overrides: Partial<GateSnapshot>,
    asked: GateRequest['askedClass'] = null,
  ): unknown => {
    const decision = decide(overrides, asked);
    return decision.kind === 'send' ? decision.limits : decision;
  };

  it('binds a reply in its thread by nothing but the provider and the loop', () => {
    expect(limitsOf(JUST_WROTE)).toEqual({
      ceiling: null,
      hourCap: null,
      minuteCap: null,
      pairPer60s: 30,
      loopPerHour: 60,
      newConversation: false,
      newConversationsPer24h: 50,
      newConversationsPerHour: 50,
      maxOpenHolds: 50,
      holdMs: 35 * MINUTE_MS,
    });
  });

  it("binds a reply that begins a thread by the limit of the day, and not by the hour's pace", () => {
    expect(limitsOf({ ...JUST_WROTE, chat: null })).toMatchObject({
      ceiling: null,
      newConversation: true,
      newConversationsPer24h: 50,
      newConversationsPerHour: 50,
    });
    expect(limitsOf({ chat: null })).toMatchObject({
      newConversation: true,
      newConversationsPer24h: 40,
      newConversationsPerHour: 10,
    });
  });

  it('binds the others by their share of the cap, the hour and the minute', () => {
    const line = aLine({ todayCap: 1_000 });
    expect(limitsOf({ line })).toMatchObject({ ceiling: 700, hourCap: 150, minuteCap: 20 });
    expect(limitsOf({ line }, 'transactional')).toMatchObject({ ceiling: 900, hourCap: 150 });
    expect(limitsOf({ line, chat: null })).toMatchObject({ ceiling: 850, newConversation: true });
    expect(limitsOf({ line: aLine({ todayCap: 150 }) })).toMatchObject({
      ceiling: 105,
      hourCap: 30,
    });
  });

  it('halves the pace on a line or a thread at risk', () => {
    const slow = { ceiling: 2_100, hourCap: 225, minuteCap: 10 };
    expect(limitsOf({ line: aLine({ reputation: 'AT_RISK' }) })).toMatchObject(slow);
    expect(limitsOf({ chat: { ...CHAT, health: 'AT_RISK' } })).toMatchObject(slow);
  });

  it('says who writes in a first text to somebody who does not know the number', () => {
    const prefixOf = (overrides: Partial<GateSnapshot>): unknown => {
      const decision = decide({ chat: null, knowsLine: false, ...overrides });
      return decision.kind === 'send' ? [decision.firstText, decision.newConversation] : null;
    };
    expect(prefixOf({})).toEqual(['prefix', true]);
    expect(prefixOf({ knowsLine: true })).toEqual([null, true]);
    expect(prefixOf({ talkedBefore: false })).toEqual([null, true]);
    expect(prefixOf({ chat: CHAT })).toEqual([null, false]);
    const off = { ...policy, failover: { ...policy.failover, firstText: 'off' as const } };
    expect(
      decideSend(
        { askedClass: null, messages: 1 },
        aSnapshot({ chat: null, knowsLine: false }),
        off,
      ),
    ).toMatchObject({ firstText: null });
  });
});
