import { aLine, NOW } from '../../../../test/support/lines';
import { DEFAULT_FLEET_POLICY as policy } from '../fleet-policy';
import { assumedOutlook } from '../forecast/fleet-day';
import { assumedPrior } from '../forecast/prior';
import type { LineView } from '../placement/types';
import { lossReports } from './losses';
import { pilotReport, relativeError } from './pilot';
import { type CapacitySnapshot, planCapacity } from './plan';
import type { CardUsers } from './uncovered';

const DAY = 86_400_000;
const outlook = assumedOutlook(policy);
const prior = assumedPrior(policy);
const priced = { ...policy, capacity: { ...policy.capacity, pricePerLinePerMonth: 250 } };

/** Four lines with 20 users of 20 messages a day each, and cards of all four. */
function fleetOf(changes: readonly Partial<LineView>[] = [{}, {}, {}, {}]): CapacitySnapshot {
  const lines = changes.map((change, i) =>
    aLine({ id: `line-${i}`, users: 20, meanMilli: 400_000, varianceMilli: 8_000_000, ...change }),
  );
  const lineIds = lines.map(({ id }) => id);
  const cards = lines.map(({ id, users }) => ({ primaryLineId: id, lineIds, users }));
  return { now: NOW, lines, outlook, prior, cards, activeUsers: 40 };
}

describe('a capacity plan', () => {
  it('adds up over the lines, and plans with the mean user of today', () => {
    const plan = planCapacity(fleetOf(), policy);
    expect(plan).toMatchObject({
      users: 80,
      activeUsers: 40,
      lines: { paid: 4, serving: 4, warming: 0 },
      meanPerDay: 1_600,
      user: { mean: 20, variance: 400, of: 'users' },
      daysToWholeBudget: 26,
      money: null,
      uncoveredNow: 0,
    });
    expect(plan.needs.map(({ inDays }) => inDays)).toEqual([0, 7, 14, 30, 60, 90, 180]);
    // Newcomers are less well known, so fewer of them fit.
    expect(plan.usersPerLine.ofNewcomers).toBeLessThan(plan.usersPerLine.ofUsers);
    expect(plan.linesNeeded).toEqual({ byAdmission: 1, withReserve: 2 });
    expect(plan.returnable).toEqual(['line-0', 'line-1']);
    expect(plan.orderInDays).toBe((plan.fullInDays ?? NaN) - 26);
  });

  it('plans with newcomers while nobody is there, and is never full without growth', () => {
    const still = { ...priced, capacity: { ...priced.capacity, growthPerDay: 0 } };
    const snapshot = fleetOf([{ users: 0, meanMilli: 0, varianceMilli: 0 }]);
    const plan = planCapacity({ ...snapshot, activeUsers: 0 }, still);
    expect(plan.user).toMatchObject({ mean: 20, of: 'newcomers' });
    expect(plan.usersPerLine.ofUsers).toBe(plan.usersPerLine.ofNewcomers);
    expect(plan).toMatchObject({ fullInDays: null, orderInDays: null, returnable: ['line-0'] });
    expect(plan.money).toMatchObject({ total: 250, perUser: null, perActiveUser: null });
    // Whoever has a place and is not expected to say anything tells nothing of the next one.
    const mute = planCapacity(fleetOf([{ meanMilli: 0, varianceMilli: 0 }]), still);
    expect(mute.user.of).toBe('newcomers');
  });

  it('counts lines on their way, pays for those that are out, and leaves retired and watched ones alone', () => {
    const plan = planCapacity(
      fleetOf([
        {},
        { adminState: 'warming', goodDays: 0, warmingUntil: NOW + 2.5 * DAY, users: 0 },
        { adminState: 'warming', goodDays: 0, warmingUntil: null, users: 0 },
        { providerStatus: 'FLAGGED' },
        { adminState: 'draining' },
        { adminState: 'retired' },
        { managed: false },
      ]),
      policy,
    );
    expect(plan.lines).toEqual({ paid: 5, serving: 1, warming: 2 });
    expect(plan.users).toBe(60);
    const fit = plan.needs.map(({ usersThatFit }) => usersThatFit);
    expect(fit[1]).toBeGreaterThan(fit[0]!);
    expect(fit[2]).toBeGreaterThan(fit[1]!);
    expect(plan.pilot.lineId).toBe('line-0');
  });

  it('prices the fleet, its idle part, its caution and its fallbacks', () => {
    const lines = Array.from({ length: 40 }, () => ({
      users: 75,
      meanMilli: 1_500_000,
      varianceMilli: 30_000_000,
    }));
    const { money } = planCapacity(fleetOf(lines), priced);
    expect(money).toMatchObject({ total: 10_000, perUser: 10_000 / 3_000, perActiveUser: 250 });
    // 60,000 messages a day are 20 whole lines.
    expect(money?.idleReserve).toBe(5_000);
    expect(money?.epsilon.halved).toBeGreaterThan(0);
    expect(money?.epsilon.doubled).toBeLessThan(0);
    expect(money?.fallbacks.oneMore).toBeGreaterThanOrEqual(0);
    expect(money?.fallbacks.oneLess).toBeLessThanOrEqual(0);
  });

  it('says who is uncovered now', () => {
    const snapshot = fleetOf([{}, { health: 'ejected' }]);
    const alone = { primaryLineId: 'line-1', lineIds: ['line-1'], users: 20 };
    const plan = planCapacity({ ...snapshot, cards: [snapshot.cards[0]!, alone] }, policy);
    expect(plan.uncoveredNow).toBe(20);
    // The one line left is all that the others have.
    expect(plan.losses[0]).toMatchObject({ usersUncovered: 20, uncoveredBy: ['line-0'] });
  });
});

