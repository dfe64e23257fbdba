import fc from 'fast-check';
import { planAgain } from '../../../../test/support/decide-again/capacity';
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
  })
  .map((set) => {
    const base = DEFAULT_FLEET_POLICY;
    const { epsilon, rampMeanShare, growth, numbersPerCard, linesPerPod, leadTimeDays } = set;
    return {
      ...base,
      budget: { ...base.budget, messagesPerLinePerDay: set.budget },
      admission: { ...base.admission, epsilon, rampMeanShare },
      ramp: { ...base.ramp, growth },
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

describe('an explanation is enough to plan again', () => {
  it('what a pool can hold, will need, costs, and would leave uncovered', () => {
    let ordered = 0;
    fc.assert(
      fc.property(anySnapshot, anyPolicy, (snapshot, policy) => {
        const why = JSON.parse(JSON.stringify(explainCapacity(snapshot, policy))) as ReturnType<
          typeof explainCapacity
        >;
        const { losses, pilot, ...plan } = why.verdict;
        const again = planAgain(why);
        expect(rounded(again)).toEqual(
          rounded({
            ...plan,
            uncovered: losses.map(({ usersUncovered }) => usersUncovered),
            pilotLine: pilot.lineId,
          }),
        );
        if (plan.needs.some(({ linesToOrder }) => (linesToOrder ?? 0) > 0)) ordered += 1;
      }),
      { numRuns: 1_000 },
    );
    expect(ordered).toBeGreaterThan(100);
  });
});
