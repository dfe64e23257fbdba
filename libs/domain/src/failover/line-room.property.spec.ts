import fc from 'fast-check';
import { aLine, NOW as NOON } from '../../../../test/support/lines';
import { LineLedger } from '../budget/line-ledger';
import { DEFAULT_FLEET_POLICY as policy } from '../fleet-policy';
import { budgetDay, budgetDayStart, nextDay } from '../kernel/budget-day';
import { DAY_MS, epochHour, HOUR_MS, MINUTE_MS } from '../kernel/time';
import type { LineView } from '../placement/types';
import { rampCap, todayCap } from '../ramp/cap';
import { decideSend } from '../sends/decide';
import { NOTHING_SAID } from '../sends/turns';
import { planFailover } from './plan';
import type { FailoverUser } from './types';

const RUNS = { numRuns: 300 };
const ZONES = ['UTC', 'Asia/Tokyo', 'America/New_York', 'Asia/Kolkata'];

interface Case {
  readonly now: number;
  readonly line: LineView;
  readonly sendCap: number;
  /** Messages of the running hour and of the 24 before it, newest first. */
  readonly counts: readonly number[];
  readonly scheduled: readonly number[];
  readonly users: readonly FailoverUser[];
}

/** A line that carried about as much as its ceiling lets it, and people of several zones. */
const anyCase: fc.Arbitrary<Case> = fc
  .record({
    now: fc.integer({ min: 0, max: DAY_MS }).map((ms) => NOON + ms),
    goodDays: fc.constantFrom(0, 3, 8, 20),
    capShare: fc.constantFrom(0.4, 0.7, 1),
    // Some days are even, in some a few hours carry nearly all.
    counts: fc.oneof(
      fc.array(fc.integer({ min: 0, max: 100 }), { minLength: 25, maxLength: 25 }),
      fc.array(fc.constantFrom<number>(0, 0, 0, 1, 30), { minLength: 25, maxLength: 25 }),
    ),
    fill: fc.double({ min: 0, max: 1.6, noNaN: true }),
    scheduled: fc.array(fc.integer({ min: 0, max: 40 * 60 }), { maxLength: 6 }),
    zones: fc.array(fc.constantFrom(...ZONES), { minLength: 1, maxLength: 30 }),
  })
  .map(({ now, goodDays, capShare, counts, fill, scheduled, zones }) => {
    const whole = rampCap({ goodDays, budgetPerDay: 3_000 }, policy);
    const sendCap = Math.round(capShare * whole);
    const sum = Math.max(
      1,
      counts.reduce((a, b) => a + b, 0),
    );
    return {
      now,
      sendCap,
      line: aLine({ id: 'target', goodDays, todayCap: whole }),
      counts: counts.map((count) => Math.round((count / sum) * fill * sendCap)),
      scheduled: scheduled.map((minutes) => now + minutes * MINUTE_MS),
      users: zones.map((zone, i) => ({
        userId: `user-${i}`,
        zone,
        meanMilli: 0,
        varianceMilli: 0,
        knownLineIds: ['target'],
        lastInboundAt: now - (i % 3) * DAY_MS,
        lastOutboundAt: now - DAY_MS,
        unansweredTurns: 0,
        chatHealth: null,
      })),
    };
  });

