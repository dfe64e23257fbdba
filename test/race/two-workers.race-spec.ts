import {
  AdvanceRamp,
  DrainInbox,
  PromoteWaiting,
  RunDueWork,
  RunFailovers,
  RunJob,
  Settings,
  UnitOfWork,
} from '@linekeeper/application';
import { AssessLosses } from '../../libs/application/src/use-cases/capacity/assess-losses';
import { ForgetOld } from '../../libs/application/src/use-cases/jobs/forget-old';
import { Decisions } from '../../libs/application/src/use-cases/shared';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { lineNumbers, linesOf, raiseMatureFleet } from '../support/fleet';
import { ok } from '../support/http';
import { Invariants } from '../support/invariants';
import {
  type ChoreName,
  CHORES,
  type Ground,
  personNumbers,
  populate,
  type Worker,
} from '../support/line-chores';
import { TestService } from '../support/service';
import { TestSimulator } from '../support/simulator';
import { until } from '../support/until';

const reason = 'a race';
/** Longer than a process may be silent and keep its lease: two minutes. */
const PAUSE_SECONDS = 130;
const LEASE_MS = 120_000;

const NAMES = [
  'gives places to those who wait, in their order',
  'begins a maintenance window and moves its people',
  'ends a maintenance window',
  'replaces a number',
  'hands a new number over to all who hold the old one',
  'carries a rebalancing out',
  'forgets what is old, and nothing else',
  'works out what losses would do, and rings once',
] satisfies ChoreName[];

/** Two workers on one database. After each thing the invariants hold (`support/invariants.ts`). */
describe('Two workers at once', () => {
  let database: TestDatabase;
  let simulator: TestSimulator;
  let services: readonly [TestService, TestService];
  let ground: Ground;
  let invariants: Invariants;

  beforeAll(async () => {
    [database, simulator] = await Promise.all([
      createTestDatabase(),
      TestSimulator.start({ lines: lineNumbers(6), start: '2026-03-02T10:00:00.000Z' }),
    ]);
    const first = await TestService.start(database, simulator);
    services = [first, await TestService.start(database, simulator, { name: 'second' })];
    ground = { database, simulator, worker: first, nextPerson: personNumbers() };
    invariants = new Invariants(database, simulator);
    await raiseMatureFleet(first);
    await populate(ground, 10);
    // From now on both do what they are told, and nothing else.
    for (const { nest } of services) await nest.get(RunDueWork).stop();
  });

  afterEach(async () => {
    jest.restoreAllMocks();
    await invariants.hold();
  });

  afterAll(async () => {
    for (const service of services) await service.stop();
    await simulator.stop();
    await database.drop();
  });

  /** A service that does jobs as if it held every lease. */
  function withoutLease({ nest, admin, app }: TestService): Worker {
    const work: Record<string, () => Promise<unknown>> = {
      'promote-waiting': () => nest.get(PromoteWaiting).execute(),
      'advance-ramp': () => nest.get(AdvanceRamp).execute(),
      'run-failovers': () => nest.get(RunFailovers).execute(),
      'assess-losses': () => nest.get(AssessLosses).execute(),
      'forget-old': () => nest.get(ForgetOld).execute(),
    };
    return { admin, app, run: (job) => work[job]!() };
  }

  it.each(NAMES)('%s, once, also with no lease between them', async (what) => {
    const chore = await CHORES[what](ground);
    await Promise.all(services.map((service) => chore.act(withoutLease(service))));
    await chore.check();
    await chore.clear?.();
  });

  it('15: one that pauses beyond its lease writes nothing any more, and the other has done it all once', async () => {
    const [paused, other] = services;
    const { policy } = await ok(
      paused.admin.get<{ policy: Record<string, object> }>('/v1/admin/policy'),
    );
    const failover = { ...policy['failover'], batchSize: 1 };
    await ok(paused.admin.put('/v1/admin/policy', { policy: { ...policy, failover }, reason }));
    const open = (await linesOf(paused)).filter(({ closedBecause }) => closedBecause === null);
    const busiest = open.reduce((most, each) => (each.users > most.users ? each : most));
    expect(busiest.users).toBeGreaterThan(1);
    await ok(simulator.control.post(`/lines/${busiest.phoneNumber}/status`, { status: 'FLAGGED' }));
    await simulator.advance(1);
    // Whoever has changed the policy knows of it at once.
    await paused.nest.get(DrainInbox).execute();

    // It stops after its first batch, as if its process stood still, with the second one to begin.
    const decisions = paused.nest.get(Decisions);
    const begin = decisions.begin.bind(decisions);
    let goOn = (): void => undefined;
    let stands = false;
    const released = new Promise<void>((done) => (goOn = done));
    jest.spyOn(decisions, 'begin').mockImplementation(async (actor) => {
      const decision = await begin(actor);
      if (actor.id !== 'run-failovers' || (await moves()) !== 1) return decision;
      stands = true;
      await released;
      return decision;
    });
    const moves = async (): Promise<number> =>
      (
        await database.query(
          `SELECT 1 FROM failover_moves m JOIN failovers f ON f.id = m.failover_id
           WHERE f.cause = 'flagged' AND f.line_id = $1::uuid`,
          [busiest.id],
        )
      ).length;
    const late = paused.nest.get(RunJob).execute('run-failovers');
    await until(() => stands);
    // The lease is its own as long as it lives, then anybody's.
    expect(await other.nest.get(RunJob).execute('run-failovers')).toBeNull();
    await simulator.advance(PAUSE_SECONDS);
    const { leases } = other.nest.get(UnitOfWork).read;
    const { processId } = other.nest.get(Settings);
    const now = await simulator.now();
    expect(await leases.take('run-failovers', processId, now, LEASE_MS)).not.toBeNull();
    // It is the other's turn, with nothing done yet: whoever wakes up now finds work, and may not do it.
    const before = await database.rowVersions();
    goOn();
    expect(await late).toBeNull();
    expect(await database.rowVersions()).toEqual(before);
    expect(await moves()).toBe(1);
    await simulator.advance(PAUSE_SECONDS);
    const done = await other.nest.get(RunJob).execute('run-failovers');
    expect(done?.lastError).toBeNull();
    expect(await moves()).toBe(busiest.users);
  });
});
