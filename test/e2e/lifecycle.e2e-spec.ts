import { createHash } from 'node:crypto';
import { createTestDatabase, type TestDatabase } from '../support/database';
import {
  type LineAnswer,
  lineNumbers,
  linesOf,
  type Onboarded,
  onboard,
  personNumber,
  type Problem,
  raiseMatureFleet,
  type SendAnswer,
} from '../support/fleet';
import { ok } from '../support/http';
import { Invariants } from '../support/invariants';
import { People, type Person } from '../support/people';
import { TestService } from '../support/service';
import { TestSimulator } from '../support/simulator';

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const reason = 'a test';

interface LineView extends LineAnswer {
  readonly listing: string;
  readonly dormant: boolean;
  readonly maintenance: { readonly from: string; readonly until: string | null } | null;
  readonly readiness: {
    readonly ready: boolean;
    readonly items: readonly { readonly check: string; readonly state: string }[];
  };
  readonly successorId: string | null;
}
interface Step {
  readonly adminState: string;
  readonly effects: readonly string[];
  readonly usersAffected: number;
  readonly failoverId: string | null;
  readonly overridden: string | null;
  readonly successorId: string | null;
  readonly change: Record<string, unknown>;
}

/** A fleet of six lines as an operator lives with it, in one life from test to test. */
describe('Lines in the hands of an operator', () => {
  let database: TestDatabase;
  let simulator: TestSimulator;
  let service: TestService;
  let people: People;
  const NUMBERS = lineNumbers(6);
  const [NEW = '', NEXT = ''] = lineNumbers(8).slice(6);

  beforeAll(async () => {
    [database, simulator] = await Promise.all([
      createTestDatabase(),
      TestSimulator.start({ lines: NUMBERS, start: '2026-03-02T10:00:00.000Z' }),
    ]);
    service = await TestService.start(database, simulator);
    people = new People(service, simulator);
    await raiseMatureFleet(service);
  });

  afterAll(async () => {
    await service.stop();
    await simulator.stop();
    await database.drop();
  });

  const line = async (phoneNumber: string): Promise<LineView> => {
    const found = (await linesOf(service)).find((each) => each.phoneNumber === phoneNumber);
    return ok(service.viewer.get(`/v1/admin/lines/${found?.id ?? ''}`));
  };
  const ask = async (number: string, verb: string, more: object = {}) => {
    const { id } = await line(number);
    return service.admin.post<Step & Problem>(`/v1/admin/lines/${id}/${verb}`, {
      reason,
      ...more,
    });
  };
  const verb = async (number: string, name: string, more: object = {}): Promise<Step> =>
    ok(ask(number, name, more));
  const run = (job: string): Promise<{ lastResult: Record<string, number> }> =>
    ok(service.admin.post(`/v1/admin/jobs/${job}/run`, { reason }));
  const announced = async (type: string): Promise<Record<string, unknown>[]> => {
    const rows = await database.query<{ data: Record<string, unknown> }>(
      'SELECT data FROM outbox_events WHERE type = $1 ORDER BY seq',
      [type],
    );
    return rows.map(({ data }) => data);
  };
  const audited = async (action: string): Promise<Record<string, unknown>[]> => {
    const rows = await database.query<{ change: Record<string, unknown> }>(
      'SELECT change FROM audit WHERE action = $1 ORDER BY at, id',
      [action],
    );
    return rows.map(({ change }) => change);
  };
  const join = async (): Promise<Person> => {
    const person = await people.join(4);
    if (!person) throw new Error('No room');
    await people.write([person]);
    await simulator.advance(MINUTE);
    return person;
  };
  const placeOf = async ({ userId }: Pick<Person, 'userId'>): Promise<string> => {
    const [row] = await database.query<{ at: string }>(
      `SELECT l.phone_number || ' ' || a.state AS at FROM assignments a
       JOIN lines l ON l.id = a.line_id WHERE a.user_id = $1`,
      [userId],
    );
    return row?.at ?? 'nowhere';
  };
  const in_ = async (seconds: number): Promise<string> =>
    new Date((await simulator.now()) + 1_000 * seconds).toISOString();

  it('are discovered, kept out until they are ready, and then go into service', async () => {
    await ok(simulator.control.post('/lines', { phoneNumbers: [NEW] }));
    await run('poll-lines');
    expect(await line(NEW)).toMatchObject({ listing: 'discovered', closedBecause: 'unmanaged' });
    expect(await announced('line.discovered')).toHaveLength(1);
    await ok(service.admin.post('/v1/admin/lines', { phoneNumber: NEW, start: 'new', reason }));
    const early = await ask(NEW, 'activate', { waiveWarming: true });
    expect(early).toMatchObject({ status: 409, body: { code: 'line.not_ready' } });
    const open = (early.body as unknown as { open: { check: string; mend: string }[] }).open;
    // The card and the check were made good by the try itself; the others wait for a person.
    expect(open.map(({ check }) => check)).toEqual(['webhook', 'auto-typing']);
    expect(open.every(({ mend }) => mend.length > 0)).toBe(true);
    // Warmed, it is kept back by the clock too, and says so once.
    await database.query(`UPDATE lines SET warming_until = created_at WHERE phone_number = $1`, [
      NEW,
    ]);
    await run('advance-ramp');
    await run('advance-ramp');
    expect(await announced('line.not-ready')).toHaveLength(1);
    const { id } = await line(NEW);
    const edit = { autoTyping: 'off', wantedForwarding: personNumber(900), reason };
    await ok(service.admin.patch(`/v1/admin/lines/${id}`, edit));
    await simulator.text(personNumber(901), NUMBERS[0] ?? '', 'Hello');
    await simulator.advance(MINUTE);
    const items = (await line(NEW)).readiness.items.map(({ check, state }) => [check, state]);
    expect(Object.fromEntries(items)).toEqual({
      'contact-card': 'ok',
      webhook: 'ok',
      capability: 'ok',
      forwarding: 'failed',
      'auto-typing': 'ok',
    });
    expect((await ask(NEW, 'activate')).body.code).toBe('line.not_ready');
    expect(await verb(NEW, 'activate', { waive: ['forwarding'] })).toMatchObject({
      adminState: 'enabled',
    });
    expect((await audited('line.activate'))[0]).toMatchObject({ waived: ['forwarding'] });
    expect(await line(NEW)).toMatchObject({ listing: 'listed', readiness: { ready: true } });
  });

  it('that vanish from the provider’s list are missing, out loud, until they are back', async () => {
    await ok(simulator.control.delete(`/lines/${NEW}`));
    await simulator.advance(15 * MINUTE, 5 * MINUTE);
    expect(await line(NEW)).toMatchObject({ listing: 'missing', adminState: 'cordoned' });
    expect(await announced('line.missing')).toHaveLength(1);
    await ok(simulator.control.post('/lines', { phoneNumbers: [NEW] }));
    await simulator.advance(5 * MINUTE, 5 * MINUTE);
    expect(await line(NEW)).toMatchObject({ listing: 'listed', adminState: 'enabled' });
    expect(await announced('line.found')).toHaveLength(1);
  });

  it('rest in a window: closed before it, held in it, back as they were after it', async () => {
    const person = await join();
    const own = person.writesTo;
    const until = await in_(2 * HOUR);
    const slip = await ask(own, 'maintenance', { from: until, until: await in_(HOUR) });
    expect([slip.status, slip.body.code]).toEqual([422, 'request.invalid']);
    const dry = await verb(own, 'maintenance', {
      from: await in_(1.5 * HOUR),
      until,
      dryRun: true,
    });
    expect(dry.change).toMatchObject({ maintenanceMode: 'hold', maintenanceUntil: until });
    expect((await line(own)).maintenance).toBeNull();
    await verb(own, 'maintenance', { from: await in_(1.5 * HOUR), until });
    // The budget of the pool lets one of seven rest at a time.
    const other = NUMBERS.find((number) => number !== own) ?? '';
    const blocked = await ask(other, 'maintenance', { from: await in_(1.75 * HOUR) });
    expect(blocked).toMatchObject({
      status: 409,
      body: { code: 'line.disruption_budget', rule: 'lines-out' },
    });
    expect((await line(own)).closedBecause).toBeNull();
    await simulator.advance(35 * MINUTE, 5 * MINUTE);
    expect(await line(own)).toMatchObject({
      adminState: 'enabled',
      closedBecause: 'maintenance-due',
    });
    await simulator.advance(HOUR, 5 * MINUTE);
    expect(await line(own)).toMatchObject({ adminState: 'maintenance' });
    await people.write([person]);
    await simulator.advance(MINUTE);
    expect(await people.send(person, 'reply')).toMatchObject({ decision: 'defer', retryAt: until });
    expect(await placeOf(person)).toBe(`${own} confirmed`);
    await simulator.advance(HOUR / 2, 5 * MINUTE);
    expect(await line(own)).toMatchObject({ adminState: 'enabled', maintenance: null });
    expect(await people.send(person, 'reply')).toMatchObject({ decision: 'send' });
  });

  it('rest at once and send their people elsewhere, those who hold another number', async () => {
    const person = await join();
    const own = person.writesTo;
    const bare = await onboard(service, personNumber(910));
    const step = await verb(own, 'maintenance', { mode: 'reroute' });
    expect(step.effects).toEqual(['start-reroute']);
    await run('run-failovers');
    expect(await placeOf(person)).not.toContain(own);
    const [failover] = (
      await ok(
        service.admin.get<{ data: { cause: string; state: string }[] }>('/v1/admin/failovers'),
      )
    ).data;
    expect(failover).toMatchObject({ cause: 'maintenance', state: 'running' });
    expect(await placeOf({ userId: bare.user.id })).not.toContain('needs-introduction');
    await verb(own, 'end-maintenance');
    // Nobody is moved back.
    expect(await placeOf(person)).not.toContain(own);
  });

  it('are drained at a pace, also through a window of their own', async () => {
    // Whatever the clock brings, what must always hold does.
    const invariants = new Invariants(database, simulator);
    const crowd: Person[] = [];
    for (let i = 0; i < 12; i += 1) crowd.push(await join());
    const own = crowd[0]?.writesTo ?? '';
    const { users } = await line(own);
    const slow = await ask(own, 'drain', { movesPerHour: 1, deadline: await in_(MINUTE) });
    expect(slow.body).toMatchObject({ rule: 'deadline' });
    const { failoverId } = await verb(own, 'drain', { movesPerHour: 1 });
    await verb(own, 'maintenance', { from: await in_(HOUR / 2), until: await in_(1.5 * HOUR) });
    const moved = async (): Promise<number> =>
      (await ok(service.admin.get<{ usersMoved: number }>(`/v1/admin/failovers/${failoverId}`)))
        .usersMoved;
    await simulator.advance(HOUR - 5 * MINUTE, 5 * MINUTE);
    await invariants.hold();
    expect(await moved()).toBeLessThanOrEqual(1);
    expect(await line(own)).toMatchObject({ adminState: 'maintenance' });
    const { data } = await ok(
      service.admin.get<{ data: unknown[] }>('/v1/users?state=needs-introduction'),
    );
    expect(data).toEqual([]);
    await simulator.advance(70 * MINUTE, 5 * MINUTE);
    await invariants.hold();
    expect(await line(own)).toMatchObject({ adminState: 'draining' });
    expect(await moved()).toBeLessThanOrEqual(3);
    expect(await moved()).toBeGreaterThanOrEqual(Math.min(users - 1, 2));
    await verb(own, 'cancel-drain');
    await verb(own, 'uncordon');
  });

  it('get a new number: cards name it first, and people follow once they hold it', async () => {
    const person = await join();
    const own = person.writesTo;
    const unlisted = await ask(own, 'replace', { phoneNumber: NEXT });
    expect(unlisted.body.code).toBe('line.not_at_provider');
    await ok(simulator.control.post('/lines', { phoneNumbers: [NEXT] }));
    const dry = await verb(own, 'replace', { phoneNumber: NEXT, dryRun: true });
    expect(dry).toMatchObject({ effects: ['start-handover'], successorId: null });
    const { successorId } = await verb(own, 'replace', { phoneNumber: NEXT });
    expect(await line(own)).toMatchObject({ adminState: 'draining', successorId });
    // Its successor warms still: nobody is told of it yet.
    await run('run-failovers');
    expect(await placeOf(person)).toBe(`${own} confirmed`);
    expect(await announced('line.handover')).toEqual([]);
    await verb(NEXT, 'activate', { waiveWarming: true, waive: ['auto-typing'] });
    await run('run-failovers');
    const [told] = await announced('line.handover');
    expect(told?.['userIds']).toContain(person.userId);
    expect(await placeOf(person)).toBe(`${own} confirmed`);
    const { contactCard } = await onboard(service, person.handle);
    expect(contactCard.due).toBe('stale');
    await ok(
      service.app.post(`/v1/users/${person.userId}/contact-card/sent`, {
        version: contactCard.version,
        channel: 'link',
      }),
    );
    await simulator.advance(5 * MINUTE, 5 * MINUTE);
    expect(await placeOf(person)).toBe(`${NEXT} confirmed`);
    // Whoever holds the new number is no stranger to it, and the books agree with the rows.
    const rows = await database.query<{ told: number; held: number }>(
      `SELECT l.fallback_users AS told, (SELECT count(*)::int FROM assignment_fallbacks f
         JOIN assignments a ON a.id = f.assignment_id AND a.state <> 'released'
         WHERE f.line_id = l.id) AS held FROM lines l`,
    );
    for (const { told: count, held } of rows) expect(count).toBe(held);
  });

  it('that are all full let people wait in line, and take them in by it', async () => {
    const open = (await linesOf(service)).filter(({ closedBecause }) => closedBecause === null);
    for (const { phoneNumber } of open) await verb(phoneNumber, 'cordon');
    const want = (i: number, onFull?: string) =>
      service.app.post<Onboarded & Problem & { waitList: { position: number } }>('/v1/users', {
        handle: personNumber(700 + i),
        startedBy: 'inbound',
        ...(onFull === undefined ? {} : { onFull }),
      });
    expect((await want(0)).body.code).toBe('fleet.no_capacity');
    const first = await want(1, 'wait-list');
    expect(first).toMatchObject({ status: 202, body: { waitList: { position: 1 } } });
    expect((await want(2, 'waitlist')).body.waitList.position).toBe(2);
    expect((await want(3, 'wait-list')).body.waitList.position).toBe(3);
    // Again, whatever is asked: they keep their place.
    expect((await want(1)).body.waitList.position).toBe(1);
    const nameless = await service.app.post<Problem>('/v1/users', {
      startedBy: 'inbound',
      onFull: 'wait-list',
    });
    expect(nameless.status).toBe(422);
    const list = await ok(
      service.viewer.get<{ data: { userId: string; position: number }[] }>('/v1/admin/wait-list'),
    );
    expect(list.data.map(({ position }) => position)).toEqual([1, 2, 3]);
    // The second goes; nobody who comes now overtakes the others.
    await ok(service.admin.delete(`/v1/users/${list.data[1]?.userId ?? ''}`));
    await verb(open[0]?.phoneNumber ?? '', 'uncordon');
    expect((await want(4)).body).toMatchObject({
      code: 'fleet.no_capacity',
      reasons: { 'wait-list': 1 },
    });
    await simulator.advance(5 * MINUTE);
    const promoted = await announced('user.promoted');
    expect(promoted.map(({ userId }) => userId)).toEqual([
      list.data[0]?.userId,
      list.data[2]?.userId,
    ]);
    expect(await want(1)).toMatchObject({
      status: 200,
      body: { assignment: { state: 'reserved' } },
    });
    expect((await want(4)).status).toBe(201);
    for (const { phoneNumber } of open.slice(1)) await verb(phoneNumber, 'uncordon');
  });

  it('are weighed for their loss, alone, in pairs and in threes', async () => {
    await run('assess-losses');
    const report = await ok(
      service.viewer.get<{
        data: { lineIds: string[]; users: number; uncovered: number }[];
        nextCursor: string | null;
        pools: {
          ageSeconds: number;
          completeTriples: boolean;
          coverage: { lowSince: string | null };
        }[];
      }>('/v1/admin/loss-report?losses=1&limit=3'),
    );
    expect(report.pools).toMatchObject([{ ageSeconds: 0, completeTriples: true }]);
    expect(report.data).toHaveLength(3);
    const [worst] = report.data;
    const who = await ok(
      service.viewer.get<{ data: { userId: string }[] }>(
        `/v1/admin/loss-report/uncovered?limit=200&lines=${worst?.lineIds[0] ?? ''}`,
      ),
    );
    expect(who.data).toHaveLength(worst?.uncovered ?? -1);
    expect(worst?.uncovered).toBeGreaterThan(0);
    // Those who were sent no card are more than one in twenty: it rings, once, and stops when they have theirs.
    expect(await announced('coverage.low')).toHaveLength(1);
    expect(report.pools[0]?.coverage.lowSince).not.toBeNull();
    await run('assess-losses');
    expect(await announced('coverage.low')).toHaveLength(1);
    await database.query(
      `INSERT INTO known_numbers (user_id, line_id, sureness, position, first_at, updated_at)
       SELECT a.user_id, l.id, 'sent', 1, now(), now() FROM assignments a, lines l
       WHERE a.state <> 'released' ON CONFLICT DO NOTHING`,
    );
    await run('assess-losses');
    expect(await announced('coverage.enough')).toHaveLength(1);
    const next = await ok(
      service.viewer.get<{ data: unknown[] }>('/v1/admin/loss-report?losses=3&limit=200'),
    );
    expect(next.data.length).toBeGreaterThan(20);
  });

  it('let the same text out ten times in ten minutes, from all of them together, replies apart', async () => {
    const textHash = createHash('sha256').update('We have moved to a new office').digest('hex');
    const crowd = await Promise.all(
      Array.from({ length: 16 }, (_, i) =>
        onboard(service, personNumber(800 + i), { startedBy: 'outbound' }),
      ),
    );
    const send = ({ user }: Onboarded, hash?: string): Promise<SendAnswer> =>
      ok(
        service.app.post('/v1/sends', {
          userId: user.id,
          ...(hash === undefined ? {} : { textHash: hash }),
        }),
      );
    const answers = await Promise.all(crowd.slice(0, 14).map((each) => send(each, textHash)));
    expect(answers.filter(({ decision }) => decision === 'send')).toHaveLength(10);
    const waits = answers.filter(({ decision }) => decision === 'defer');
    expect(waits.flatMap(({ reasons }) => reasons.at(-1)?.code)).toEqual(
      Array(4).fill('same-text'),
    );
    const retryAt = Date.parse(waits[0]?.retryAt ?? '');
    expect(retryAt - (await simulator.now())).toBe(10 * MINUTE * 1_000);
    const [fifteenth, sixteenth] = crowd.slice(14);
    expect(await send(fifteenth!)).toMatchObject({ decision: 'send' });
    // Somebody who has written is answered, with whatever text.
    const { line: to } = sixteenth!.assignment;
    await simulator.text(personNumber(815), to.phoneNumber, 'Where are you now?');
    await simulator.advance(10);
    expect(await send(sixteenth!, textHash)).toMatchObject({ decision: 'send', class: 'reply' });
    await simulator.advance(10 * MINUTE);
    const late = crowd.find((_, i) => answers[i]?.decision === 'defer');
    expect(await send(late!, textHash)).toMatchObject({ decision: 'send' });
  });
});
