import fc from 'fast-check';
import { NaiveLedger } from '../../../../test/support/naive-ledger';
import { DAY_MS, epochHour, HOUR_MS, MINUTE_MS } from '../kernel/time';
import { type HoldAnswer, LineLedger } from './line-ledger';
import type { HourTotal, LineNews, ReserveLimits } from './types';

const START = Date.UTC(2026, 9, 6, 12, 34, 56, 789);

/** Small numbers, so that every limit is met within a few steps. */
const COMMON = {
  pairPer60s: 6,
  loopPerHour: 12,
  newConversationsPer24h: 5,
  newConversationsPerHour: 3,
  maxOpenHolds: 6,
  holdMs: 35 * MINUTE_MS,
};
const LIMITS = {
  reply: { ...COMMON, ceiling: null, hourCap: null, minuteCap: null, newConversation: false },
  proactive: { ...COMMON, ceiling: 28, hourCap: 20, minuteCap: 8, newConversation: false },
  first: { ...COMMON, ceiling: 34, hourCap: 20, minuteCap: 8, newConversation: true },
} satisfies Record<string, ReserveLimits>;
type Kind = keyof typeof LIMITS;

type Step =
  | { readonly do: 'wait'; readonly ms: number }
  | {
      readonly do: 'reserve';
      readonly id: string;
      readonly person: string;
      readonly units: number;
      readonly kind: Kind;
    }
  | { readonly do: 'settle'; readonly id: string; readonly units: number }
  | { readonly do: 'release'; readonly id: string }
  | {
      readonly do: 'count';
      readonly late: number;
      readonly direction: 'in' | 'out';
      readonly times: number;
    };

const id = fc.integer({ min: 0, max: 30 }).map((n) => `send-${n}`);
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('reserve'),
      id,
      person: fc.constantFrom('ann', 'bob', 'cid', 'dee'),
      units: fc.integer({ min: 1, max: 3 }),
      kind: fc.constantFrom<Kind>('reply', 'proactive', 'proactive', 'first'),
    } as const),
  },
  {
    weight: 2,
    arbitrary: fc
      .oneof(
        fc.integer({ min: 0, max: 2 * MINUTE_MS }),
        fc.integer({ min: 0, max: 2 * HOUR_MS }),
        fc.integer({ min: 0, max: 30 * HOUR_MS }),
        fc.constantFrom(MINUTE_MS, HOUR_MS, COMMON.holdMs, DAY_MS),
      )
      .map((ms) => ({ do: 'wait', ms }) as const),
  },
  fc.record({ do: fc.constant('settle'), id, units: fc.integer({ min: 1, max: 3 }) } as const),
  fc.record({ do: fc.constant('release'), id } as const),
  fc.record({
    do: fc.constant('count'),
    late: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 30 * HOUR_MS })),
    direction: fc.constantFrom('in', 'out'),
    // Many at once, so that ceilings are met in a few steps, with holds open.
    times: fc.constantFrom(1, 1, 6, 12),
  } as const),
);
const anySteps = fc.array(anyStep, { maxLength: 40, size: 'max' });

const NO_NEWS: LineNews = { hours: [], messages: [], threads: [], holds: [] };

/** The usage rows: totals by epoch hour that only rise. */
class Books {
  readonly hours = new Map<number, HourTotal>();

  count(direction: 'in' | 'out', at: number): HourTotal {
    const hour = epochHour(at);
    const before = this.hours.get(hour) ?? { hour, in: 0, out: 0 };
    const total = { ...before, [direction]: before[direction] + 1 };
    this.hours.set(hour, total);
    return total;
  }
}

/** The ledger and the list on paper, side by side. */
class Pair {
  readonly ledger = new LineLedger();
  readonly paper = new NaiveLedger();
  readonly books = new Books();
  private readonly used = new Set<string>();
  /** All that was recorded, to be told again. */
  readonly told: LineNews[] = [];
  /** Instants of all that was counted. */
  readonly counted: number[] = [];

  constructor(public now = START) {}

  take(step: Step): HoldAnswer | null {
    const { ledger, paper, now } = this;
    switch (step.do) {
      case 'wait':
        this.now += step.ms;
        return null;
      case 'reserve': {
        const limits = LIMITS[step.kind];
        const isOld = paper.isOpen(step.id, now);
        // Ids are the gate's own: none is used again once its hold is over.
        if (!isOld && this.used.has(step.id)) return null;
        this.used.add(step.id);
        const answer = this.ask(step.id, step.person, step.units, limits);
        if (answer.kind === 'held' && !isOld) {
          paper.hold(step.id, step.person, step.units, limits, now);
        }
        return answer;
      }
      case 'settle':
        if (!paper.isOpen(step.id, now)) return null;
        paper.settle(step.id, step.units, now);
        this.record({ holds: [{ id: step.id, left: paper.leftOf(step.id, now) }] });
        return null;
      case 'release':
        ledger.release(step.id, now);
        paper.release(step.id, now);
        return null;
      case 'count':
        for (let i = 0; i < step.times; i += 1) this.count(step.direction, now - step.late);
        return null;
    }
  }

