import { seededRandom } from '@linekeeper/domain';
import { createTestDatabase, type TestDatabase } from '../support/database';
import {
  type LineAnswer,
  lineNumbers,
  linesOf,
  type Problem,
  raiseMatureFleet,
} from '../support/fleet';
import { ok } from '../support/http';
import { Invariants } from '../support/invariants';
import { People } from '../support/people';
import { TestService } from '../support/service';
import { TestSimulator } from '../support/simulator';

const MINUTE = 60;
const LINES = 10;
const PEOPLE = 24;
const COMMANDS = 48;
const SEED = 35;
const reason = 'a slip of the hand';
const VERBS = [
  ...['start-warming', 'activate', 'cordon', 'uncordon', 'drain', 'cancel-drain', 'maintenance'],
  ...['end-maintenance', 'mark-flagged', 'mark-recovered', 'fail-over', 'retire'],
];

/**
 * Fault 35 of the policy: what an operator does by mistake. After every move of the clock what must always hold does
 * (`support/invariants.ts`): nobody is lost, nothing leaves a lost line, and the books are right.
 */
describe('An operator who errs', () => {
  let database: TestDatabase;
  let simulator: TestSimulator;
  let service: TestService;
  let people: People;
  let invariants: Invariants;

  beforeAll(async () => {
    [database, simulator] = await Promise.all([
      createTestDatabase(),
      TestSimulator.start({ lines: lineNumbers(LINES), start: '2026-03-02T10:00:00.000Z' }),
    ]);
    service = await TestService.start(database, simulator);
    people = new People(service, simulator);
    await raiseMatureFleet(service);
    while (people.all.length < PEOPLE) await people.join(4);
    await people.write(people.all);
    invariants = Invariants.watch(database, simulator);
    await simulator.advance(5 * MINUTE, MINUTE);
  });

  afterEach(() => invariants.hold());

  afterAll(async () => {
    await service.stop();
    await simulator.stop();
    await database.drop();
  });

  const step = (line: LineAnswer, verb: string, more: object = {}) =>
    service.admin.post<Problem & { rule?: string }>(`/v1/admin/lines/${line.id}/${verb}`, {
      reason,
      ...more,
    });

  it('imports the same lines again, and one of them by hand, and changes nothing by it', async () => {
    const before = await linesOf(service);
    await raiseMatureFleet(service);
    const [phoneNumber] = lineNumbers(1);
    const again = { phoneNumber, start: 'mature', reason };
    const { status, body } = await service.admin.post<Problem>('/v1/admin/lines', again);
    expect([status, body.code]).toEqual([409, 'line.exists']);
    expect(await linesOf(service)).toEqual(before);
  });

  it('cannot retire or delete a line that people are on', async () => {
    const line = (await linesOf(service)).find(({ users }) => users > 0)!;
    const before = await database.query('SELECT * FROM lines ORDER BY id');
    expect((await step(line, 'retire')).body.code).toBe('line.illegal_step');
    expect((await step(line, 'retire', { override: true })).body.code).toBe('line.illegal_step');
    expect((await service.admin.delete(`/v1/admin/lines/${line.id}`)).status).toBe(404);
    expect(await database.query('SELECT * FROM lines ORDER BY id')).toEqual(before);
  });

  it('ejects no more than a fifth of the lines in one step, and any of them in two', async () => {
    const lines = await linesOf(service);
    for (const [i, line] of lines.entries()) {
      const { status, body } = await step(line, 'mark-flagged');
      expect([i, status, body.rule]).toEqual([
        i,
        i < LINES / 5 ? 200 : 409,
        i < LINES / 5 ? undefined : 'ejections',
      ]);
    }
    const [, , third] = lines;
    expect((await step(third!, 'mark-flagged', { override: true })).status).toBe(200);
    await simulator.advance(MINUTE);
    const overridden = await database.query(
      `SELECT 1 FROM audit WHERE action = 'line.mark-flagged' AND change->>'overridden' = 'ejections'`,
    );
    expect(overridden).toHaveLength(1);
    await recover();
  });

  it(`keeps what must hold whatever they do, in whatever order (seed ${SEED})`, async () => {
    const draw = seededRandom(SEED);
    const pick = <T>(of: readonly T[]): T => of[Math.floor(draw() * of.length)]!;
    const done: string[] = [];
    for (let i = 0; i < COMMANDS; i += 1) {
      const line = pick(await linesOf(service));
      const person = pick(people.all);
      const now = await simulator.now();
      const command = pick([...VERBS, ...VERBS, 'freeze', 'unfreeze', 'reassign', 'pin', 'unpin']);
      const more = {
        ...(draw() < 0.3 ? { override: true } : {}),
        ...(command === 'drain' && draw() < 0.5 ? { movesPerHour: 1 } : {}),
        ...(command === 'maintenance' ? { mode: pick(['hold', 'reroute']) } : {}),
        ...(command === 'maintenance' && draw() < 0.5
          ? { until: new Date(now + 2 * MINUTE * 1_000).toISOString() }
          : {}),
        ...(command === 'activate'
          ? { waiveWarming: true, waive: ['auto-typing', 'webhook'] }
          : {}),
      };
      const { status } = VERBS.includes(command)
        ? await step(line, command, more)
        : command.endsWith('freeze')
          ? await service.admin.post(`/v1/admin/fleet/${command}`, { reason })
          : await service.app.post(`/v1/users/${person.userId}/assignment/${command}`, { reason });
      done.push(`${command} ${line.phoneNumber.slice(-2)} ${status}`);
      expect([done.at(-1), status === 200 || (status >= 400 && status < 500)]).toEqual([
        done.at(-1),
        true,
      ]);
      if (i % 4 === 0) await people.write([person]);
      if (i % 4 === 3) {
        await service.app.post('/v1/sends', { userId: person.userId });
        await simulator.advance(MINUTE);
      }
    }
    // A good part of it was done, and a good part refused.
    expect(done.filter((each) => each.endsWith(' 200')).length).toBeGreaterThan(COMMANDS / 5);
    expect(done.filter((each) => !each.endsWith(' 200')).length).toBeGreaterThan(COMMANDS / 10);

    await ok(service.admin.post('/v1/admin/fleet/unfreeze', { reason }));
    await recover();
    await simulator.advance(10 * MINUTE, 5 * MINUTE);
    await invariants.holdAtRest();
    // Nobody fell out: each has a place, or waits in sight.
    const places = await database.query<{ user: string }>(
      `SELECT user_id AS user FROM assignments WHERE state IN ('confirmed', 'overflow', 'needs-introduction')`,
    );
    expect(places.map(({ user }) => user).sort()).toEqual(
      people.all.map(({ userId }) => userId).sort(),
    );
  });

  /** Every line that was taken out is back. */
  async function recover(): Promise<void> {
    for (const line of await linesOf(service)) {
      if (line.health !== 'healthy') await step(line, 'mark-recovered');
      for (const verb of ['end-maintenance', 'cancel-drain', 'uncordon']) await step(line, verb);
    }
    await database.query(
      `UPDATE lines SET banned_until = NULL, ejected_at = ejected_at - interval '40 days', good_days = 20
       WHERE ejected_at IS NOT NULL`,
    );
    for (const job of ['advance-ramp', 'run-failovers'])
      await ok(service.admin.post(`/v1/admin/jobs/${job}/run`, { reason }));
  }
});
