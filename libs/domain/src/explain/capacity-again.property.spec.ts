import fc from 'fast-check';
import { planAgain } from '../../../../test/support/decide-again/capacity';
import { slowestAgain, uncoveredBy } from '../../../../test/support/decide-again/losses';
import { pilotAgain } from '../../../../test/support/decide-again/pilot';
import { aLine, NOW } from '../../../../test/support/lines';
import { DEFAULT_FLEET_POLICY, type FleetPolicy } from '../fleet-policy';
import { EVEN_WEEK } from '../forecast/weekday';
import { DAY_MS } from '../kernel/time';
import { explainCapacity } from './explain-capacity';

const IDS = ['a', 'b', 'c', 'd', 'e'];

const anyPolicy: fc.Arbitrary<FleetPolicy> = fc
  .record({
    epsilon: fc.constantFrom(0.005, 0.01, 0.05),
    growth: fc.constantFrom(1.15, 1.25, 1.4),
    rampMeanShare: fc.constantFrom(0.3, 0.5),
    numbersPerCard: fc.integer({ min: 2, max: 5 }),
    linesPerPod: fc.constantFrom(3, 20),
    price: fc.constantFrom(null, 250),
    growthPerDay: fc.constantFrom(0, 0.005, 0.01),
    leadTimeDays: fc.constantFrom(2, 5),
    budget: fc.constantFrom(2_000, 3_000),
    perHour: fc.constantFrom(0, 1, 3, 10),
    per24h: fc.constantFrom(10, 12, 14, 50),
    learnFromDays: fc.constantFrom(7, 21),
  })
  .map((set) => {
    const base = DEFAULT_FLEET_POLICY;
    const { epsilon, rampMeanShare, growth, numbersPerCard, linesPerPod, leadTimeDays } = set;
    return {
      ...base,
      budget: { ...base.budget, messagesPerLinePerDay: set.budget },
      admission: { ...base.admission, epsilon, rampMeanShare },
      ramp: { ...base.ramp, growth },
      forecast: { ...base.forecast, learnFromDays: set.learnFromDays },
      newConversations: {
        ...base.newConversations,
        outboundPerLinePerHour: set.perHour,
        outboundPerLinePer24h: set.per24h,
      },
      cards: { ...base.cards, numbersPerCard, linesPerPod },
      capacity: { pricePerLinePerMonth: set.price, growthPerDay: set.growthPerDay, leadTimeDays },
    };
  });

const anyLines = fc
  .array(
    fc.record({
      adminState: fc.constantFrom(
        'enabled',
        'enabled',
        'enabled',
        'warming',
        'draining',
        'retired',
      ),
      health: fc.constantFrom('healthy', 'healthy', 'healthy', 'suspect', 'ejected'),
      managed: fc.constantFrom(true, true, true, false),
      goodDays: fc.constantFrom(0, 4, 9, 30),
      users: fc.nat(80),
      perUser: fc.integer({ min: 5, max: 40 }),
      warming: fc.integer({ min: -1, max: 8 }),
    } as const),
    { maxLength: IDS.length },
  )
  .map((lines) =>
    lines.map(({ perUser, warming, ...line }, i) =>
      aLine({
        ...line,
        id: IDS[i]!,
        meanMilli: 1_000 * line.users * perUser,
        varianceMilli: 1_500 * line.users * perUser ** 2,
        warmingUntil: warming < 0 ? null : NOW + warming * DAY_MS - 1,
      }),
    ),
  );

const anySnapshot = fc.record({
  now: fc.constant(NOW),
  lines: anyLines,
  outlook: fc
    .record({
      sigma: fc.double({ min: 0.05, max: 0.5, noNaN: true }),
      peak: fc.double({ min: 1, max: 1.4, noNaN: true }),
      days: fc.nat(60),
    })
    .map((outlook) => ({ ...outlook, week: EVEN_WEEK })),
  prior: fc.record({
    mean: fc.integer({ min: 5, max: 40 }),
    spread: fc.integer({ min: 20, max: 900 }),
    phi: fc.constantFrom(0, 0.5, 1),
    days: fc.constant(1),
    assumed: fc.boolean(),
    learned: fc.constantFrom(0, 0.5, 1),
  }),
  cards: fc.array(
    fc
      .record({
        lineIds: fc.subarray(IDS, { minLength: 1, maxLength: 4 }),
        users: fc.integer({ min: 1, max: 40 }),
      })
      .map((card) => ({ ...card, primaryLineId: card.lineIds[0]! })),
    { maxLength: 8 },
  ),
  activeUsers: fc.nat(100),
});

/** To nine digits: sums in another order differ by less. */
const rounded = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value, (_key, each: unknown) =>
      typeof each === 'number' ? Number(each.toPrecision(9)) : each,
    ),
  );

const told = (...decided: Parameters<typeof explainCapacity>): ReturnType<typeof explainCapacity> =>
  JSON.parse(JSON.stringify(explainCapacity(...decided))) as ReturnType<typeof explainCapacity>;

describe('an explanation is enough to plan again', () => {
  it('what a pool can hold, will need, costs, and would leave uncovered', () => {
    let ordered = 0;
    fc.assert(
      fc.property(anySnapshot, anyPolicy, (snapshot, policy) => {
        const why = told(snapshot, policy);
        const { losses, pilot: _pilot, ...plan } = why.verdict;
        const again = planAgain(why);
        expect(rounded(again)).toEqual(
          rounded({
            ...plan,
            uncovered: losses.map(({ usersUncovered }) => usersUncovered),
          }),
        );
        if (plan.needs.some(({ linesToOrder }) => (linesToOrder ?? 0) > 0)) ordered += 1;
      }),
      { numRuns: 1_000 },
    );
    expect(ordered).toBeGreaterThan(100);
  });

  it('after which losses it takes longest to reach everybody, how long, and how full that makes a line', () => {
    let [slow, never] = [0, 0];
    fc.assert(
      fc.property(anySnapshot, anyPolicy, (snapshot, policy) => {
        const why = told(snapshot, policy);
        const { losses } = why.verdict;
        expect(rounded(losses.map(({ slowest }) => slowest))).toEqual(rounded(slowestAgain(why)));
        for (const each of losses) {
          expect(uncoveredBy(why, each.uncoveredBy)).toBe(each.usersUncovered);
        }
        const hours = losses.map(({ slowest }) => slowest.hours.all);
        if (hours.includes(null)) never += 1;
        else if (hours.some((each) => (each ?? 0) > 3)) slow += 1;
      }),
      { numRuns: 1_000 },
    );
    expect(slow).toBeGreaterThan(20);
    expect(never).toBeGreaterThan(10);
  });

  it('how a pilot is to be run, and how far its estimate has come', () => {
    let [good, wanted] = [0, 0];
    fc.assert(
      fc.property(anySnapshot, anyPolicy, (snapshot, policy) => {
        const why = told(snapshot, policy);
        const { pilot } = why.verdict;
        expect(rounded(pilotAgain(why))).toEqual(rounded(pilot));
        if (pilot.isGood) good += 1;
        if (pilot.usersForDays !== null && pilot.daysForTodaysUsers !== null) wanted += 1;
      }),
      { numRuns: 1_000 },
    );
    expect(good).toBeGreaterThan(20);
    expect(wanted).toBeGreaterThan(100);
  });
});