  isUsed(sendId: string): boolean {
    return this.used.has(sendId);
  }

  count(direction: 'in' | 'out', at: number): void {
    this.paper.count(at);
    this.counted.push(at);
    this.record({ hours: [this.books.count(direction, at)] });
  }

  private record(news: Partial<LineNews>): void {
    const whole = { ...NO_NEWS, ...news };
    this.told.push(whole);
    this.ledger.record(whole, this.now);
  }

  ask(sendId: string, recipient: string, units: number, limits: ReserveLimits): HoldAnswer {
    return this.ledger.reserve({ id: sendId, recipient, units, now: this.now }, limits, 40);
  }
}

const after = (steps: readonly Step[]): Pair => {
  const pair = new Pair();
  for (const step of steps) pair.take(step);
  return pair;
};

describe('the ledger of a line, whatever happens in whatever order', () => {
  it('counts what one counts on paper', () => {
    fc.assert(
      fc.property(anySteps, (steps) => {
        const { ledger, paper, now } = after(steps);
        const usage = ledger.usage(now);
        expect(usage.in24h + usage.out24h).toBe(paper.carried(now));
        expect(usage.open).toBe(paper.openUnits(now));
        expect(usage.newConversations24h).toBe(paper.newThreads(now, DAY_MS));
        expect(usage.newConversationsHour).toBe(paper.newThreads(now, HOUR_MS));
      }),
      { numRuns: 1_000 },
    );
  });

  it('refuses exactly when a limit would be broken, and names one that is', () => {
    const met = new Map<string, number>();
    fc.assert(
      fc.property(anySteps, (steps) => {
        const pair = new Pair();
        for (const step of steps) {
          if (step.do !== 'reserve' || pair.isUsed(step.id)) {
            pair.take(step);
            continue;
          }
          const { paper, now } = pair;
          const broken = paper.broken(step.person, step.units, LIMITS[step.kind], now);
          const answer = pair.take(step);
          if (broken.length === 0) expect(answer).toMatchObject({ kind: 'held' });
          else expect(answer).toMatchObject({ kind: 'deferred', reason: broken[0] });
          for (const reason of broken.slice(0, 1)) met.set(reason, 1 + (met.get(reason) ?? 0));
        }
      }),
      { numRuns: 1_000 },
    );
    // The limits are met, and not once only.
    for (const limit of [
      'budget-ceiling',
      'hour-shape',
      'minute-shape',
      'pair-limit',
      'open-holds',
    ]) {
      expect(met.get(limit)).toBeGreaterThan(20);
    }
  });

  it('lets no message but replies lift any 24 hours above its ceiling, by what was known and held then', () => {
    let held = 0;
    fc.assert(
      fc.property(anySteps, (steps) => {
        const pair = new Pair();
        for (const step of steps) {
          const isNew = step.do === 'reserve' && !pair.paper.isOpen(step.id, pair.now);
          const answer = pair.take(step);
          if (step.do !== 'reserve' || !isNew || answer?.kind !== 'held') continue;
          const { ceiling } = LIMITS[step.kind];
          if (ceiling === null) continue;
          held += 1;
          const day = pair.counted.filter((at) => at > pair.now - DAY_MS).length;
          expect(day + pair.paper.openUnits(pair.now)).toBeLessThanOrEqual(ceiling);
        }
      }),
      { numRuns: 1_000 },
    );
    expect(held).toBeGreaterThan(1_000);
  });

  it('answers the same in any hour of any day, across midnights and changes of the clock', () => {
    // Just before the changes in Berlin and New York, and an hour to either side.
    const HOURS = [
      -1,
      1,
      12,
      Date.UTC(2026, 9, 25, 1),
      Date.UTC(2026, 10, 1, 6),
      Date.UTC(2027, 2, 14, 7),
    ];
    const shifts = fc.constantFrom(
      ...HOURS.map((each) =>
        Math.abs(each) < 24 ? each * HOUR_MS : Math.floor((each - START) / HOUR_MS) * HOUR_MS,
      ),
    );
    fc.assert(
      fc.property(anySteps, shifts, (steps, shift) => {
        const here = new Pair();
        const there = new Pair(START + shift);
        for (const step of steps) {
          const answers = [here.take(step), there.take(step)].map((answer, i) => {
            if (answer?.kind === 'held')
              return { ...answer, expiresAt: answer.expiresAt - i * shift };
            return answer && { ...answer, retryAt: answer.retryAt - i * shift };
          });
          expect(answers[1]).toEqual(answers[0]);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it('never refuses a reply for budget, only for what the provider or a loop forbids', () => {
    fc.assert(
      fc.property(anySteps, (steps) => {
        const pair = after(steps);
        for (let i = 0; i < 60; i += 1) pair.count('in', pair.now);
        expect(pair.ask('a-new-one', 'eve', 1, LIMITS.reply)).toMatchObject({
          kind: 'held',
          overrun: true,
        });
      }),
      { numRuns: 1_000 },
    );
  });

  it('gives the same answer to the same id while its hold lasts', () => {
    fc.assert(
      fc.property(anySteps, anySteps, (steps, more) => {
        const pair = after(steps);
        const first = pair.ask('the-one', 'eve', 1, LIMITS.reply);
        const untouched = more.filter((step) => step.do !== 'wait');
        for (const step of untouched) pair.take(step);
        expect(pair.ask('the-one', 'eve', 1, LIMITS.reply)).toEqual(first);
      }),
      { numRuns: 1_000 },
    );
  });

  it('gives back all that a released hold took', () => {
    fc.assert(
      fc.property(anySteps, fc.constantFrom<Kind>('reply', 'proactive', 'first'), (steps, kind) => {
        const pair = after(steps);
        const state = (): unknown => [
          pair.ledger.usage(pair.now),
          pair.ask('probe', 'ann', 4, LIMITS.first),
          (pair.ledger.release('probe', pair.now), null),
        ];
        const before = state();
        pair.ask('the-one', 'ann', 2, LIMITS[kind]);
        pair.ledger.release('the-one', pair.now);
        expect(state()).toEqual(before);
      }),
      { numRuns: 1_000 },
    );
  });

  it('comes to the same when it is told everything again, in any order', () => {
    fc.assert(
      fc.property(anySteps, fc.array(fc.nat(), { maxLength: 40 }), (steps, again) => {
        const { ledger, told, now } = after(steps);
        const before = ledger.usage(now);
        for (const i of told.length > 0 ? again : []) {
          ledger.record(told[i % told.length] ?? NO_NEWS, now);
        }
        expect(ledger.usage(now)).toEqual(before);
      }),
      { numRuns: 1_000 },
    );
  });

  it('decides after a restart as before it', () => {
    fc.assert(
      fc.property(anySteps, fc.array(anyStep, { maxLength: 20 }), (steps, probes) => {
        const { ledger, books, now } = after(steps);
        ledger.usage(now);
        const restarted = new LineLedger();
        restarted.load(
          {
            hours: [...books.hours.values()],
            messages: [],
            threads: [],
            nonReplies: [],
            holds: ledger.takenAfter(0),
          },
          now,
        );
        expect(restarted.usage(now)).toMatchObject({
          in24h: ledger.usage(now).in24h,
          out24h: ledger.usage(now).out24h,
          open: ledger.usage(now).open,
        });
        for (const [i, step] of probes.entries()) {
          if (step.do !== 'reserve') continue;
          const limits = { ...LIMITS[step.kind], pairPer60s: 1_000, loopPerHour: 1_000 };
          const onlyBudget = { ...limits, minuteCap: null, newConversation: false };
          const request = { id: `probe-${i}`, recipient: step.person, units: step.units, now };
          expect(restarted.reserve(request, onlyBudget, 40)).toEqual(
            ledger.reserve(request, onlyBudget, 40),
          );
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it('names a retry that is not refused for the same reason again', () => {
    fc.assert(
      fc.property(
        anySteps,
        fc.constantFrom('ann', 'bob'),
        fc.constantFrom<Kind>('reply', 'proactive', 'first'),
        (steps, person, kind) => {
          const pair = after(steps);
          const refused = pair.ask('the-one', person, 2, LIMITS[kind]);
          if (refused.kind === 'held') return;
          expect(refused.retryAt).toBeGreaterThan(pair.now);
          // When holds stand in the way there is room once there is news of them, which nobody can foretell.
          const isGuess = refused.reason === 'open-holds' || refused.reason === 'hour-shape';
          if (isGuess && pair.ledger.usage(pair.now).open > 0) return;
          pair.now = refused.retryAt;
          const again = pair.ask('the-one', person, 2, LIMITS[kind]);
          if (again.kind === 'deferred') expect(again.reason).not.toBe(refused.reason);
        },
      ),
      { numRuns: 1_000 },
    );
  });
});
