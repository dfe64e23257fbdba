import { createTestDatabase, type TestDatabase } from '../support/database';
import { type LineAnswer, lineNumbers, linesOf, raiseMatureFleet } from '../support/fleet';
import { ok } from '../support/http';
import { People } from '../support/people';
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
});
