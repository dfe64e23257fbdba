import { MessagingProvider } from '@linekeeper/application';
import { createTestDatabase, type TestDatabase } from '../support/database';
import {
  lineNumbers,
  linesOf,
  onboard,
  personNumber,
  type Problem,
  raiseMatureFleet,
  type SendAnswer,
} from '../support/fleet';
import { ok } from '../support/http';
import { People } from '../support/people';
import { TestService } from '../support/service';
import { TestSimulator } from '../support/simulator';

const MINUTE = 60;
const reason = 'a test';
const LINES = lineNumbers(3);

/** What the service leaves alone: lines that it only watches, and everything while it only observes. */
describe('Watching', () => {
  let database: TestDatabase;
  let simulator: TestSimulator;
  let service: TestService;

  beforeEach(async () => {
    [database, simulator] = await Promise.all([
      createTestDatabase(),
      TestSimulator.start({ lines: LINES, start: '2026-03-02T10:00:00.000Z' }),
    ]);
    service = await TestService.start(database, simulator);
  });

  afterEach(async () => {
    await service.stop();
    await simulator.stop();
    await database.drop();
  });

  const run = (job: string): Promise<unknown> =>
    ok(service.admin.post(`/v1/admin/jobs/${job}/run`, { reason }));
  const withheld = async (): Promise<unknown[]> => {
    const rows = await database.query<{ data: { wouldBe: string } }>(
      `SELECT data FROM outbox_events WHERE type = 'actuator.withheld' ORDER BY seq`,
    );
    return rows.map(({ data }) => data.wouldBe);
  };
  const observe = (actuator: string): Promise<unknown> =>
    ok(service.admin.put('/v1/admin/actuators', { actuators: { [actuator]: 'observe' }, reason }));

  describe('a line that the provider lists and nobody took over', () => {
    const [NUMBER = ''] = LINES;
    const somebody = personNumber(1);

    beforeEach(() => run('poll-lines'));

    it('counts who writes to it, and gives them no place', async () => {
      await simulator.text(somebody, NUMBER, 'Hello?');
      await simulator.advance(MINUTE);
      const line = (await linesOf(service)).find(({ phoneNumber }) => phoneNumber === NUMBER);
      expect(line).toMatchObject({ usedLast24h: 1, users: 0, closedBecause: 'unmanaged' });
      const { users, assignments } = await database.rowCounts();
      expect({ users, assignments }).toEqual({ users: 0, assignments: 0 });

      // Taken over, it meets them like any other line.
      await raiseMatureFleet(service);
      await simulator.text(somebody, NUMBER, 'Hello again?');
      await simulator.advance(MINUTE);
      const answer = await ok(
        service.app.post<SendAnswer>('/v1/sends', { handle: somebody, class: 'reply' }),
      );
      expect(answer).toMatchObject({ decision: 'send', line: { phoneNumber: NUMBER } });
    });

    it('heeds who says stop on it, also when they come to us later', async () => {
      await simulator.text(somebody, NUMBER, 'STOP');
      await simulator.text(personNumber(2), NUMBER, 'STOP');
      await simulator.advance(MINUTE);
      await simulator.text(personNumber(2), NUMBER, 'START');
      await simulator.advance(MINUTE);
      await raiseMatureFleet(service);
      for (const [handle, decision] of [
        [somebody, 'refuse'],
        [personNumber(2), 'send'],
      ] as const) {
        const { user } = await onboard(service, handle, { startedBy: 'outbound' });
        const asked = service.app.post<SendAnswer>('/v1/sends', { userId: user.id });
        expect((await ok(asked)).decision).toBe(decision);
      }
    });

    it('refuses every step but those about its health, and says what to do first', async () => {
      const [line] = await linesOf(service);
      for (const verb of ['activate', 'start-warming', 'cordon', 'drain', 'retire']) {
        const path = `/v1/admin/lines/${line?.id}/${verb}`;
        const { status, body } = await service.admin.post<Problem>(path, { reason });
        expect({ verb, status, code: body.code }).toEqual({
          verb,
          status: 409,
          code: 'line.illegal_step',
        });
        expect(body.detail).toContain('take it into management first');
      }
      await ok(service.admin.post(`/v1/admin/lines/${line?.id}/mark-flagged`, { reason }));
      // A line that has vanished from the provider's list holds nothing up either.
      await database.query(
        `UPDATE lines SET admin_state = 'enabled', phone_number = $1,
        listed_at = listed_at - interval '1 hour' WHERE id = '${line?.id}'`,
        ['+12025550999'],
      );
      await run('poll-lines');
    });
  });

  describe('while failovers only observe', () => {
    let people: People;

    beforeEach(async () => {
      await raiseMatureFleet(service);
      people = new People(service, simulator);
    });

    it('moves nobody who writes on another line, and strands nobody on a mute one', async () => {
      const person = await people.join(4);
      const other = LINES.find((each) => each !== person?.writesTo) ?? '';
      await people.write(people.all);
      await simulator.advance(MINUTE);
      await observe('failover');
      await ok(
        simulator.control.post(`/lines/${person?.writesTo ?? ''}/status`, { status: 'FLAGGED' }),
      );
      await simulator.advance(MINUTE);
      await simulator.text(person?.handle ?? '', other, 'Are you there?');
      await simulator.text(personNumber(70), person?.writesTo ?? '', 'And you?');
      await simulator.advance(MINUTE);
      await run('run-failovers');
      const places = await database.query<{ line: string; state: string }>(
        `SELECT l.phone_number AS line, a.state FROM assignments a JOIN lines l ON l.id = a.line_id`,
      );
      const [own] = [person?.writesTo];
      expect(places).toEqual([
        { line: own, state: 'confirmed' },
        { line: own, state: 'overflow' },
      ]);
      expect((await withheld()).sort()).toEqual([
        'assignment.moved',
        'assignment.needs-introduction',
      ]);
      // They are answered where they wrote all the same.
      expect(await people.send(person!, 'reply')).toMatchObject({
        decision: 'send',
        line: { phoneNumber: other },
      });
    });
  });

  it('while sharing only observes, writes no contact card at the provider', async () => {
    const [line] = await raiseMatureFleet(service);
    await ok(service.admin.post(`/v1/admin/lines/${line?.id}/start-warming`, { reason }));
    const waivedChecks = ['contact-card', 'webhook', 'auto-typing'];
    await ok(service.admin.patch(`/v1/admin/lines/${line?.id}`, { waivedChecks, reason }));
    await observe('share');
    const provider = service.nest.get(MessagingProvider);
    const hasCard = (): Promise<boolean> => provider.hasContactCard(line?.phoneNumber ?? '');
    expect(await hasCard()).toBe(false);
    await database.query(
      `UPDATE lines SET warming_until = created_at WHERE admin_state = 'warming'`,
    );
    await run('advance-ramp');
    const [now] = await linesOf(service);
    expect(now).toMatchObject({ id: line?.id, adminState: 'enabled' });
    expect(await hasCard()).toBe(false);
    expect(await withheld()).toEqual(['line.changed']);
  });
});
