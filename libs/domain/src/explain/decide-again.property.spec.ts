import fc from 'fast-check';
import { closeAgain, judgeAgain, suspectAgain } from '../../../../test/support/decide-again/health';
import { canaryAgain, limitsAgain } from '../../../../test/support/decide-again/limits';
import { moveAgain, rebalanceAgain, slotsAgain } from '../../../../test/support/decide-again/moves';
import { dayAtRisk } from '../../../../test/support/decide-again/numbers';
import {
  admitAgain,
  backUpAgain,
  dealAgain,
  placeAgain,
} from '../../../../test/support/decide-again/placements';
import { answerAgain } from '../../../../test/support/decide-again/sends';
import { anyFleet } from '../../../../test/support/fleets';
import { anyRequest, anySnapshot } from '../../../../test/support/gate-snapshots';
import { aLine, NOW } from '../../../../test/support/lines';
import { DEFAULT_FLEET_POLICY, type FleetPolicy } from '../fleet-policy';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../kernel/time';
import { explainDay, explainSuspicion, explainVerdict } from './explain-health';
import { explainCanary, explainLimits } from './explain-limits';
import { explainFailover, explainRebalance } from './explain-moves';
import {
  explainAdmission,
  explainCard,
  explainFallbacks,
  explainPlacement,
} from './explain-placement';
import { explainSend } from './explain-send';

const RUNS = { numRuns: 1_000 };

/** As it would come over a wire: nothing but JSON is left. */
const told = <Value>(value: Value): Value => JSON.parse(JSON.stringify(value)) as Value;

/** Policies other than the default, so that a value that is read from anywhere but the explanation shows. */
const anyPolicy: fc.Arbitrary<FleetPolicy> = fc
  .record({
    epsilon: fc.constantFrom(0.001, 0.01, 0.05),
    growth: fc.constantFrom(1.15, 1.25, 1.4),
    meanShare: fc.constantFrom(0.4, 0.5, 0.8),
    share: fc.constantFrom(0, 0.25, 0.7),
    target: fc.constantFrom(0.7, 0.85, 0.95),
    numbers: fc.integer({ min: 2, max: 5 }),
    days: fc.constantFrom(1, 3, 14, 365),
    hours: fc.constantFrom(12, 24, 72),
    firstText: fc.constantFrom('prefix', 'off'),
    replies: fc.constantFrom('overrun', 'hard-cap'),
  } as const)
  .map((set) => {
    const base = DEFAULT_FLEET_POLICY;
    const { epsilon, growth, share, days, hours, firstText, replies } = set;
    return {
      ...base,
      budget: { ...base.budget, replies, hourShare: share, hourFloor: days },
      sends: { ...base.sends, replyWindowHours: hours, hoursBetweenUnsolicitedTurns: hours },
      admission: {
        ...base.admission,
        epsilon,
        maxMeanShare: set.meanShare + 0.1,
        rampMeanShare: set.meanShare,
        rampShareOfNewUsers: share,
        sigmaFleetDay: share,
      },
      cards: { ...base.cards, numbersPerCard: set.numbers },
      ramp: { ...base.ramp, growth, holdDaysAfterRegress: days, idleDays: days },
      health: {
        ...base.health,
        detection: { ...base.health.detection, daysPerFalseSuspicion: days, clearHours: hours },
      },
      failover: { ...base.failover, targetMaxShare: set.target, silentDays: days, firstText },
      rebalance: {
        ...base.rebalance,
        targetMaxShare: set.target,
        cooldownDays: days,
        idleHours: hours,
      },
    };
  });

/** Open lines, ramping and mature, that are relied on alike: what decides between them are the later rules. */
const openFleet = fc
  .array(
    fc
      .record({
        goodDays: fc.constantFrom(0, 3, 20),
        todayCap: fc.constantFrom(150, 300, 3_000),
        load: fc.constantFrom(0, 0.2, 0.3, 0.45),
        relied: fc.nat(2),
        usedLast24h: fc.constantFrom(0, 100),
        newUsersToday: fc.nat(8),
      })
      .map(({ load, relied, ...state }) =>
        aLine({
          ...state,
          meanMilli: Math.round(load * 1_000 * state.todayCap),
          varianceMilli: Math.round(30_000 * load * state.todayCap),
          fallbackUsers: (relied * state.todayCap) / 150,
        }),
      ),
    { maxLength: 8 },
  )
  .map((lines) => lines.map((line, i) => ({ ...line, id: `line-${i}` })));
