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
});
