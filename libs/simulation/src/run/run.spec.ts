import { DEFAULT_FLEET_POLICY } from '@linekeeper/domain';
import fc from 'fast-check';
import type { MakeContender } from '../contenders/contender';
import { linekeeper } from '../contenders/linekeeper';
import { faqDivision, fewestUsers, roundRobin } from '../contenders/references';
import { csvFiles } from '../figures/csv';
import { figuresOf } from '../figures/figures';
import { setupOf } from '../scenarios/scenarios';
import { makePopulation } from '../traffic/population';
import { IN, type Traffic, TrafficBuilder } from '../traffic/traffic';
import { Run } from './run';

const setup = (traffic: Traffic, lines = 3, budget = 300, seed = 1) =>
  setupOf('S2', {
    ...{ traffic, lines, budget, seed, savedShare: 0.5 },
    policy: DEFAULT_FLEET_POLICY,
  });

const CONTENDERS: readonly MakeContender[] = [linekeeper, roundRobin, fewestUsers, faqDivision];

/** All files of a run as one text. */
const filesOf = (run: Run): string =>
  csvFiles(run)
    .map(({ name, header, rows }) => [name, header, ...rows()].join('\n'))
    .join('\n');

describe('a run', () => {
  it.each(CONTENDERS)(
    'counts each message of the traffic on one line or as turned away',
    (make) => {
      fc.assert(
        fc.property(
          fc.array(fc.record({ day: fc.nat(20), second: fc.nat(86_399), user: fc.nat(40) }), {
            minLength: 1,
            maxLength: 300,
          }),
          fc.integer({ min: 1, max: 4 }),
          (messages, lines) => {
            const builder = new TrafficBuilder();
            for (const { day, second, user } of messages) {
              builder.addWithReply(day * 86_400 + second, user);
            }
            const traffic = builder.build(41);
            const run = new Run(setup(traffic, lines, 60), make).play();
            const { usage } = run.fleet;
            const onLines = [...usage.in, ...usage.out].reduce((sum, each) => sum + each, 0);
            expect(onLines).toBe(run.records.carried);
            expect(run.records.carried + run.records.turnedAway).toBe(traffic.seconds.length);
            const placed = new Set(run.records.assignments.map(({ user }) => user));
            expect(placed.size).toBe(run.records.assignments.length);
            expect([...run.fleet.lineOf].filter((line) => line >= 0)).toHaveLength(placed.size);
          },
        ),
        { numRuns: 200 },
      );
    },
  );

  it('is the same to the byte for the same seed, and another one for another', () => {
    const play = (seed: number): string =>
      filesOf(
        new Run(
          setup(makePopulation({ users: 300, days: 20 }, seed), 3, 300, seed),
          linekeeper,
        ).play(),
      );
    expect(play(7)).toBe(play(7));
    expect(play(7)).not.toBe(play(8));
  });

  it('keeps the sums of the lines equal to those of their users', () => {
    const run = new Run(setup(makePopulation({ users: 400, days: 30 }, 3)), linekeeper).play();
    const { fleet } = run;
    const users = fleet.lines.map((_, line) => fleet.usersOn(line).length);
    expect(fleet.lines.map((line) => line.users)).toEqual(users);
    const backups = fleet.lines.map(
      (_, line) => [...fleet.fallbacks].filter((each) => each === line).length,
    );
    expect(fleet.lines.map((line) => line.fallbackUsers)).toEqual(backups);
    expect(
      fleet.lines.every(({ meanMilli, users: n }) => (n === 0 ? meanMilli === 0 : meanMilli > 0)),
    ).toBe(true);
  });

  it('lets nobody onto a line before they write, and turns them away once a day at most', () => {
    const run = new Run(
      setup(makePopulation({ users: 400, days: 30 }, 3), 1, 100),
      linekeeper,
    ).play();
    expect(run.records.refused.length).toBeGreaterThan(0);
    const tries = run.records.refused.map(
      ({ at, user }) => `${user}/${Math.floor((at - 21_600) / 86_400)}`,
    );
    expect(new Set(tries).size).toBe(tries.length);
    expect(run.setup.traffic.direction[0]).toBe(IN);
  });

  it('has files that its figures can be recomputed from', () => {
    const run = new Run(setup(makePopulation({ users: 400, days: 30 }, 3)), roundRobin).play();
    const rowsOf = (name: string): string[][] =>
      [
        ...(csvFiles(run)
          .find((file) => file.name === name)
          ?.rows() ?? []),
      ].map((r) => r.split(','));
    const figures = figuresOf(run);
    const uses = rowsOf('usage.csv').map(([, , into, out]) => Number(into) + Number(out));
    const busy = uses.filter((use) => use > 0);
    const over = busy.filter((use) => use > 300);
    expect(figures.lineDays).toBe(busy.length);
    expect(figures.overrunLineDays).toBe(over.length);
    expect(figures.overrunLineDays).toBeGreaterThan(0);
    expect(figures.worstLineDay).toBeCloseTo(Math.max(...busy) / 300, 10);
    expect(figures.carried).toBe(busy.reduce((sum, use) => sum + use, 0));
    expect(figures.admitted).toBe(rowsOf('assignments.csv').length);
    // The use itself follows from the traffic and the assignments.
    const lineOf = new Map(rowsOf('assignments.csv').map(([, user, line]) => [user, line]));
    const { seconds, user } = run.setup.traffic;
    const recount = new Map<string, number>();
    seconds.forEach((at, i) => {
      const key = `${Math.floor((at - 6 * 3_600) / 86_400)}/${lineOf.get(String(user[i]))}`;
      recount.set(key, (recount.get(key) ?? 0) + 1);
    });
    for (const [day, line, into, out] of rowsOf('usage.csv')) {
      expect(Number(into) + Number(out)).toBe(recount.get(`${day}/${line}`) ?? 0);
    }
  });
});
