import { DEFAULT_FLEET_POLICY } from '@linekeeper/domain';
import { linekeeper, linekeeperRebalancing, withoutFailover } from '../contenders/linekeeper';
import { roundRobin } from '../contenders/references';
import { csvFiles } from '../figures/csv';
import { DAY_SECONDS } from '../kernel/calendar';
import type { Run } from '../run/run';
import { makePopulation } from '../traffic/population';
import { IN, TrafficBuilder } from '../traffic/traffic';
import { busiestDay, busyHour } from './busy-hour';
import { playScenario, type ScenarioName, setupOf } from './scenarios';
import { withViralDay } from './viral-day';

const setup = (name: ScenarioName, seed = 1, lines = 8, savedShare = 0.5) =>
  setupOf(name, {
    traffic: makePopulation({ users: 2_500, days: 60 }, seed),
    ...{ lines, budget: 1_500, seed, savedShare, policy: DEFAULT_FLEET_POLICY },
  });

const filesOf = (run: Run): string =>
  csvFiles(run)
    .map(({ name, rows }) => [name, ...rows()].join('\n'))
    .join('\n');

/** What lines carried is the traffic that was said on lines, and what was added. */
function expectConserved(run: Run): void {
  const { usage } = run.fleet;
  const onLines = [...usage.in, ...usage.out].reduce((sum, each) => sum + each, 0);
  expect(onLines).toBe(run.records.carried + run.records.extra.length);
  const begun = run.setup.traffic.seconds.findIndex((at) => at > run.now);
  const seen = begun < 0 ? run.setup.traffic.seconds.length : begun;
  const { carried, turnedAway, unsaid } = run.records;
  expect(carried + turnedAway + unsaid.length).toBeLessThanOrEqual(seen);
}

describe('a flag (S4)', () => {
  const { run, failover, figures, drill } = playScenario('S4', setup('S4'), linekeeper);

  it('moves everyone with a card onto a usable number of it, and strands who has none', () => {
    expect(failover!.affected).toBeGreaterThan(30);
    expect(failover!.offCard).toBe(0);
    expect(failover!.uncovered).toBe(0);
    expect(failover!.stranded).toBeGreaterThan(0);
    const [flag] = drill!.flags;
    const stranded = drill!.victims.filter(({ isStranded }) => isStranded);
    for (const { user } of stranded) expect(run.setup.people.delivered[user]).toBe(0);
    const moved = run.records.moves.filter(({ from }) => from === flag!.line);
    expect(moved).toHaveLength(failover!.affected - failover!.stranded);
    // Targets are on the person's own card.
    for (const { user, to } of moved) expect(run.holds(user)).toContain(to);
  });

  it('sends nothing more from the flagged line, and keeps the pace on every other', () => {
    const [flag] = drill!.flags;
    const sent = run.records.extra.filter(({ direction }) => direction === 'out');
    expect(sent.length).toBeGreaterThan(10);
    expect(sent.filter(({ line }) => line === flag!.line)).toHaveLength(0);
    expect(failover!.lastSendOnLine).toBe(0);
    expect(figures.startedMax).toBeGreaterThan(0);
    expect(figures.startedMax).toBeLessThanOrEqual(50);
    expect(figures.ceilingViolations).toBe(0);
    expect(figures.repliesForBudget).toBe(0);
  });

  it('reaches people on numbers they know as far as they saved any', () => {
    expect(failover!.nextTextKnown).toBeLessThanOrEqual(failover!.nextTextBound);
    expect(failover!.nextTextOfBound).toBeGreaterThan(0.5);
    const none = playScenario('S4', setup('S4', 1, 8, 0), linekeeper).failover!;
    expect(none.nextTextBound).toBe(0);
    expect(none.nextTextKnown).toBe(0);
  });

  it('counts every message once, with people who write nothing while nobody reaches them', () => {
    expectConserved(run);
    expect(run.records.unsaid.length).toBeGreaterThan(0);
    for (const { at } of run.records.unsaid) expect(at).toBeGreaterThanOrEqual(drill!.startsAt);
    expect(run.now).toBeLessThanOrEqual(drill!.startsAt + 7 * DAY_SECONDS);
  });

  it('is the same to the byte for the same seed', () => {
    expect(filesOf(playScenario('S4', setup('S4'), linekeeper).run)).toBe(filesOf(run));
  });

  it('leaves everyone where they were when nobody does anything, and tells no number they know', () => {
    const none = playScenario('S4', setup('S4'), withoutFailover);
    expect(none.run.records.moves).toHaveLength(0);
    expect(none.failover!.nextTextKnown).toBe(0);
    expect(none.failover!.secondaryExpected).toBeCloseTo(none.failover!.quietExpected, 10);
    expect(none.failover!.servedP50Hours).toBe(Infinity);
  });

  it('costs more lines when everyone is told at once from anywhere', () => {
    const blunt = playScenario('S4', setup('S4', 1, 3), roundRobin);
    const ours = playScenario('S4', setup('S4', 1, 3), linekeeper);
    expect(blunt.failover!.secondaryExpected).toBeGreaterThan(
      10 * ours.failover!.secondaryExpected,
    );
    expect(blunt.figures.startedMax).toBeGreaterThan(50);
    expectConserved(blunt.run);
  });
});