/** What the gate says of each first contact at its slot when each hour to come brings `again` of the day before. */
function playPlan(given: Case, again: number): { kind: string; at: number; userId: string }[] {
  const { now, line, sendCap, counts, scheduled, users } = given;
  const running = epochHour(now);
  const before = new Map(counts.map((count, back) => [running - back, count]));
  const { moves } = planFailover(
    {
      ...{ now, zone: 'UTC', lineId: 'lost', users, lines: [line] },
      contacts: new Map([
        [
          'target',
          {
            ...{ last24h: 0, lastHour: 0, scheduled },
            carried: {
              sendCap,
              hours: counts
                .map((count, back) => ({ hour: running - back, in: count, out: 0 }))
                .filter((hour) => hour.in > 0),
            },
          },
        ],
      ]),
    },
    policy,
  );
  const carriedBy = (hour: number, at: number): number => {
    if (hour < running) return before.get(hour) ?? 0;
    if (hour > running + 48) return 0;
    const same = before.get(hour - 24 * Math.floor((hour - running) / 24 + 1)) ?? 0;
    const begin = Math.max(now, hour * HOUR_MS);
    const rest = Math.ceil(again * same * ((Math.min(at, (hour + 1) * HOUR_MS) - begin) / HOUR_MS));
    return rest + (hour === running ? (before.get(hour) ?? 0) : 0);
  };
  const ledger = new LineLedger();
  const sent: number[] = [];
  const tell = (at: number): void => {
    const first = epochHour(at) - 24;
    const hours = Array.from({ length: 25 }, (_, i) => first + i).map((hour) => ({
      hour,
      in: carriedBy(hour, at),
      out: sent.filter((each) => epochHour(each) === hour).length,
    }));
    ledger.record({ hours, messages: [], threads: [], holds: [] }, at);
  };
  const today = budgetDay(now, 'UTC', policy.budget.dayStartHour);
  const begins = budgetDayStart(today, 'UTC', policy.budget.dayStartHour);
  const changes = budgetDayStart(nextDay(today), 'UTC', policy.budget.dayStartHour);
  const capAt = (at: number): number => {
    if (at < changes) return sendCap;
    let ofDay = sent.filter((each) => each >= begins && each < changes).length;
    for (let hour = epochHour(begins); hour < epochHour(changes); hour += 1) {
      ofDay += carriedBy(hour, changes);
    }
    return Math.max(sendCap, todayCap(line, ofDay, policy));
  };
  const wishes = [
    ...scheduled.map((at, i) => ({ at, userId: `promised-${i}`, zone: 'UTC' })),
    ...moves.flatMap(({ userId, contactSlotAt: at }) => {
      const zone = users.find((user) => user.userId === userId)?.zone ?? 'UTC';
      return at === null ? [] : [{ at, userId, zone }];
    }),
  ].sort((a, b) => a.at - b.at);
  return wishes.map(({ at, userId, zone }) => {
    tell(at);
    const atGate = { ...line, todayCap: capAt(at) };
    const decision = decideSend(
      { askedClass: 'proactive', messages: 1 },
      {
        ...{ now: at, zone, line: atGate, assignmentState: 'confirmed', threads: [], chat: null },
        ...{ wroteHere: false, talkedBefore: true, knowsLine: false },
        ...{ counters: NOTHING_SAID, suppressedAt: null, liftedAt: null, replyAllowedUntil: null },
        ...{ openUnsolicitedAt: null, transactionalToday: 0, fleetFrozen: false, sameTextAt: [] },
        ...{ unsettledUntil: null, needsIntroductionSince: null, shedClasses: [] },
        contagion: false,
      },
      policy,
    );
    if (decision.kind !== 'send') return { at, userId, kind: decision.kind };
    const asked = { id: userId, recipient: userId, units: 1, now: at };
    const held = ledger.reserve(asked, decision.limits, atGate.todayCap);
    if (held.kind === 'deferred') return { at, userId, kind: held.reason };
    sent.push(at);
    tell(at);
    ledger.record({ hours: [], messages: [], threads: [], holds: [{ id: userId, left: 0 }] }, at);
    return { at, userId, kind: 'held' };
  });
}

/** The end of the same plan when nothing is known of what the line carried. */
function endByPaceAlone({ now, line, scheduled, users }: Case): number {
  const contacts = new Map([['target', { last24h: 0, lastHour: 0, scheduled }]]);
  const input = { now, zone: 'UTC', lineId: 'lost', users, lines: [line], contacts };
  return planFailover(input, policy).etaAt;
}

const planned = (answers: ReturnType<typeof playPlan>): ReturnType<typeof playPlan> =>
  answers.filter(({ userId }) => userId.startsWith('user-'));

describe('first contacts in the room that a line will have', () => {
  it('are all let through by the gate at their slots when nothing more is said', () => {
    let later = 0;
    fc.assert(
      fc.property(anyCase, (given) => {
        // A quiet day lifts no cap on the next one.
        const still = { ...given, sendCap: rampCap(given.line, policy) };
        const answers = planned(playPlan(still, 0));
        expect(answers).toHaveLength(given.users.length);
        expect(answers.filter(({ kind }) => kind !== 'held')).toEqual([]);
        if (Math.max(...answers.map(({ at }) => at)) > endByPaceAlone(given)) later += 1;
      }),
      RUNS,
    );
    // Room is what many of them wait for.
    expect(later).toBeGreaterThan(RUNS.numRuns / 100);
  });

  it('are all let through when each hour brings three quarters of the day before', () => {
    fc.assert(
      fc.property(anyCase, (given) => {
        const answers = planned(playPlan(given, 0.75));
        expect(answers).toHaveLength(given.users.length);
        expect(answers.filter(({ kind }) => kind !== 'held')).toEqual([]);
      }),
      RUNS,
    );
  });

  it('leave by their pace alone from a line whose cap lets no introduction through', () => {
    const line = aLine({ id: 'target', todayCap: 3_000 });
    const lone = fc.sample(anyCase, { numRuns: 1, seed: 1 })[0]!;
    const [user] = lone.users;
    const contacts = new Map([
      ['target', { last24h: 0, lastHour: 0, carried: { sendCap: 1, hours: [] } }],
    ]);
    const users = [{ ...user!, zone: null }];
    const input = { now: NOON, lineId: 'lost', lines: [line], users, contacts };
    expect(planFailover(input, policy).etaAt - NOON).toBeLessThan(2 * MINUTE_MS);
  });
});
