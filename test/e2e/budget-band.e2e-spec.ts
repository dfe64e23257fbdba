import { createTestDatabase, type TestDatabase } from '../support/database';
import { lineNumbers, linesOf, onboard, personNumber, raiseMatureFleet } from '../support/fleet';
import { ok } from '../support/http';
import { TestService } from '../support/service';
import { TestSimulator } from '../support/simulator';

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const reason = 'a test';
/** Messages a day, so that a few are a share of it. */
const BUDGET = 20;

/** What `line.budget-band` tells of a line whose people write, to two processes that both watch it. */
describe('The band of the budget', () => {
  let database: TestDatabase;
  let simulator: TestSimulator;
  let service: TestService;
  let second: TestService;

  beforeEach(async () => {
    [database, simulator] = await Promise.all([
      createTestDatabase(),
      TestSimulator.start({ lines: lineNumbers(1), start: '2026-03-02T10:00:00.000Z' }),
    ]);
    service = await TestService.start(database, simulator);
    second = await TestService.start(database, simulator, { name: 'second' });
    await raiseMatureFleet(service);
  });

  afterEach(async () => {
    await second.stop();
    await service.stop();
    await simulator.stop();
    await database.drop();
  });

  const told = async (): Promise<unknown[]> => {
    const rows = await database.query<{ data: object }>(
      `SELECT data FROM outbox_events WHERE type = 'line.budget-band' ORDER BY seq`,
    );
    return rows.map(({ data }) => data);
  };

  it('is told once for each crossing, upwards at its edge and downwards below it', async () => {
    const { assignment } = await onboard(service, personNumber(1));
    const [line] = await linesOf(service);
    if (!line) throw new Error('No line');
    const path = `/v1/admin/lines/${line.id}`;
    await ok(service.admin.patch(path, { budgetPerDay: BUDGET, reason }));
    const write = async (messages: number): Promise<void> => {
      for (let i = 0; i < messages; i += 1) {
        await simulator.text(personNumber(1), assignment.line.phoneNumber, `Message ${i}`);
      }
      await simulator.advance(3 * MINUTE, MINUTE);
    };
    const of = (band: number, from: number, usedLast24h: number): object =>
      expect.objectContaining({
        ...{ lineId: line.id, band, from, usedLast24h },
        todayCap: BUDGET,
      }) as object;

    await write(13);
    expect(await told()).toEqual([]);
    await write(1);
    await write(1);
    expect(await told()).toEqual([of(70, 0, 14)]);
    await write(5);
    expect(await told()).toEqual([of(70, 0, 14), of(100, 70, 20)]);
    await simulator.advance(26 * HOUR, 2 * HOUR);
    await simulator.advance(2 * MINUTE, MINUTE);
    expect(await told()).toEqual([of(70, 0, 14), of(100, 70, 20), of(0, 100, 0)]);
  });
});
