import { createTestDatabase, type TestDatabase } from '../support/database';
import {
  lineNumbers,
  type Onboarded,
  personNumber,
  type Problem,
  raiseMatureFleet,
} from '../support/fleet';
import type { Answer } from '../support/http';
import { TestService } from '../support/service';
import { TestSimulator } from '../support/simulator';

const HOUR = 3_600;

/** An Idempotency-Key stands for its request for a day, and for nothing afterwards. */
describe('An Idempotency-Key', () => {
  let database: TestDatabase;
  let simulator: TestSimulator;
  let service: TestService;

  beforeAll(async () => {
    [database, simulator] = await Promise.all([
      createTestDatabase(),
      TestSimulator.start({ lines: lineNumbers(3), start: '2026-03-02T10:00:00.000Z' }),
    ]);
    service = await TestService.start(database, simulator);
    await raiseMatureFleet(service);
  });

  afterAll(async () => {
    await service.stop();
    await simulator.stop();
    await database.drop();
  });

  const make = (key: string, body: object): Promise<Answer<Onboarded & Problem>> =>
    service.app.post('/v1/users', body, { headers: { 'idempotency-key': key } });
  const reserve = (key: string) => make(key, { startedBy: 'inbound' });
  const isReplayed = ({ headers }: Answer<unknown>): boolean =>
    headers.get('idempotency-replayed') === 'true';
  const users = async (): Promise<number> =>
    (await database.query<{ n: number }>('SELECT count(*)::int AS n FROM users'))[0]?.n ?? -1;

  it('that expired is new: the same request is done again, once, by whoever of several comes first', async () => {
    const first = await reserve('a-reservation');
    expect(first.status).toBe(201);
    // To the last second of the day it is the same, code and all.
    await simulator.advance(24 * HOUR - 1, 12 * HOUR);
    const last = await reserve('a-reservation');
    expect(isReplayed(last)).toBe(true);
    expect(last.body).toEqual(first.body);
    await simulator.advance(1);
    const before = await users();
    const again = await Promise.all(Array.from({ length: 5 }, () => reserve('a-reservation')));
    const done = again.filter((answer) => answer.status === 201 && !isReplayed(answer));
    expect(done).toHaveLength(1);
    expect(await users()).toBe(before + 1);
    const [made] = done;
    expect(made?.body.user.id).not.toBe(first.body.user.id);
    expect(made?.body.code).not.toBe(first.body.code);
    for (const answer of again) {
      // The others hear of the same one, or that it is under way.
      if (answer.status === 409) expect(answer.body.code).toBe('idempotency.in_progress');
      else expect(answer.body.user.id).toBe(made?.body.user.id);
    }
    const known = await reserve('a-reservation');
    expect([isReplayed(known), known.body]).toEqual([true, made?.body]);
  });

  it('that expired may stand for another request, which it may not before', async () => {
    const body = { handle: personNumber(1), startedBy: 'inbound' };
    const other = { ...body, handle: personNumber(2) };
    expect((await make('a-person', body)).status).toBe(201);
    await simulator.advance(24 * HOUR - 1, 12 * HOUR);
    const early = await make('a-person', other);
    expect([early.status, early.body.code]).toEqual([422, 'idempotency.mismatch']);
    await simulator.advance(1);
    const late = await make('a-person', other);
    expect([late.status, isReplayed(late)]).toEqual([201, false]);
    // And from then on for that one alone.
    expect((await make('a-person', body)).status).toBe(422);
  });
});
