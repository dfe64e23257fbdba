import { createTestDatabase, type TestDatabase } from '../support/database';
import { mostConversationsBegun } from '../support/books';
import {
  type LineAnswer,
  lineNumbers,
  linesOf,
  onboard,
  personNumber,
  raiseMatureFleet,
  type SendAnswer,
} from '../support/fleet';
import { ok } from '../support/http';
import { Invariants } from '../support/invariants';
import { People, type Person } from '../support/people';
import { TestService } from '../support/service';
import { TestSimulator } from '../support/simulator';
import { sdkOf } from '../support/webhook-catcher';

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const reason = 'a test';

interface Failover {
  readonly id: string;
  readonly cause: string;
  readonly state: string;
  readonly heldBecause: string | null;
  readonly usersMoved: number;
  readonly progress: { readonly superseded: number; readonly etaAt: string | null };
}

/**
 * What a fleet of twelve lines lives through, one thing after the other. After every move of the clock what must always hold
 * does (I1-I3, I5, I8-I14, see `support/invariants.ts`), and after each thing nobody is stranded whom a number would serve.
 */
describe('A fleet that loses lines', () => {
  let database: TestDatabase;
  let simulator: TestSimulator;
  let service: TestService;
  let people: People;
  let invariants: Invariants;

  beforeAll(async () => {
    [database, simulator] = await Promise.all([
      createTestDatabase(),
      TestSimulator.start({ lines: lineNumbers(12), start: '2026-03-02T08:30:00.000Z' }),
    ]);
    service = await TestService.start(database, simulator);
    people = new People(service, simulator);
    await raiseMatureFleet(service);
    for (let i = 0; i < 40; i += 1) await people.join(4);
    await people.write(people.all);
    invariants = Invariants.watch(database, simulator);
    await simulator.advance(5 * MINUTE);
  });

  afterEach(async () => {
    await invariants.holdAtRest();
    // Of those who lose a line nobody waits for an answer here, so that every thread is one that we begin unasked.
    expect(mostConversationsBegun(await simulator.books(), 1)).toBeLessThanOrEqual(10);
  });

  afterAll(async () => {
    await service.stop();
    await simulator.stop();
    await database.drop();
  });

  const flag = async (number: string, status: 'FLAGGED' | 'ACTIVE' = 'FLAGGED'): Promise<void> => {
    await ok(simulator.control.post(`/lines/${number}/status`, { status }));
    await simulator.advance(MINUTE);
  };
  const verb = async (line: LineAnswer, name: string, more = {}): Promise<{ failoverId: string }> =>
    ok(service.admin.post(`/v1/admin/lines/${line.id}/${name}`, { reason, ...more }));
  const failovers = async (): Promise<Failover[]> =>
    (await ok(service.admin.get<{ data: Failover[] }>('/v1/admin/failovers?limit=200'))).data;
  const failover = async (id: string): Promise<Failover> =>
    ok(service.admin.get(`/v1/admin/failovers/${id}`));
  const busiest = async (): Promise<LineAnswer> => {
    const lines = (await linesOf(service)).filter(({ closedBecause }) => closedBecause === null);
    return lines.reduce((most, each) => (each.users > most.users ? each : most));
  };
  const places = async (): Promise<Map<string, { line: string; state: string }>> => {
    const rows = await database.query<{ user: string; line: string; state: string }>(
      `SELECT a.user_id AS user, l.phone_number AS line, a.state FROM assignments a
       JOIN lines l ON l.id = a.line_id WHERE a.state <> 'released'`,
    );
    return new Map(rows.map(({ user, ...place }) => [user, place]));
  };
  const on = async (number: string): Promise<Person[]> => {
    const all = await places();
    return people.all.filter(({ userId }) => all.get(userId)?.line === number);
  };
  const timesMoved = async (): Promise<Map<string, number>> => {
    const rows = await database.query<{ user: string; moves: number }>(
      `SELECT a.user_id AS user, count(*)::int AS moves FROM assignment_history h
       JOIN assignments a ON a.id = h.assignment_id
       WHERE h.from_line_id IS NOT NULL AND h.from_line_id <> h.to_line_id GROUP BY 1`,
    );
    return new Map(rows.map(({ user, moves }) => [user, moves]));
  };
  const ask = (person: Pick<Person, 'handle'>, more = {}): Promise<SendAnswer> =>
    ok(service.app.post('/v1/sends', { handle: person.handle, ...more }));

  it('drains by its own will only while those who take its people in are well', async () => {
    const line = await busiest();
    const [stops, goes] = await on(line.phoneNumber);
    const { failoverId } = await verb(line, 'drain', { movesPerHour: 1 });
    await simulator.advance(5 * MINUTE);
    expect(await failover(failoverId)).toMatchObject({ state: 'running', usersMoved: 1 });
    const [target] = await database.query<{ number: string }>(
      `SELECT l.phone_number AS number FROM failover_moves m JOIN lines l ON l.id = m.to_line_id`,
    );
    /** The last move was an hour ago, so that the next one is due. */
    const anHourLater = async (): Promise<void> => {
      await database.query(`UPDATE failover_moves SET at = at - interval '1 hour'`);
      await simulator.advance(5 * MINUTE);
    };
    const weaken = (reputation: string): Promise<unknown> =>
      ok(simulator.control.post(`/lines/${target?.number ?? ''}/reputation`, { reputation }));
    await weaken('AT_RISK');
    await anHourLater();
    expect(await failover(failoverId)).toMatchObject({
      state: 'paused',
      heldBecause: 'a line that its people go to has weakened',
      usersMoved: 1,
    });
    // Meanwhile one says stop, and one is erased: neither stands in the way, and nothing goes out to them.
    await ok(service.app.post(`/v1/users/${stops?.userId ?? ''}/opt-out`));
    await ok(service.admin.delete(`/v1/users/${goes?.userId ?? ''}`));
    await weaken('HEALTHY');
    await simulator.advance(5 * MINUTE);
    expect(await failover(failoverId)).toMatchObject({ state: 'running', heldBecause: null });
    expect((await failover(failoverId)).usersMoved).toBe(2);
    // What an operator pauses stays paused.
    await ok(service.admin.post(`/v1/admin/failovers/${failoverId}/pause`, { reason }));
    await anHourLater();
    expect(await failover(failoverId)).toMatchObject({ state: 'paused', usersMoved: 2 });
    expect(await ask(stops!)).toMatchObject({ decision: 'refuse' });
    await verb(line, 'cancel-drain');
    await verb(line, 'uncordon');
  });

  it('holds the groups of a lost line in sight, and lets no stop silence one', async () => {
    const line = await busiest();
    const [person, other] = people.all.slice(-2).map(({ handle }) => handle);
    const linq = sdkOf(simulator);
    const stopped = async (): Promise<string[]> => {
      const { data } = await ok(
        service.viewer.get<{ data: { userId: string }[] }>('/v1/admin/suppressions'),
      );
      return data.map(({ userId }) => userId);
    };
    const before = await stopped();
    const { chat } = await linq.chats.create({
      from: line.phoneNumber,
      to: [person!, other!],
      message: { parts: [{ type: 'text', value: 'Hello, both' }] },
    });
    await ok(simulator.control.post(`/chats/${chat.id}/inbound`, { from: person, text: 'STOP' }));
    await simulator.advance(MINUTE);
    const groups = async (state: string): Promise<unknown[]> =>
      (await ok(service.viewer.get<{ data: unknown[] }>(`/v1/admin/groups?state=${state}`))).data;
    expect(await groups('pinned')).toMatchObject([{ chatId: chat.id, lineId: line.id }]);
    expect(await stopped()).toEqual(before);
    await flag(line.phoneNumber);
    expect(await groups('held')).toMatchObject([{ chatId: chat.id, state: 'held' }]);
    const told = (): Promise<{ type: string; ids: string[] }[]> =>
      database.query(
        `SELECT type, data->'chatIds' AS ids FROM outbox_events WHERE type LIKE 'group.%' ORDER BY seq`,
      );
    expect(await told()).toEqual([{ type: 'group.held', ids: [chat.id] }]);
    await database.query(`UPDATE failovers SET started_at = started_at - interval '4 hours'`);
    for (let i = 0; i < 2; i += 1)
      await ok(service.admin.post('/v1/admin/jobs/run-failovers/run', { reason }));
    expect((await told()).map(({ type }) => type)).toEqual(['group.held', 'group.escalated']);
  });

  it('finds out what a lost line had sent before another line writes', async () => {
    const line = await busiest();
    const [person] = await on(line.phoneNumber);
    await people.write([{ ...person!, writesTo: line.phoneNumber }]);
    await simulator.advance(MINUTE);
    // The app is let out, and nothing is heard of it any more.
    expect(await ask(person!)).toMatchObject({ decision: 'send', class: 'reply' });
    await flag(line.phoneNumber);
    const wait = await ask(person!);
    expect(wait).toMatchObject({ decision: 'defer', reasons: [{}, { code: 'unsettled' }] });
    expect(Date.parse(wait.retryAt ?? '')).toBeGreaterThan(await simulator.now());
    await simulator.advance(10 * MINUTE, 5 * MINUTE);
    // The thread was read back: it never went, so it may go now.
    const after = await ask(person!);
    expect(after).toMatchObject({ decision: 'send' });
    expect(after.line?.phoneNumber).not.toBe(line.phoneNumber);
  });

  it('plans anew what is left when a second line is flagged an hour later', async () => {
    const second = await busiest();
    const there = await on(second.phoneNumber);
    const before = await timesMoved();
    expect(there.some(({ userId }) => before.has(userId))).toBe(true);
    await simulator.advance(HOUR, HOUR / 2);
    await flag(second.phoneNumber);
    const after = await places();
    for (const { userId, card } of there) {
      const place = after.get(userId);
      if (card.length > 0) expect(card).toContain(place?.line);
      expect(place?.line === second.phoneNumber).toBe(place?.state === 'needs-introduction');
    }
    const all = await failovers();
    expect(all.filter(({ cause }) => cause === 'flagged')).toHaveLength(3);
    expect(all.reduce((sum, each) => sum + each.progress.superseded, 0)).toBeGreaterThan(0);
  });

  it('moves nobody twice for a line that flaps ten times in a day, over the end of the budget day', async () => {
    const line = await busiest();
    const before = await timesMoved();
    for (let flip = 0; flip < 5; flip += 1) {
      await flag(line.phoneNumber);
      await simulator.advance(2 * HOUR, HOUR);
      await flag(line.phoneNumber, 'ACTIVE');
      await simulator.advance(2 * HOUR + 10 * MINUTE, HOUR);
    }
    const after = await timesMoved();
    for (const { userId } of people.all) {
      expect((after.get(userId) ?? 0) - (before.get(userId) ?? 0)).toBeLessThanOrEqual(1);
    }
    const flapped = (await failovers()).filter(({ cause }) => cause === 'flagged');
    expect(flapped.length).toBeGreaterThanOrEqual(3);
    const days = await database.query(
      `SELECT DISTINCT day FROM line_days WHERE outcome <> 'imported'`,
    );
    expect(days.length).toBeGreaterThan(0);
  });

  it('leaves nobody who holds a card alone when three numbers on it are flagged', async () => {
    const all = await places();
    const live = new Set(
      (await linesOf(service))
        .filter(({ closedBecause }) => closedBecause === null)
        .map(({ phoneNumber }) => phoneNumber),
    );
    const holder = people.all.find(
      ({ userId, card }) =>
        card.filter((number) => live.has(number)).length === 4 &&
        all.get(userId)?.state === 'confirmed',
    );
    const own = all.get(holder!.userId)!.line;
    const others = holder!.card.filter((number) => number !== own);
    for (const number of [own, ...others.slice(0, 2)]) await flag(number);
    expect((await places()).get(holder!.userId)).toEqual({ line: others[2], state: 'confirmed' });
  });

  it('takes everybody in who holds the last line, and sends nothing from none', async () => {
    const lines = await linesOf(service);
    const last = lines.find(({ closedBecause }) => closedBecause === null)?.phoneNumber;
    // Whoever is back from a flag and takes nobody new yet serves those it has.
    const others = lines.flatMap(({ phoneNumber, health }) =>
      phoneNumber === last || health === 'ejected' ? [] : [phoneNumber],
    );
    for (const number of others) await flag(number);
    const left = await places();
    for (const { userId, card } of people.all) {
      const place = left.get(userId);
      if (!place) continue;
      const holdsLast = card.includes(last!) || place.line === last;
      expect([userId, place.state === 'needs-introduction']).toEqual([userId, !holdsLast]);
    }
    await flag(last!);
    for (const person of people.all.slice(0, 12)) {
      const answer = await ask(person);
      expect(answer.decision).not.toBe('send');
      if (answer.decision === 'defer') {
        expect(Date.parse(answer.retryAt ?? '')).toBeGreaterThan(await simulator.now());
      }
    }
    // With one line back, whoever holds it is served again, the others wait in sight.
    await flag(last!, 'ACTIVE');
    await ok(service.admin.post('/v1/admin/jobs/run-failovers/run', { reason }));
    const waiting = await ok(
      service.app.get<{ data: unknown[] }>('/v1/users?state=needs-introduction&limit=200'),
    );
    expect(waiting.data.length).toBeGreaterThan(0);
  });

  it('introduces those whom nothing serves from a stranger’s number, once the policy says so', async () => {
    const { policy } = await ok(
      service.admin.get<{ policy: Record<string, object> }>('/v1/admin/policy'),
    );
    const failover = { ...policy['failover'], needsIntroduction: 'introduce' };
    await ok(service.admin.put('/v1/admin/policy', { policy: { ...policy, failover }, reason }));
    const fresh = '+12025550199';
    await ok(simulator.control.post('/lines', { phoneNumbers: [fresh] }));
    await ok(
      service.admin.post('/v1/admin/lines', { phoneNumber: fresh, start: 'mature', reason }),
    );
    await ok(service.admin.post('/v1/admin/jobs/run-failovers/run', { reason }));
    const { data } = await ok(
      service.app.get<{ data: unknown[] }>('/v1/users?state=needs-introduction&limit=200'),
    );
    expect(data).toEqual([]);
    const moved = await database.query<{ user: string }>(
      `SELECT a.user_id AS user FROM assignments a JOIN lines l ON l.id = a.line_id
       WHERE l.phone_number = '${fresh}' AND a.state = 'confirmed'`,
    );
    expect(moved.length).toBeGreaterThan(0);
    // Somebody new is placed as ever.
    expect((await onboard(service, personNumber(900))).assignment.state).toBe('reserved');
  });
});
