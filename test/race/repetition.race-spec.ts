import { createTestDatabase, type TestDatabase } from '../support/database';
import {
  lineNumbers,
  linesOf,
  onboard,
  type Onboarded,
  personNumber,
  type Problem,
  raiseMatureFleet,
  type SendAnswer,
} from '../support/fleet';
import { type Answer, ok } from '../support/http';
import { KillableService } from '../support/killable-service';
import { TestSimulator } from '../support/simulator';

jest.setTimeout(240_000);

/** The work is committed; the answer is neither kept nor sent. */
const POINT = 'PrismaIdempotencyStore.answer:before';
const ABANDONED_SECONDS = 150;

/** Whoever repeats a request under its Idempotency-Key gets what the first one made, also when its answer was lost. */
describe('A request repeated under its key', () => {
  let database: TestDatabase;
  let simulator: TestSimulator;
  let service: KillableService;

  beforeEach(async () => {
    [database, simulator] = await Promise.all([
      createTestDatabase(),
      TestSimulator.start({ lines: lineNumbers(3), start: '2026-03-02T10:00:00.000Z' }),
    ]);
    service = await KillableService.start(database, simulator);
    await raiseMatureFleet(service);
  });

  afterEach(async () => {
    await service.stop();
    await simulator.stop();
    await database.drop();
  });

  const keyed = <T>(path: string, body: object): Promise<Answer<T>> =>
    service.app.post<T>(path, body, { headers: { 'idempotency-key': 'the-same' } });

  /** The first request's answer is lost; then its claim is given up. */
  async function loseTheAnswer(request: () => Promise<unknown>): Promise<void> {
    await service.arm(POINT);
    await service.survive(async () => {
      if (service.kills === 0) await request();
    });
    expect(service.kills).toBe(1);
    await simulator.advance(ABANDONED_SECONDS, 30);
  }

  const count = async (sql: string): Promise<number> =>
    (await database.query<{ n: number }>(`SELECT count(*)::int AS n FROM ${sql}`))[0]?.n ?? 0;

  it('gets the reservation that a killed process made for it, with a code that works', async () => {
    const reserve = (): Promise<Answer<Onboarded>> => keyed('/v1/users', { startedBy: 'inbound' });
    await loseTheAnswer(reserve);
    const { status, body } = await reserve();
    expect(status).toBe(201);
    expect(await count('users')).toBe(1);
    expect(await count('assignments')).toBe(1);

    await simulator.text(personNumber(1), body.assignment.line.phoneNumber, `Hi ${body.code}`);
    await simulator.advance(60);
    const [handle] = await database.query<{ user_id: string }>('SELECT user_id FROM handles');
    expect(handle?.user_id).toBe(body.user.id);
  });

  it('gets the hold that a killed process made for it', async () => {
    const { user, assignment } = await onboard(service, personNumber(1), { startedBy: 'outbound' });
    const ask = (): Promise<Answer<SendAnswer>> => keyed('/v1/sends', { userId: user.id });
    await loseTheAnswer(ask);
    const { body } = await ask();
    expect(body).toMatchObject({ decision: 'send', newConversation: true });
    expect(await database.query('SELECT id FROM sends')).toEqual([{ id: body.reservationId }]);
    const line = (await linesOf(service)).find(({ id }) => id === assignment.line.id);
    expect(line).toMatchObject({ reserved: 1 });
  });

  it('gets its hold also when only keeping the answer failed', async () => {
    const { user } = await onboard(service, personNumber(1), { startedBy: 'outbound' });
    await database.query(`CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql
      AS $$ BEGIN RAISE EXCEPTION 'no space left'; END $$`);
    await database.query(
      'CREATE TRIGGER fails BEFORE UPDATE ON idempotency_records FOR EACH ROW EXECUTE FUNCTION fail()',
    );
    const ask = (): Promise<Answer<SendAnswer & Problem>> =>
      keyed('/v1/sends', { userId: user.id });
    const first = await ok(ask());
    await database.query('DROP TRIGGER fails ON idempotency_records');
    expect((await ask()).body.code).toBe('idempotency.in_progress');
    await simulator.advance(ABANDONED_SECONDS, 30);
    expect((await ok(ask())).reservationId).toBe(first.reservationId);
    expect(await count('sends')).toBe(1);
  });
});