describe('the loss of lines', () => {
  const line = (id: string, users: number) => ({
    id,
    users,
    meanMilli: 20_000 * users,
    todayCap: 3_000,
  });
  const lines = [line('a', 120), line('b', 60), line('c', 60), line('d', 0)];
  const all = ['a', 'b', 'c', 'd'];
  const cards: CardUsers[] = [
    { primaryLineId: 'a', lineIds: all, users: 100 },
    { primaryLineId: 'a', lineIds: ['a', 'b'], users: 20 },
    { primaryLineId: 'b', lineIds: all, users: 60 },
    { primaryLineId: 'c', lineIds: all, users: 60 },
  ];

  it('tells who is uncovered and how long it takes to reach the others', () => {
    const [one, two, three] = lossReports(lines, cards, policy);
    expect(one).toMatchObject({ losses: 1, usersUncovered: 0, uncoveredBy: [] });
    // 120 users go to three numbers: 40 each, or a few more on b, which is the only one of 20.
    expect(one?.slowest).toMatchObject({ lineIds: ['a'], users: 120, reachable: 120 });
    expect(one?.slowest.hours.all).toBe(25);
    expect(one?.slowest.fullestTarget).toBeCloseTo((60 * 20 + 54 * 20) / 3_000, 1);
    expect(two).toMatchObject({ losses: 2, usersUncovered: 20, uncoveredBy: ['a', 'b'] });
    // With c lost all 180 still have a number, and b has the 20 to itself: slower than 160 over two.
    expect(two?.slowest).toMatchObject({ lineIds: ['a', 'c'], users: 180, reachable: 180 });
    expect(three?.slowest.lineIds).toHaveLength(3);
    expect(three?.slowest.hours.all).toBeGreaterThan(two?.slowest.hours.all ?? Infinity);
  });

  it('is without consequence where nobody is, and never over where no thread is begun', () => {
    expect(lossReports([], [], policy)[2]?.slowest).toMatchObject({ lineIds: [], users: 0 });
    const newConversations = { ...policy.newConversations, outboundPerLinePerHour: 0 };
    const [one] = lossReports(lines, cards, { ...policy, newConversations });
    expect(one?.slowest.hours).toEqual({ p50: null, p95: null, all: null });
  });
});

describe('a pilot', () => {
  const lines = [
    { id: 'new', users: 0, goodDays: 2, budgetPerDay: 3_000 },
    { id: 'full', users: 70, goodDays: 30, budgetPerDay: 3_000 },
    { id: 'old', users: 10, goodDays: 20, budgetPerDay: 3_000 },
    { id: 'twin', users: 10, goodDays: 20, budgetPerDay: 3_000 },
  ];

  it('runs on the emptiest line at its whole budget, until the estimate is good to 20 %', () => {
    const pilot = pilotReport({ users: 0, lines, prior, outlook }, policy);
    expect(pilot).toMatchObject({
      ...{ assumed: true, precision: null, isGood: false, lineId: 'old', days: 14 },
      ...{ priorMeanPerDay: 20, priorCv: 1, daysForTodaysUsers: null, learnedFromUsers: 30 },
    });
    const users = pilot.usersForDays ?? NaN;
    const precision = (people: number): number =>
      1.96 * relativeError(people, 14, prior, { sigma: outlook.sigma });
    expect(precision(users)).toBeLessThanOrEqual(0.2001);
    expect(precision(users - 1)).toBeGreaterThan(0.1999);
    expect(
      pilotReport({ users: 0, lines: [lines[3]!, lines[2]!], prior, outlook }, policy).lineId,
    ).toBe('old');
  });

  it('says how far it has come, and when it never will', () => {
    const known = { ...prior, assumed: false, learned: 1 };
    const days = { ...outlook, days: 20 };
    const good = pilotReport({ users: 500, lines: [], prior: known, outlook: days }, policy);
    expect(good).toMatchObject({ isGood: true, lineId: null, assumed: false });
    expect(good.daysForTodaysUsers).toBeLessThanOrEqual(20);
    // Ten people differ too much for any number of days, and wild days for two weeks of anybody.
    const few = pilotReport({ users: 10, lines, prior: known, outlook: days }, policy);
    expect(few).toMatchObject({ isGood: false, daysForTodaysUsers: null });
    const wild = { ...days, sigma: 2 };
    expect(pilotReport({ users: 10, lines, prior, outlook: wild }, policy).usersForDays).toBeNull();
  });
});
