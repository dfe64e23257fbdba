import { Cluster } from '../support/cluster';
import { expectBooksToAgree } from '../support/books';
import { createTestDatabase, type TestDatabase } from '../support/database';
import {
  type LineAnswer,
  lineNumbers,
  linesOf,
  onboard,
  type Onboarded,
  personNumber,
  type Problem,
  raiseMatureFleet,
  type SendAnswer,
} from '../support/fleet';
import { ok } from '../support/http';
import { People } from '../support/people';
import { redisServerPath, TestRedis } from '../support/redis';
import { TestSimulator } from '../support/simulator';
import { until } from '../support/until';

jest.setTimeout(300_000);

const leftOut = redisServerPath === undefined ? ' (left out: no redis-server is installed)' : '';
const suite = redisServerPath === undefined ? describe.skip : describe;

const CALLS = 500;
const OF_ONE_HANDLE = 100;

suite(`Two api and two worker processes on one PostgreSQL and Redis${leftOut}`, () => {
  let database: TestDatabase;
  let simulator: TestSimulator;
  let redis: TestRedis;
  let cluster: Cluster;
  let people: People;

  // One cluster for all: each test has people of its own, and those that fill or stop it come last.
  beforeAll(async () => {
    [database, simulator, redis] = await Promise.all([
      createTestDatabase(),
      TestSimulator.start({ lines: lineNumbers(3), start: '2026-03-02T10:00:00.000Z' }),
      TestRedis.start(),
    ]);
    cluster = await Cluster.start(database, simulator, redis);
    await raiseMatureFleet(cluster);
    people = new People(cluster, simulator);
    for (let i = 0; i < 6; i += 1) await people.join(4);
  });

  afterAll(async () => {
    await cluster.stop();
    await redis.stop();
    await simulator.stop();
    await database.drop();
  });

  async function placesTaken(): Promise<number> {
    const [row] = await database.query<{ n: number }>('SELECT count(*)::int AS n FROM assignments');
    return row?.n ?? -1;
  }

  it('see at once in one process what was cordoned through the other', async () => {
    const [cordoned] = await linesOf(cluster);
    const one = cluster.only(0);
    const other = cluster.only(1);
    await onboard(other, personNumber(3_000));
    const reason = 'it is to take nobody';
    await ok(one.admin.post(`/v1/admin/lines/${cordoned?.id}/cordon`, { reason }));
    for (let i = 1; i < 20; i += 1) {
      const { assignment } = await onboard(other, personNumber(3_000 + i));
      expect(assignment.line.phoneNumber).not.toBe(cordoned?.phoneNumber);
    }
    await ok(one.admin.post(`/v1/admin/lines/${cordoned?.id}/uncordon`, { reason }));
  });

  it('go by a new policy within seconds in every process, and by one at a time', async () => {
    const one = cluster.only(0);
    const other = cluster.only(1);
    const before = await ok(other.admin.get<{ version: number }>('/v1/admin/policy'));
    const change = { preset: 'ramp-careful', reason: 'a test' };
    const { version } = await ok(one.admin.put<{ version: number }>('/v1/admin/policy', change));
    expect(version).toBe(before.version + 1);
    // What a process would decide by now; it asks for nothing.
    const decidedUnder = async (through: typeof one): Promise<number> =>
      (await ok(through.admin.get<{ policyVersion: number }>('/v1/admin/fleet'))).policyVersion;
    expect(await decidedUnder(one)).toBe(version);
    // Within five seconds, which is how long this asks at most.
    await until(async () => (await decidedUnder(other)) === version, 5_000);
    const { assignment } = await ok(
      other.app.post<{ assignment: { policyVersion: number } }>('/v1/users', {
        handle: personNumber(3_100),
        startedBy: 'inbound',
      }),
    );
    expect(assignment.policyVersion).toBe(version);
    await ok(one.admin.put('/v1/admin/policy', { preset: 'ramp-standard', reason: 'back' }));
    await until(async () => (await decidedUnder(other)) === version + 1, 5_000);
  });

  it('hold one budget together: a line lets twenty non-replies a minute go, whoever asks whom', async () => {
    const [line = ''] = lineNumbers(3);
    const ids: string[] = [];
    for (let i = 2_000; ids.length < 60; i += 1) {
      const quiet = { expectedMessagesPerDay: 8 };
      const { user, assignment } = await onboard(cluster, personNumber(i), quiet);
      if (assignment.line.phoneNumber !== line) continue;
      ids.push(user.id);
      // Whoever has written before is no new conversation.
      await simulator.text(personNumber(i), line, 'Hello');
    }
    await simulator.advance(60, 30);
    const answers = await Promise.all(
      ids.map((userId, i) =>
        ok(
          cluster
            .only(i % 2 === 0 ? 0 : 1)
            .app.post<SendAnswer>('/v1/sends', { userId, class: 'proactive' }),
        ),
      ),
    );
    expect(answers.filter(({ decision }) => decision === 'send')).toHaveLength(20);
    const deferred = answers.filter(({ decision }) => decision === 'defer');
    expect(deferred).toHaveLength(40);
    for (const { reasons } of deferred) {
      expect(reasons.map(({ code }) => code)).toContain('minute-shape');
    }
  });

  it.each([
    ['is emptied', () => redis.flush()],
    ['is killed and started again', () => redis.kill().then(() => redis.begin())],
    ['answers nobody for a while', () => redis.hold()],
  ])('count right while Redis %s', async (_what, fault) => {
    const talk = async (): Promise<void> => {
      await people.write(people.all);
      await simulator.advance(60, 30);
      for (const person of people.all) {
        expect(await people.send(person, 'reply')).toMatchObject({ decision: 'send' });
      }
      await simulator.advance(60, 30);
    };
    await talk();
    await fault();
    await talk();
    redis.letGo();
    await talk();
    await expectBooksToAgree(cluster, simulator);
    // Holds without news have gone after 35 minutes; the ledger then knows the messages and nothing else.
    await simulator.advance(40 * 60, 600);
    const books = await simulator.books();
    for (const { phoneNumber, usedLast24h } of await linesOf(cluster)) {
      expect(usedLast24h).toBe(books.filter(({ line }) => line === phoneNumber).length);
    }
  });

  it('stop in order: what is under way is answered, streams end, and nobody is cut off', async () => {
    const one = cluster.only(0);
    const before = await placesTaken();
    const controller = new AbortController();
    const stream = await fetch(`${one.app.url}/v1/events`, {
      headers: { authorization: `Bearer ${one.admin.bearer}` },
      signal: controller.signal,
    });
    const ended = stream.text();
    const asking = Array.from({ length: 30 }, (_, i) =>
      one.app.post('/v1/users', { handle: personNumber(4_000 + i), startedBy: 'inbound' }).then(
        ({ status }) => status,
        () => 'refused' as const,
      ),
    );
    expect(await cluster.restart(0)).toBe(0);
    await ended;
    const answers = await Promise.all(asking);
    // A connection that was never taken on is no answer that was lost: whoever was placed was told so.
    expect(answers.filter((status) => status === 201)).toHaveLength((await placesTaken()) - before);
  });

  it('place 500 who come at once as one process would, though two processes die on the way', async () => {
    const before = await placesTaken();
    const handles = [
      ...Array.from({ length: OF_ONE_HANDLE }, () => personNumber(9_999)),
      ...Array.from({ length: CALLS - OF_ONE_HANDLE }, (_, i) => personNumber(5_000 + i)),
    ];
    const asking = Promise.all(
      handles.map((handle) =>
        cluster.app.post<Onboarded & Problem>('/v1/users', { handle, startedBy: 'inbound' }),
      ),
    );
    await cluster.replace(0);
    await cluster.replace(1);
    const outcomes = await asking;

    const placed = outcomes.filter(({ status }) => status < 300);
    const refused = outcomes.filter(({ status }) => status === 409);
    expect(placed.length + refused.length).toBe(CALLS);
    for (const { body } of refused) expect(body.code).toBe('fleet.no_capacity');
    expect(refused.length).toBeGreaterThan(0);
    const users = new Set(placed.map(({ body }) => body.user.id));
    expect(users.size).toBeGreaterThan(OF_ONE_HANDLE / 10);
    expect(await placesTaken()).toBe(before + users.size);
    const twice = await database.query(
      'SELECT user_id FROM assignments GROUP BY user_id HAVING count(*) > 1',
    );
    expect(twice).toEqual([]);
    // Full to the last place: whoever comes now is refused, and no line holds more than it admits.
    const late = await cluster.app.post<Problem>('/v1/users', {
      handle: personNumber(8_888),
      startedBy: 'inbound',
    });
    expect(late.body.code).toBe('fleet.no_capacity');
    const lines = await ok(
      cluster.admin.get<{ data: (LineAnswer & { projectedUse: number })[] }>('/v1/admin/lines'),
    );
    for (const { projectedUse, todayCap } of lines.data) {
      expect(projectedUse).toBeLessThanOrEqual(todayCap);
    }
    expect(lines.data.reduce((sum, line) => sum + line.users, 0)).toBe(before + users.size);
  });
});
