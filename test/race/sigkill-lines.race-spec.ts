import { createTestDatabase, type TestDatabase } from '../support/database';
import { lineNumbers, raiseMatureFleet } from '../support/fleet';
import { KillableService } from '../support/killable-service';
import {
  type ChoreName,
  CHORES,
  type Ground,
  personNumbers,
  populate,
} from '../support/line-chores';
import { expectSumsToAgree } from '../support/recount';
import { TestSimulator } from '../support/simulator';

/** A job comes round again within ten minutes. */
const CATCH_UP = 600;

const POINTS: readonly [what: ChoreName, point: string][] = [
  ['gives places to those who wait, in their order', 'PrismaWaitList.first:after#2'],
  ['gives places to those who wait, in their order', 'PrismaAssignmentStore.insert:after'],
  ['begins a maintenance window and moves its people', 'PrismaFailoverStore.insert:after'],
  ['begins a maintenance window and moves its people', 'PrismaFailoverStore.addMoves:after'],
  ['ends a maintenance window', 'PrismaFailoverStore.change:after'],
  ['replaces a number', 'PrismaLineStore.insert:after'],
  [
    'hands a new number over to all who hold the old one',
    'PrismaAssignmentStore.replaceFallbacks:after#2',
  ],
  ['carries a rebalancing out', 'PrismaJobStore.applied:after'],
  ['forgets what is old, and nothing else', 'PrismaRetentionStore.emptyBodies:after'],
  ['says of a lost line what it would have done', 'PrismaWithheldStore.note:after'],
  ['works out what losses would do, and rings once', 'PrismaLossStore.save:after'],
];

jest.setTimeout(120_000);

/** What happens to lines by the clock or on request. One fleet lives through all of it; each end is that of an undisturbed run. */
describe('A process killed with SIGKILL at the life of its lines', () => {
  let database: TestDatabase;
  let simulator: TestSimulator;
  let service: KillableService;
  let ground: Ground;
  let kills = 0;

  beforeAll(async () => {
    [database, simulator] = await Promise.all([
      createTestDatabase(),
      TestSimulator.start({ lines: lineNumbers(6), start: '2026-03-02T10:00:00.000Z' }),
    ]);
    service = await KillableService.start(database, simulator);
    ground = { database, simulator, worker: service, nextPerson: personNumbers() };
    await raiseMatureFleet(service);
    await populate(ground, 10);
  });

  afterAll(async () => {
    await service.stop();
    await simulator.stop();
    await database.drop();
  });

  it.each(POINTS)('%s, once, though killed at %s', async (what, point) => {
    const chore = await CHORES[what](ground);
    await service.arm(point);
    await service.survive(() => chore.act(service));
    kills += 1;
    expect(service.kills).toBe(kills);
    await simulator.advance(CATCH_UP, 300);
    await chore.check();
    await chore.clear?.();
    await expectSumsToAgree(database);
  });
});
