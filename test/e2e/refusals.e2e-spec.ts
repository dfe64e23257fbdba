import { setTimeout } from 'node:timers/promises';
import request from 'supertest';
import { createTestDatabase, type TestDatabase } from '../support/database';
import {
  type LineAnswer,
  lineNumbers,
  onboard,
  type Onboarded,
  personNumber,
  raiseMatureFleet,
} from '../support/fleet';
import { BAD_BODIES, BAD_CALLERS, UNSTORABLE } from './refusal-cases';
import { APP_KEY, TestService } from '../support/service';
import { TestSimulator } from '../support/simulator';

/** Bad input gets a clear 4xx with a stable code, and changes nothing. */
describe('What is refused', () => {
  let database: TestDatabase;
  let simulator: TestSimulator;
  let service: TestService;
  let lines: readonly LineAnswer[];
  let person: Onboarded;

  beforeAll(async () => {
    [database, simulator] = await Promise.all([
      createTestDatabase(),
      TestSimulator.start({ lines: lineNumbers(3) }),
    ]);
    service = await TestService.start(database, simulator);
    lines = await raiseMatureFleet(service);
    person = await onboard(service, personNumber(1));
    // Every job has its first run; after that the clock stands.
    await simulator.advance(60);
  });

  afterAll(async () => {
    await service.stop();
    await simulator.stop();
    await database.drop();
  });

  const filledIn = (path: string): string =>
    path.replace('{line}', lines[0]?.id ?? '').replace('{user}', person.user.id);

  it.each([...BAD_BODIES, ...UNSTORABLE, ...BAD_CALLERS])(
    '$what: $status $code, and not a row changes',
    async ({
      method = 'post',
      path,
      body,
      raw,
      type,
      key = APP_KEY,
      headers = {},
      status,
      code,
    }) => {
      const before = await database.rowCounts();
      const call = request(service.url)[method](filledIn(path)).set(headers);
      if (key !== null) void call.set('authorization', `Bearer ${key}`);
      if (raw !== undefined || body !== undefined) {
        void call.set('content-type', type ?? 'application/json').send(raw ?? JSON.stringify(body));
      }
      const answer = await call;
      expect({ status: answer.status, code: (answer.body as { code?: string }).code }).toEqual({
        status,
        code,
      });
      expect(answer.headers['content-type']).toContain('application/problem+json');
      expect(await database.rowCounts()).toEqual(before);
    },
  );

  it('answers 503, and not with a fault, whom the database leaves in the middle', async () => {
    await database.query('BEGIN');
    await database.query('LOCK TABLE users');
    const asked = service.app.get<{ code: string }>(`/v1/users/${person.user.id}`);
    let cut = 0;
    for (let tries = 0; cut === 0 && tries < 100; tries += 1) {
      await setTimeout(50);
      // What a transaction has seen of the others it keeps otherwise.
      await database.query('SELECT pg_stat_clear_snapshot()');
      const rows = await database.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE datname = current_database() AND wait_event_type = 'Lock'`,
      );
      cut = rows.length;
    }
    await database.query('ROLLBACK');
    const answer = await asked;
    expect(answer).toMatchObject({ status: 503, body: { code: 'service.unavailable' } });
    expect(answer.headers.get('retry-after')).toBe('1');
    expect((await service.app.get(`/v1/users/${person.user.id}`)).status).toBe(200);
  });
});