const fleets = fc.oneof(anyFleet, openFleet);

const anyOutlook = fc.option(
  fc.record({
    sigma: fc.double({ min: 0, max: 0.6, noNaN: true }),
    peak: fc.double({ min: 1, max: 1.6, noNaN: true }),
  }),
  { nil: undefined },
);
const anyUse = fc.record({
  meanMilli: fc.integer({ min: 0, max: 200_000 }),
  varianceMilli: fc.integer({ min: 0, max: 5_000_000 }),
});
const anyZone = fc.constantFrom(null, 'UTC', 'America/New_York', 'Asia/Kolkata');
const ago = (days: number): fc.Arbitrary<number | null> =>
  fc.option(fc.integer({ min: 0, max: days * DAY_MS }).map((ms) => NOW - ms));

describe('an explanation is enough to decide again', () => {
  it('whether a line may carry a load', () => {
    const anyLoad = fc.record({ mean: fc.nat(2_600), variance: fc.nat(90_000) });
    fc.assert(
      fc.property(fleets, anyLoad, anyOutlook, anyPolicy, (lines, load, outlook, policy) => {
        for (const line of lines) {
          const why = told(explainAdmission(line, load, policy, outlook));
          expect(admitAgain(why)).toBe(why.verdict);
          const { risk } = why.inputs;
          expect(why.steps.projectedUse).toBeCloseTo(
            dayAtRisk(load.mean * 1_000, load.variance * 1_000, risk, why.policy.epsilon),
          );
        }
      }),
      RUNS,
    );
  });

  it('where a user goes, and why nowhere else', () => {
    const anyUser = fc.record({
      userId: fc.uuid(),
      use: anyUse,
      only: fc.option(fc.subarray(['line-0', 'line-1', 'line-4']), { nil: undefined }),
    });
    const anyPrior = fc.option(
      fc.constant({ mean: 7, days: 2, spread: 30, phi: 0.4, assumed: false, learned: 1 }),
      {
        nil: undefined,
      },
    );
    fc.assert(
      fc.property(
        fleets,
        anyUser,
        anyOutlook,
        anyPrior,
        anyPolicy,
        (lines, { userId, use, only }, outlook, prior, policy) => {
          const snapshot = {
            now: NOW,
            nextDayAt: NOW + 9 * HOUR_MS,
            lines: lines.map((line, i) => ({
              ...line,
              warmingUntil: line.adminState === 'warming' ? NOW + (i - 1) * DAY_MS : null,
            })),
            ...(outlook && { outlook }),
            ...(prior && { prior }),
          };
          const request = { userId, ...use, ...(only && { onlyLineIds: only }) };
          const why = told(explainPlacement(request, snapshot, policy));
          expect(told(placeAgain(why))).toEqual(why.verdict);
        },
      ),
      RUNS,
    );
  });

  it('who backs a person up', () => {
    fc.assert(
      fc.property(fleets, fc.uuid(), anyPolicy, (lines, userId, policy) => {
        const snapshot = { now: NOW, lines, nextDayAt: NOW + DAY_MS };
        const why = told(explainFallbacks('line-0', userId, snapshot, policy));
        expect(backUpAgain(why)).toEqual(why.verdict);
      }),
      RUNS,
    );
  });

  it('which card a person gets', () => {
    const ids = ['a', 'b', 'c', 'd', 'e', 'f'];
    const anyCards = fc
      .array(fc.tuple(fc.subarray(ids, { minLength: 2, maxLength: 4 }), fc.nat(3)), {
        maxLength: 8,
      })
      .map((cards) => cards.map(([lineIds, users], i) => ({ id: `card-${i}`, lineIds, users })));
    fc.assert(
      fc.property(
        anyCards,
        fc.uuid(),
        fc.subarray(ids),
        fc.subarray(ids),
        (cards, userId, usable, full) => {
          const state = {
            usable: (id: string) => usable.includes(id),
            reserveHolds: (list: readonly string[]) => !list.some((id) => full.includes(id)),
            users: (cardId: string) => cards.find(({ id }) => id === cardId)!.users,
          };
          const why = told(explainCard('a', userId, cards, state));
          expect(dealAgain(why)).toBe(why.verdict);
        },
      ),
      RUNS,
    );
  });

  it('whether a message may go, in which class, when, and within which limits', () => {
    fc.assert(
      fc.property(
        anyRequest,
        anySnapshot,
        fc.nat(DAY_MS),
        anyPolicy,
        (request, seen, ms, policy) => {
          // Most people have not said stop and have answered, so that the later rules are asked as well.
          const snapshot = ms % 3 === 0 ? seen : { ...seen, suppressedAt: null, threads: [] };
          const why = told(explainSend(request, { ...snapshot, now: NOW + ms }, policy));
          const { reasons, ...rest } = why.verdict;
          const again = answerAgain(why);
          expect(again).toEqual({ ...rest, codes: reasons.map(({ code }) => code) });
          expect(why.steps.class).toBe(again.class);
        },
      ),
      RUNS,
    );
  });

  it('what a day makes of a ramp', () => {
    const anyLine = fc.record({
      goodDays: fc.nat(22),
      budgetPerDay: fc.constantFrom(100, 1_000, 3_000),
      health: fc.constantFrom('healthy', 'healthy', 'healthy', 'ejected'),
      rampHoldUntil: fc.constantFrom(null, null, NOW - 1, NOW, NOW + 1),
      reputation: fc.constantFrom('HEALTHY', 'HEALTHY', 'UNKNOWN', 'AT_RISK', 'CRITICAL'),
    } as const);
    const anyDay = fc.record({
      in: fc.nat(400),
      out: fc.nat(600),
      recipients: fc.nat(60),
      replied: fc.nat(60),
      failures: fc.constantFrom(0, 0, 1, 6),
      optOuts: fc.constantFrom(0, 0, 2),
      suspect: fc.constantFrom(false, false, false, true),
      evidenceShare: fc.constantFrom(undefined, 0, 0.49, 0.5),
      idleDays: fc.constantFrom(undefined, 0, 1, 3, 14, 400),
    });
    const allowed = fc.constantFrom(0, 100, 150, 1_000);
    fc.assert(
      fc.property(anyLine, anyDay, allowed, anyPolicy, (line, day, perDay, policy) => {
        const { evidenceShare, idleDays, ...counts } = day;
        const evidence = {
          ...counts,
          ...(evidenceShare !== undefined && { evidenceShare }),
          ...(idleDays !== undefined && { idleDays }),
        };
        const why = told(explainDay(line, evidence, perDay, NOW, policy));
        const { reasons, ...rest } = why.verdict;
        expect(closeAgain(why)).toEqual({ ...rest, reasons: reasons.length });
      }),
      RUNS,
    );
  });

  it('what an outcome or a reply adds against a line', () => {
    const rates = fc.record({
      healthy: fc.double({ min: 0.005, max: 0.4, noNaN: true }),
      sick: fc.double({ min: 0.45, max: 0.95, noNaN: true }),
    });
    const held = fc.record({
      evidence: fc.double({ min: 0, max: 12, noNaN: true }),
      silence: fc.double({ min: 0, max: 12, noNaN: true }),
      suspectSince: fc.constantFrom(null, null, NOW - HOUR_MS),
      goodSince: fc.nat(60),
    });
    const counted = fc.record({
      outcome: fc.constantFrom('good', 'bad'),
      at: fc.constant(NOW),
    } as const);
    const of = fc.constantFrom('outcome', 'reply');
    fc.assert(
      fc.property(of, held, counted, rates, fc.nat(3_000), anyPolicy, (kind, ...parts) => {
        const why = told(explainSuspicion(kind, ...parts));
        expect(suspectAgain(why)).toEqual({ steps: why.steps, verdict: why.verdict });
      }),
      RUNS,
    );
  });

  it('whether a line is suspect or to be ejected', () => {
    const signs = fc.record({
      flagged: fc.constantFrom(false, false, false, true),
      canary: fc.constantFrom('works', 'works', 'fails', 'unknown'),
      suspicion: fc.record({
        evidence: fc.constantFrom(0, 0, 0, 4, 17.9, 18, 30),
        silence: fc.constantFrom(0, 0, 0, 5),
        suspectSince: fc.option(
          fc.constantFrom(12, 24, 71, 72).map((hours) => NOW - hours * HOUR_MS),
        ),
        goodSince: fc.constantFrom(0, 49, 50, 80),
      }),
    } as const);
    fc.assert(
      fc.property(signs, anyPolicy, (seen, policy) => {
        const why = told(explainVerdict(seen, NOW, policy));
        expect(judgeAgain(why)).toBe(why.verdict.verdict);
      }),
      RUNS,
    );
  });

  it('what a canary says of a line', () => {
    const said = new Set<string>();
    const probe = fc.record({
      handle: fc.constantFrom('a', 'b', 'c'),
      from: fc.constantFrom('line', 'line', 'control'),
      ok: fc.constantFrom(true, true, false),
      at: fc.integer({ min: -1, max: 34 }).map((minutes) => NOW - minutes * MINUTE_MS),
    } as const);
    const round = fc
      .record({ handle: fc.constantFrom('a', 'b'), ok: fc.boolean(), ago: fc.nat(12) })
      .map(({ handle, ok, ago: minutes }) => {
        const at = NOW - minutes * MINUTE_MS;
        return (['control', 'line', 'line', 'line'] as const).map((from) => ({
          ...{ handle, from, at },
          ok: from === 'control' || ok,
        }));
      });
    const anyProbes = fc
      .tuple(fc.array(round, { maxLength: 4 }), fc.array(probe, { maxLength: 6 }))
      .map(([rounds, others]) => [...rounds.flat(), ...others]);
    fc.assert(
      fc.property(anyProbes, anyPolicy, (probes, policy) => {
        const why = told(explainCanary(probes, NOW, policy));
        expect(canaryAgain(why)).toBe(why.verdict);
        said.add(why.verdict);
      }),
      RUNS,
    );
    expect([...said].sort()).toEqual(['fails', 'unknown', 'works']);
  });

  it('what holds for the whole fleet: ejections, contagion, panic and brown-out', () => {
    const anyAlarms = fc
      .array(fc.record({ minute: fc.nat(60), domain: fc.constantFrom('a', 'b', 'c', 'd') }), {
        maxLength: 12,
      })
      .map((list) =>
        list
          .map(({ minute, domain }, i) => ({
            lineId: `line-${i}`,
            failureDomain: domain,
            at: NOW + (minute - 50) * MINUTE_MS,
          }))
          .sort((a, b) => a.at - b.at),
      );
    const amount = fc.nat(1_000);
    const anySigns = fc.record({
      now: fc.constant(NOW),
      lines: fc.nat(60),
      ejectedByInference: fc.nat(14),
      lost: fc.nat(8),
      alarms: anyAlarms,
      capacity: fc.nat(2_500),
      demand: fc.record({
        ...{ reply: amount, transactional: amount, introduction: amount, proactive: amount },
      }),
    });
    let panics = 0;
    fc.assert(
      fc.property(anySigns, anyPolicy, (signs, policy) => {
        const why = told(explainLimits(signs, policy));
        expect(limitsAgain(why)).toEqual(why.verdict);
        if (why.verdict.panicSince !== null) panics += 1;
      }),
      RUNS,
    );
    expect(panics).toBeGreaterThan(50);
  });

  const IDS = ['a', 'b', 'c', 'd', 'e'];
  const anyLines = fc
    .tuple(
      ...IDS.map((id) =>
        fc
          .record({
            managed: fc.constantFrom(true, true, true, false),
            health: fc.constantFrom('healthy', 'healthy', 'healthy', 'ejected'),
            users: fc.constantFrom(0, 40, 80),
            meanMilli: fc.integer({ min: 0, max: 3_100_000 }),
            todayCap: fc.constantFrom(300, 3_000, 3_000),
            activatedAt: fc.constantFrom(null, NOW - 7 * DAY_MS, NOW - 6 * DAY_MS),
          } as const)
          .map((state) => aLine({ ...state, id, varianceMilli: 30 * state.meanMilli })),
      ),
    )
    .map((lines) => [...lines]);

  it('who goes where when a line is lost', () => {
    const anyUsers = fc.array(
      fc.record({
        use: anyUse,
        knownLineIds: fc.subarray(IDS),
        lastInboundAt: ago(20),
        lastOutboundAt: ago(4),
        unansweredTurns: fc.constantFrom(0, 0, 1, 2),
        chatHealth: fc.constantFrom(null, 'HEALTHY', 'HEALTHY', 'AT_RISK', 'CRITICAL', 'OPTED_OUT'),
        zone: anyZone,
      } as const),
      { maxLength: 40 },
    );
    const soon = fc.integer({ min: -HOUR_MS, max: DAY_MS }).map((ms) => NOW + ms);
    const anyCarried = fc.record({
      sendCap: fc.constantFrom(1, 60, 300, 1_000, 3_000),
      hours: fc
        .array(fc.oneof(fc.constant(0), fc.nat(40)), { minLength: 25, maxLength: 25 })
        .map((counts) =>
          counts.map((count, back) => ({ hour: NOW / HOUR_MS - back, in: count, out: count })),
        ),
    });
    const anyContacts = fc.dictionary(
      fc.constantFrom(...IDS),
      fc.record({
        lastHour: fc.nat(10),
        last24h: fc.nat(60),
        scheduled: fc.array(soon, { maxLength: 12 }),
        carried: fc.option(anyCarried, { nil: undefined }),
      }),
    );
    fc.assert(
      fc.property(
        anyLines,
        anyUsers,
        anyContacts,
        fc.option(
          fc.dictionary(fc.constantFrom(...IDS), fc.double({ min: 0, max: 1, noNaN: true })),
        ),
        anyOutlook,
        anyZone,
        anyPolicy,
        (lines, people, contacts, came, outlook, zone, policy) => {
          const movedIn = lines.flatMap(({ id, meanMilli }): [string, number][] =>
            came?.[id] === undefined ? [] : [[id, Math.round(came[id] * meanMilli)]],
          );
          const input = {
            now: NOW,
            lineId: 'a',
            lines,
            users: people.map(({ use, ...user }, i) => ({ ...user, ...use, userId: `user-${i}` })),
            contacts: new Map(
              Object.entries(contacts).map(([id, { carried, ...use }]) => [
                id,
                { ...use, ...(carried && { carried }) },
              ]),
            ),
            ...(came && { movedIn: new Map(movedIn) }),
            ...(outlook && { outlook }),
            ...(zone && { zone }),
          };
          const why = told(explainFailover(input, policy));
          const bare = why.verdict.moves.map(({ userId, toLineId, priority, mode }) => ({
            userId,
            toLineId,
            priority,
            mode,
          }));
          expect(moveAgain(why)).toEqual({ moves: bare, stranded: why.verdict.stranded });
          const { moves, etaAt } = why.verdict;
          const slots = moves.map(({ contactSlotAt }) => contactSlotAt);
          expect(slotsAgain(why)).toEqual({ slots, etaAt });
        },
      ),
      RUNS,
    );
  });

  it('who is proposed to leave a line beyond its cap', () => {
    const anyUsers = fc.array(
      fc.record({
        use: anyUse,
        lineId: fc.constantFrom(...IDS),
        knownLineIds: fc.subarray(IDS),
        lastMessageAt: ago(6),
        lastMovedAt: fc.oneof(fc.constant(null), ago(20)),
        pinned: fc.constantFrom(false, false, false, true),
      }),
      { maxLength: 60 },
    );
    let moved = 0;
    fc.assert(
      fc.property(
        anyLines,
        anyUsers,
        fc.nat(2_000),
        anyOutlook,
        anyPolicy,
        (lines, people, fleetUsers, outlook, policy) => {
          const users = people.map(({ use, ...user }, i) => ({
            ...user,
            ...use,
            userId: `user-${i}`,
          }));
          const input = { now: NOW, lines, users, fleetUsers, ...(outlook && { outlook }) };
          const why = told(explainRebalance(input, policy));
          const { remedies, moves } = why.verdict;
          moved += moves.length;
          expect(rebalanceAgain(why)).toEqual({
            remedies: remedies.map(({ lineId, share, usersThatMayMove, remaining }) => ({
              lineId,
              share,
              usersThatMayMove,
              remaining,
            })),
            moves: moves.map(({ userId, fromLineId, toLineId }) => ({
              userId,
              fromLineId,
              toLineId,
            })),
          });
        },
      ),
      RUNS,
    );
    expect(moved).toBeGreaterThan(100);
  });
});
