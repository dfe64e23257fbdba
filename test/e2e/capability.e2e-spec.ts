import { createTestDatabase, type TestDatabase } from '../support/database';
import {
  lineNumbers,
  type Onboarded,
  onboard,
  personNumber,
  raiseMatureFleet,
} from '../support/fleet';
import { ok } from '../support/http';
import { TestService } from '../support/service';
import { type BookCheck, TestSimulator } from '../support/simulator';

const MINUTE = 60;
const PATH = '/v3/capability/check_imessage';
const reason = 'a test';

interface Capability {
  readonly handle: string;
  readonly imessage: boolean | null;
  readonly checkedAt: string | null;
  readonly expiresAt: string | null;
  readonly pending: boolean;
  readonly problem: string | null;
}

/** Two workers on one database, three lines of which the last may speak V2. Each test goes on where the one before stopped. */
describe('Capability checks', () => {
  let database: TestDatabase;
  let simulator: TestSimulator;
  let services: readonly TestService[];
  let service: TestService;
  const numbers = lineNumbers(3);
  const [first = '', second = '', third = ''] = numbers;
  let people = 0;
  let seen = 0;

  beforeAll(async () => {
    [database, simulator] = await Promise.all([
      createTestDatabase(),
      TestSimulator.start({ lines: numbers, start: '2026-03-02T10:00:00.000Z' }),
    ]);
    service = await TestService.start(database, simulator);
    services = [service, await TestService.start(database, simulator, { name: 'second' })];
    await raiseMatureFleet(service);
  });

  afterEach(async () => {
    await ok(simulator.control.delete('/faults'));
    const late = (await simulator.checks()).filter(({ limited }) => limited);
    expect(late.length).toBe(told);
  });

  afterAll(async () => {
    for (const each of services) await each.stop();
    await simulator.stop();
    await database.drop();
  });

  /** Checks that the provider turned away because they came too soon, where a test means them to. */
  let told = 0;

  const next = (): string => personNumber((people += 1));
  /** What the provider was asked since the last look. */
  const asked = async (): Promise<BookCheck[]> => {
    const all = await simulator.checks();
    const fresh = all.slice(seen);
    seen = all.length;
    return fresh;
  };
  const capability = async ({ user }: Pick<Onboarded, 'user'>): Promise<Capability> =>
    (await ok(service.app.get<{ capability: Capability[] }>(`/v1/users/${user.id}`)))
      .capability[0]!;
  const check = async ({ user }: Pick<Onboarded, 'user'>): Promise<Capability> => {
    const path = `/v1/users/${user.id}/capability-check`;
    const answer = await service.app.post<{ capability: Capability[] }>(path);
    expect(answer.status).toBe(202);
    return answer.body.capability[0]!;
  };
  /** The workers hear of what was asked for meanwhile, and say when they are due. */
  const hear = (): Promise<void> => simulator.advance(0);
  /** After everything that was done, the clock goes on. */
  const pass = async (seconds: number): Promise<void> => {
    await hear();
    await simulator.advance(seconds);
  };
  const faulty = (fault: object): Promise<unknown> =>
    ok(simulator.control.post('/faults', { kind: 'error', path: PATH, count: null, ...fault }));

  it('of many newcomers are paced: none of a line within ten seconds, and all in as long as that takes', async () => {
    const handles = Array.from({ length: 33 }, next);
    const placed = await Promise.all(handles.map((handle, i) => onboard(services[i % 2]!, handle)));
    await pass(99);
    // Three lines, of which each has had ten slots.
    expect(await simulator.checks()).toHaveLength(30);
    const open = await Promise.all(placed.map(capability));
    expect(open.filter(({ pending }) => pending)).toHaveLength(3);
    await pass(1);
    const checks = await asked();
    expect(checks.map(({ address }) => address).sort()).toEqual([...handles].sort());
    for (const number of numbers) {
      const at = checks.filter(({ line }) => line === number).map((each) => Date.parse(each.at));
      expect(at).toHaveLength(11);
      const gaps = at.slice(1).map((instant, i) => instant - at[i]!);
      expect(Math.min(...gaps)).toBeGreaterThanOrEqual(10_000);
    }
    const done = await Promise.all(placed.map(capability));
    for (const { imessage, pending, problem } of done) {
      expect({ imessage, pending, problem }).toEqual({
        ...{ imessage: true, pending: false, problem: null },
      });
    }
  });

  it('are answered from what is known while that holds, and asked again only when somebody wants to know', async () => {
    const phone = next();
    await ok(simulator.control.post('/people', { people: [{ handle: phone, device: 'android' }] }));
    const person = await onboard(service, phone);
    await pass(MINUTE);
    expect(await capability(person)).toMatchObject({ imessage: false, pending: false });
    expect(await asked()).toHaveLength(1);
    const known = await check(person);
    expect(known).toMatchObject({ imessage: false, pending: false });
    const [checkedAt, expiresAt] = [known.checkedAt ?? '', known.expiresAt ?? ''].map(Date.parse);
    expect(expiresAt! - checkedAt!).toBe(30 * MINUTE * 1_000);
    await pass((expiresAt! - (await simulator.now())) / 1_000 - 1);
    expect(await check(person)).toMatchObject({ imessage: false, pending: false });
    // Expired: nothing is known, and nobody asks by themself.
    await pass(1);
    expect(await capability(person)).toMatchObject({ imessage: null, expiresAt: null });
    await pass(MINUTE);
    expect(await asked()).toEqual([]);
    expect(await check(person)).toMatchObject({ imessage: null, pending: true });
    expect(await check(person)).toMatchObject({ pending: true });
    await pass(1);
    expect(await capability(person)).toMatchObject({ imessage: false });
    expect((await asked()).map(({ address }) => address)).toEqual([phone]);
  });

  it('know email addresses too, and who has none to check', async () => {
    const person = await onboard(service, 'ada@example.com');
    const { user } = await ok(
      service.app.post<Onboarded>('/v1/users', { externalId: 'nobody', startedBy: 'inbound' }),
    );
    await pass(1);
    expect(await capability(person)).toMatchObject({ handle: 'ada@example.com', imessage: true });
    expect(await capability({ user })).toBeUndefined();
    expect((await asked()).map(({ address }) => address)).toEqual(['ada@example.com']);
    const nobody = '00000000-0000-7000-8000-0000000000ff';
    expect((await service.app.post(`/v1/users/${nobody}/capability-check`)).status).toBe(404);
  });

  it('that a line cannot make are made by another one, and say nothing of the person', async () => {
    await pass(MINUTE);
    const person = await onboard(service, next());
    const own = person.assignment.line.phoneNumber;
    const fails = (number: string, code: number | null): Promise<unknown> =>
      ok(simulator.control.post(`/lines/${number}/checks`, { iMessage: code }));
    await fails(own, 4010);
    await pass(29);
    expect(await capability(person)).toMatchObject({ imessage: null, pending: true });
    await pass(1);
    expect(await capability(person)).toMatchObject({ imessage: true, pending: false });
    const [tried, made, ...more] = (await asked()).map(({ line }) => line);
    expect([tried, more]).toEqual([own, []]);
    expect(made).not.toBe(own);
    // By none: given up as unknown after five tries, and asked again when somebody wants to know.
    for (const number of numbers) await fails(number, 4009);
    const unlucky = await onboard(service, next());
    await pass(20 * MINUTE);
    expect(await asked()).toHaveLength(5);
    expect(await capability(unlucky)).toMatchObject({
      ...{ imessage: null, pending: false, problem: 'no-answer' },
    });
    for (const number of numbers) await fails(number, null);
    expect(await check(unlucky)).toMatchObject({ pending: true, problem: null });
    await pass(1);
    expect(await capability(unlucky)).toMatchObject({ imessage: true, problem: null });
    await asked();
  });

  it('that the provider tells to wait let the line rest for so long, and go to the others at once', async () => {
    await pass(MINUTE);
    const start = await simulator.now();
    const handles = Array.from({ length: 12 }, next);
    const placed = await Promise.all(handles.map((handle) => onboard(service, handle)));
    await faulty({ line: first, status: 429, code: 1007, retryAfter: 45, count: 1 });
    await pass(2 * MINUTE);
    const checks = await asked();
    expect(checks.map(({ address }) => address).sort()).toEqual([...handles].sort());
    for (const person of placed) expect(await capability(person)).toMatchObject({ imessage: true });
    const rested = checks.filter(
      ({ line, at }) => line === first && Date.parse(at) < start + 45_000,
    );
    expect(rested).toEqual([]);
    expect(checks.some(({ line }) => line === first)).toBe(true);
  });

  it('get on where the provider counts the account and not the line', async () => {
    await pass(MINUTE);
    const scope = (capabilityScope: string): Promise<unknown> =>
      ok(simulator.control.post('/config', { capabilityScope }));
    await scope('account');
    const placed = await Promise.all(Array.from({ length: 4 }, () => onboard(service, next())));
    await pass(MINUTE);
    for (const person of placed) expect(await capability(person)).toMatchObject({ imessage: true });
    const checks = await asked();
    told = (await simulator.checks()).filter(({ limited }) => limited).length;
    expect(checks.filter(({ limited }) => !limited)).toHaveLength(4);
    // Nobody hammers: in ten seconds each line is turned away once.
    expect(checks.length).toBeLessThanOrEqual(4 * numbers.length);
    await scope('line');
    await pass(MINUTE);
  });

  it('are not made of who was erased or said stop meanwhile, nor while the fleet is frozen', async () => {
    const busy = await Promise.all(Array.from({ length: 3 }, () => onboard(service, next())));
    await pass(1);
    expect(await asked()).toHaveLength(3);
    const [gone, stopped, patient] = [
      ...[await onboard(service, next()), await onboard(service, next())],
      await onboard(service, next()),
    ] as const;
    expect((await service.admin.delete(`/v1/users/${gone.user.id}`)).status).toBe(204);
    await ok(service.app.post(`/v1/users/${stopped.user.id}/opt-out`));
    await ok(service.admin.post('/v1/admin/fleet/freeze', { reason }));
    await pass(MINUTE);
    expect(await asked()).toEqual([]);
    expect(await capability(patient)).toMatchObject({ imessage: null, pending: true });
    await ok(service.admin.post('/v1/admin/fleet/unfreeze', { reason }));
    await pass(MINUTE);
    const [only, ...others] = await asked();
    expect([only?.address, others]).toEqual([(await capability(patient)).handle, []]);
    expect(await capability(stopped)).toMatchObject({ pending: false, problem: 'opted-out' });
    expect(await check(stopped)).toMatchObject({ pending: false, problem: 'opted-out' });
    expect((await service.app.post(`/v1/users/${gone.user.id}/capability-check`)).status).toBe(410);
    const rows = await database.query(
      'SELECT 1 FROM handle_checks WHERE handle NOT IN (SELECT value FROM handles)',
    );
    expect([rows, busy.length]).toEqual([[], 3]);
  });

  it('that a line makes for itself before it goes into service take the same turns', async () => {
    const fresh = lineNumbers(4).at(-1)!;
    await ok(simulator.control.post('/lines', { phoneNumbers: [fresh] }));
    const line = { phoneNumber: fresh, start: 'new', autoTyping: 'off', reason };
    const { id } = await ok(service.admin.post<{ id: string }>('/v1/admin/lines', line));
    const activate = async (): Promise<string[]> => {
      const body = { waiveWarming: true, waive: ['webhook'], reason };
      const path = `/v1/admin/lines/${id}/activate`;
      const answer = await service.admin.post<{ open?: { check: string }[] }>(path, body);
      return [String(answer.status), ...(answer.body.open ?? []).map((each) => each.check)];
    };
    await ok(simulator.control.post(`/lines/${fresh}/checks`, { iMessage: 4010 }));
    await asked();
    expect(await activate()).toEqual(['409', 'capability']);
    expect(await activate()).toEqual(['409', 'capability']);
    // The second time nobody was asked.
    expect((await asked()).map((each) => each.line)).toEqual([fresh]);
    await ok(simulator.control.post(`/lines/${fresh}/checks`, { iMessage: null }));
    await pass(MINUTE);
    expect(await activate()).toEqual(['200']);
    expect((await asked()).map((each) => each.line)).toEqual([fresh]);
    await ok(service.admin.post(`/v1/admin/lines/${id}/maintenance`, { mode: 'hold', reason }));
  });

  it('go by lines on V2 as well, of which none is named, and never by one that is out', async () => {
    const phones = [await onboard(service, next()), await onboard(service, next())];
    const email = await onboard(service, 'grace@example.com');
    await pass(32 * MINUTE);
    await ok(simulator.control.post(`/lines/${third}/version`, { version: 'v2' }));
    await database.query(`UPDATE lines SET api_version = 'v2' WHERE phone_number = $1`, [third]);
    for (const number of [first, second]) {
      await ok(simulator.control.post(`/lines/${number}/status`, { status: 'FLAGGED' }));
    }
    await pass(MINUTE);
    await asked();
    for (const person of [...phones, email]) {
      expect(await check(person)).toMatchObject({ imessage: null, pending: true });
    }
    await pass(10);
    for (const person of phones) expect(await capability(person)).toMatchObject({ imessage: true });
    const times = (await asked()).map(({ at }) => Date.parse(at));
    expect(times).toHaveLength(2);
    expect(times[1]! - times[0]!).toBeGreaterThanOrEqual(10_000);
    // V2 knows numbers only, so this waits for a line that knows more.
    expect(await capability(email)).toMatchObject({ imessage: null, pending: true });
  });
});
