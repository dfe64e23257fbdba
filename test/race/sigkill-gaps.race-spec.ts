import { expectBooksToAgree } from '../support/books';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { lineNumbers, personNumber, raiseMatureFleet } from '../support/fleet';
import { ok } from '../support/http';
import { KillableService } from '../support/killable-service';
import { TestSimulator } from '../support/simulator';

const MINUTE = 60;
const LINES = 3;
const PEOPLE = 9;

const POINTS: readonly [what: string, point: string][] = [
  ['what was missing put in, not committed', 'PrismaInboxStore.insert:after'],
  ['one chat taken in, the next one not', 'PrismaInboxStore.insert:before#2'],
  ['a line put in whole, not noted as read', 'PrismaGapStore.save:before#5'],
];

jest.setTimeout(120_000);

/** The provider has given up on what was sent while nobody listened. One fleet lives through all of it. */
describe('A process killed with SIGKILL in the midst of a repair', () => {
  let database: TestDatabase;
  let simulator: TestSimulator;
  let service: KillableService;
  let kills = 0;

  beforeAll(async () => {
    [database, simulator] = await Promise.all([
      createTestDatabase(),
      TestSimulator.start({ lines: lineNumbers(LINES), start: '2026-03-02T10:00:00.000Z' }),
    ]);
    service = await KillableService.start(database, simulator);
    await raiseMatureFleet(service);
    await everybodyWrites('Hello');
    await simulator.advance(MINUTE);
  });

  afterAll(async () => {
    await service.stop();
    await simulator.stop();
    await database.drop();
  });

  async function everybodyWrites(text: string): Promise<void> {
    for (let i = 0; i < PEOPLE; i += 1) {
      await simulator.text(personNumber(i), lineNumbers(LINES)[i % LINES] ?? '', text);
    }
  }

  it.each(POINTS)('with %s loses nothing and counts nothing twice', async (_what, point) => {
    await ok(simulator.control.post('/faults', { kind: 'lost-webhook', count: null }));
    await everybodyWrites('Are you there?');
    await simulator.advance(MINUTE);
    await ok(simulator.control.delete('/faults'));
    await service.arm(point);
    await service.survive(async () => {
      await service.admin.post('/v1/admin/jobs/repair-gaps/run', { reason: 'a test' });
      await simulator.advance(MINUTE, 30);
    });
    // The lease of who died is free; the job goes on where it stopped.
    await simulator.advance(10 * MINUTE, 5 * MINUTE);
    await ok(service.admin.post('/v1/admin/jobs/repair-gaps/run', { reason: 'a test' }));
    await simulator.advance(MINUTE, 30);
    kills += 1;
    expect(service.kills).toBe(kills);
    await expectEachOnce();
  });

  it('reads back by itself what was sent while it was away', async () => {
    await service.stop();
    await everybodyWrites('Where have you been?');
    // The provider tries for 25 minutes.
    await simulator.advance(60 * MINUTE);
    await service.survive(() => simulator.advance(MINUTE, 30));
    await expectEachOnce();
  });

  async function expectEachOnce(): Promise<void> {
    await expectBooksToAgree(service, simulator);
    const { length } = await simulator.books();
    const [row] = await database.query<Record<string, number>>(
      `SELECT (SELECT count(*)::int FROM messages) AS messages,
        (SELECT sum("in" + out)::int FROM line_hours) AS counted,
        (SELECT count(DISTINCT data->>'messageId')::int FROM outbox_events
          WHERE type = 'message.recovered') AS recovered,
        (SELECT count(*)::int FROM outbox_events WHERE type = 'message.recovered') AS told`,
    );
    const recovered = length - PEOPLE;
    expect(row).toEqual({ messages: length, counted: length, recovered, told: recovered });
  }
});