it('two flags within a day (S5) leave nobody with a card behind', () => {
  const { failover, drill } = playScenario('S5', setup('S5', 2, 12), linekeeper);
  expect(drill!.flags.filter(({ isSecondary }) => !isSecondary)).toHaveLength(2);
  expect(failover!.uncovered).toBe(0);
  expect(failover!.worstLoadRatio).toBeGreaterThan(1);
});

it('the second flag of S5 finds nothing to strike when the first has cost every line', () => {
  const { drill, failover } = playScenario('S5', setup('S5', 1, 1), roundRobin);
  expect(drill!.flags).toHaveLength(1);
  expect(failover!.stranded).toBe(failover!.affected);
});

describe('ramps (S3)', () => {
  it('begin on day 0 and on day 30, each at the first day of the ramp', () => {
    const { run, ramp } = playScenario('S3', setup('S3'), linekeeper);
    const { usage } = run.fleet;
    expect(run.fleet.lines).toHaveLength(12);
    expect(ramp!.newLines).toBe(8);
    expect(usage.cap[4 * usage.days]).toBe(150);
    // The budget day with label 30 has index 31; the line arrives at its midnight, in the day before it.
    const late = usage.cap.subarray(8 * usage.days, 9 * usage.days);
    const first = late.findIndex((cap) => cap > 0);
    expect([30, 31]).toContain(first);
    expect(late[first]).toBe(150);
    const early = run.records.assignments.filter(
      ({ line, at }) => line >= 8 && at < 30 * DAY_SECONDS,
    );
    expect(early).toHaveLength(0);
  });
});

describe('a viral day (S6)', () => {
  const traffic = makePopulation({ users: 2_500, days: 60 }, 3);
  const viral = withViralDay(traffic, 3);
  const day = busiestDay(traffic);

  it('brings five times the sign-ups and about twice the messages of everybody', () => {
    const newOn = (of: typeof traffic): number => {
      const seen = new Set<number>();
      let count = 0;
      of.seconds.forEach((at, i) => {
        const user = of.user[i] ?? 0;
        if (seen.has(user)) return;
        seen.add(user);
        if (Math.floor(at / DAY_SECONDS) === day) count += 1;
      });
      return count;
    };
    expect(newOn(viral)).toBe(5 * newOn(traffic));
    const messagesOn = (of: typeof traffic): number =>
      of.seconds.filter(
        (at, i) => Math.floor(at / DAY_SECONDS) === day && (of.user[i] ?? 0) < traffic.users,
      ).length;
    expect(messagesOn(viral) / messagesOn(traffic)).toBeCloseTo(2, 1);
  });

  it('is met without a message of ours beyond its ceiling or an answer held back', () => {
    const { run, figures } = playScenario('S6', setup('S6', 3, 2), linekeeper);
    expect(run.gate.totals.sent).toBeGreaterThan(100);
    expect(run.gate.totals.deferred).toBeGreaterThan(0);
    expect(figures.ceilingViolations).toBe(0);
    expect(figures.repliesForBudget).toBe(0);
    expectConserved(run);
  });
});

it('a bad week (S7) gives the two lines nobody new, moves nobody and takes nothing from their ramp', () => {
  const { run, badWeek, detection } = playScenario('S7', setup('S7'), linekeeper);
  expect(badWeek!.newUsersAtRisk).toBe(0);
  expect(badWeek!.falseMoves).toBe(0);
  expect(badWeek!.lowestCapShare).toBe(1);
  expect(detection!['events95Missed']).toBe(0);
  expect(detection!['events95BadMax']).toBeLessThanOrEqual(5);
  expect(run.fleet.lines.every(({ reputation }) => reputation === 'HEALTHY')).toBe(true);
  const blunt = playScenario('S7', setup('S7'), roundRobin);
  expect(blunt.badWeek!.newUsersAtRisk).toBeGreaterThan(0);
});

it('carrying out what is proposed moves people, and only onto numbers they hold', () => {
  const { run } = playScenario('S2', setup('S2', 1, 2), linekeeperRebalancing);
  for (const { user, to } of run.records.moves) expect(run.holds(user)).toContain(to);
});

it('the busy hour is the fullest of the fullest day in the middle half', () => {
  const builder = new TrafficBuilder();
  for (let day = 0; day < 8; day += 1) builder.add(day * DAY_SECONDS + 100, 0, IN);
  for (let i = 0; i < 5; i += 1) builder.add(4 * DAY_SECONDS + 9 * 3_600 + i, 1, IN);
  for (let i = 0; i < 9; i += 1) builder.add(i, 1, IN);
  expect(busyHour(builder.build(2))).toBe(4 * DAY_SECONDS + 9.5 * 3_600);
});
