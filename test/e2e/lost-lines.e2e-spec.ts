import { RunDueWork } from '@linekeeper/application';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { type LineAnswer, lineNumbers, linesOf, raiseMatureFleet } from '../support/fleet';
import { ok } from '../support/http';
import { People, type Person } from '../support/people';
import { TestService } from '../support/service';
import { TestSimulator } from '../support/simulator';

const MINUTE = 60;
const reason = 'a test';

/** What becomes of a line that an operator or the provider takes out, and of the people on it. */
describe('A line that is taken out', () => {
  let database: TestDatabase;
  let simulator: TestSimulator;
  let service: TestService;
  let people: People;

  beforeEach(async () => {
    [database, simulator] = await Promise.all([
      createTestDatabase(),
      TestSimulator.start({ lines: lineNumbers(3), start: '2026-03-02T10:00:00.000Z' }),
    ]);
    service = await TestService.start(database, simulator);
    people = new People(service, simulator);
    await raiseMatureFleet(service);
  });

  afterEach(async () => {
    await service.stop();
    await simulator.stop();
    await database.drop();
  });

  const lineBy = async (phoneNumber: string): Promise<LineAnswer> => {
    const line = (await linesOf(service)).find((each) => each.phoneNumber === phoneNumber);
    if (!line) throw new Error(`No line ${phoneNumber}`);
    return line;
  };
  const verb = async (phoneNumber: string, name: string, more: object = {}): Promise<unknown> => {
    const { id } = await lineBy(phoneNumber);
    return ok(service.admin.post(`/v1/admin/lines/${id}/${name}`, { reason, ...more }));
  };
  const run = (job: string): Promise<{ lastResult: Record<string, number> }> =>
    ok(service.admin.post(`/v1/admin/jobs/${job}/run`, { reason }));

  /** Where a person stands, by number and state. */
  const placeOf = async ({ userId }: Person): Promise<{ line: string; state: string }> => {
    const rows = await database.query<{ line: string; state: string }>(
      `SELECT l.phone_number AS line, a.state FROM assignments a
       JOIN lines l ON l.id = a.line_id WHERE a.user_id = $1`,
      [userId],
    );
    return rows[0] ?? { line: 'none', state: 'none' };
  };
  const join = async (): Promise<Person> => {
    const person = await people.join(4);
    if (!person) throw new Error('No room');
    return person;
  };
  /** Until it is so, while the clock stands; a bound ends the wait. */
  const until = async (what: () => Promise<boolean>): Promise<void> => {
    for (let i = 0; i < 5_000; i += 1) if (await what()) return;
    throw new Error('It never came to that');
  };

  it.each(['mark-flagged', 'fail-over'])(
    'by an operator’s %s stays out, whatever the provider says of it',
    async (word) => {
      const person = await people.join(4);
      const own = person?.writesTo ?? '';
      await people.write(people.all);
      await simulator.advance(MINUTE);
      await verb(own, word);
      // The provider's news of the reputation carries its status along: ACTIVE, since it never flagged the line.
      await ok(simulator.control.post(`/lines/${own}/reputation`, { reputation: 'AT_RISK' }));
      await simulator.advance(MINUTE);
      expect(await lineBy(own)).toMatchObject({ reputation: 'AT_RISK', health: 'ejected' });
      // Nor does its list change that, of a line of which nothing was known.
      await database.query(`UPDATE lines SET provider_status = 'UNKNOWN' WHERE phone_number = $1`, [
        own,
      ]);
      await run('poll-lines');
      expect(await lineBy(own)).toMatchObject({ health: 'ejected' });
      await verb(own, 'mark-recovered');
      expect((await lineBy(own)).health).not.toBe('ejected');
    },
  );

  describe('has its people moved at once', () => {
    it('when an operator says so', async () => {
      const person = await join();
      await people.write([person]);
      await simulator.advance(MINUTE);
      await verb(person.writesTo, 'fail-over');
      await until(async () => (await placeOf(person)).line !== person.writesTo);
    });

    it('when an operator resumes what was paused', async () => {
      const person = await join();
      await people.write([person]);
      await simulator.advance(MINUTE);
      await ok(
        service.admin.put('/v1/admin/actuators', { actuators: { failover: 'propose' }, reason }),
      );
      await ok(simulator.control.post(`/lines/${person.writesTo}/status`, { status: 'FLAGGED' }));
      await simulator.advance(10 * MINUTE);
      expect(await placeOf(person)).toMatchObject({ line: person.writesTo, state: 'confirmed' });
      const { data } = await ok(
        service.admin.get<{ data: { id: string }[] }>('/v1/admin/failovers'),
      );
      await ok(service.admin.post(`/v1/admin/failovers/${data[0]?.id}/resume`, { reason }));
      await until(async () => (await placeOf(person)).line !== person.writesTo);
    });

    it('also when it was an app’s question that brought the flag to light, in another process', async () => {
      const person = await join();
      // Its schedule lies minutes ahead.
      await run('run-failovers');
      await service.nest.get(RunDueWork).stop();
      await people.write([person]);
      await ok(simulator.control.post(`/lines/${person.writesTo}/status`, { status: 'FLAGGED' }));
      await simulator.advance(MINUTE);
      expect(await lineBy(person.writesTo)).toMatchObject({ health: 'healthy' });
      await people.send(person, 'reply');
      expect(await lineBy(person.writesTo)).toMatchObject({ health: 'ejected' });
      const second = await TestService.start(database, simulator, { name: 'second' });
      try {
        await until(async () => (await placeOf(person)).line !== person.writesTo);
      } finally {
        await second.stop();
      }
    });
  });
});
