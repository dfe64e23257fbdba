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
import { People, type Person } from '../support/people';
import { TestService } from '../support/service';
import { TestSimulator } from '../support/simulator';

const MINUTE = 60;
const reason = 'a test';

interface Withheld {
  readonly actuator: string;
  readonly wouldBe: string;
  readonly subjects: number;
  readonly times: number;
}

/** What the actuators would have done while they observe, and what the red button stops of what they do. */
describe('The actuators', () => {
  let database: TestDatabase;
  let simulator: TestSimulator;
  let service: TestService;
  let people: People;

  beforeAll(async () => {
    [database, simulator] = await Promise.all([
      createTestDatabase(),
      TestSimulator.start({ lines: lineNumbers(4), start: '2026-03-02T10:00:00.000Z' }),
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

  const modes = (actuators: Record<string, string>): Promise<unknown> =>
    ok(service.admin.put('/v1/admin/actuators', { actuators, reason }));
  const press = (button: 'freeze' | 'unfreeze'): Promise<unknown> =>
    ok(service.admin.post(`/v1/admin/fleet/${button}`, { reason }));
  const run = async (job: string): Promise<Record<string, number>> =>
    (
      await ok(
        service.admin.post<{ lastResult: Record<string, number> }>(`/v1/admin/jobs/${job}/run`, {
          reason,
        }),
      )
    ).lastResult;
  const withheld = async (actuator: string): Promise<Withheld[]> => {
    const { withheld: all } = await ok(
      service.admin.get<{ withheld: (Withheld & { week: string })[] }>(
        '/v1/admin/actuators/summary',
      ),
    );
    return all.filter((each) => each.actuator === actuator).map(({ week: _week, ...sum }) => sum);
  };
  const lineOf = async (number: string): Promise<LineAnswer> =>
    (await linesOf(service)).find(({ phoneNumber }) => phoneNumber === number)!;
  const join = async (): Promise<Person> => {
    const person = await people.join(4);
    if (!person) throw new Error('No room');
    return person;
  };
  /** They write and are answered, so that their thread is alive. */
  const talk = async (whom: readonly Person[]): Promise<void> => {
    await people.write(whom);
    await simulator.advance(1);
    for (const person of whom)
      expect(await people.send(person, 'reply')).toMatchObject({ decision: 'send' });
    await simulator.advance(1);
  };
  const sharesAndCards = async (): Promise<number> => {
    const [row] = await database.query<{ n: number }>(
      `SELECT (SELECT coalesce(sum(shares), 0) FROM chats)::int
         + (SELECT count(*) FROM card_messages)::int AS n`,
    );
    return row?.n ?? -1;
  };
  const placeOf = async ({ userId }: Person): Promise<string> => {
    const [row] = await database.query<{ at: string }>(
      `SELECT l.phone_number || ' ' || a.state AS at FROM assignments a
       JOIN lines l ON l.id = a.line_id WHERE a.user_id = $1`,
      [userId],
    );
    return row?.at ?? 'nowhere';
  };

  describe('that observe keep what would have been', () => {
    it('of sharing: each thread once, however often it came up, and nothing is shared', async () => {
      await modes({ share: 'observe', 're-issue': 'observe' });
      const before = await sharesAndCards();
      const some = [await join(), await join()];
      await talk(some);
      await run('share-contact-cards');
      await run('share-contact-cards');
      const sums = await withheld('share');
      expect(sums).toEqual([
        { actuator: 'share', wouldBe: 'card.shared', subjects: 2, times: sums[0]?.times },
      ]);
      expect(sums[0]?.times).toBeGreaterThanOrEqual(4);
      expect(await sharesAndCards()).toBe(before);
    });

    it('of re-issue: who is owed a card, and nothing is sent or dealt', async () => {
      const before = await sharesAndCards();
      const handle = personNumber(500);
      const { user, assignment } = await onboard(service, handle);
      const owed: Person = {
        ...{ handle, userId: user.id, card: [] },
        writesTo: assignment.line.phoneNumber,
      };
      await talk([owed]);
      await run('issue-cards');
      await run('issue-cards');
      const sums = await withheld('re-issue');
      const sent = sums.find(({ wouldBe }) => wouldBe === 'card.sent');
      expect(sent).toMatchObject({ subjects: 1 });
      expect(sent?.times).toBeGreaterThanOrEqual(2);
      expect(await sharesAndCards()).toBe(before);
      await modes({ 're-issue': 'auto' });
      expect(await run('issue-cards')).toMatchObject({ sent: 1 });
      expect(await sharesAndCards()).toBe(before + 1);
      await modes({ 're-issue': 'observe' });
    });

    it('of the gate: each true answer with its person, and every send goes', async () => {
      await modes({ gate: 'observe' });
      const [stopped, asleep] = [await join(), await join()];
      await talk([stopped, asleep]);
      await ok(service.app.post(`/v1/users/${stopped.userId}/opt-out`));
      await database.query(`UPDATE users SET time_zone = 'Pacific/Auckland' WHERE id = $1`, [
        asleep.userId,
      ]);
      for (let i = 0; i < 2; i += 1) {
        const answers = await Promise.all(
          [stopped, asleep].map(({ userId }) =>
            ok(service.app.post<SendAnswer>('/v1/sends', { userId, class: 'proactive' })),
          ),
        );
        expect(answers).toMatchObject([
          { decision: 'send', wouldBe: 'refuse' },
          { decision: 'send', wouldBe: 'defer' },
        ]);
      }
      expect(await withheld('gate')).toEqual([
        { actuator: 'gate', wouldBe: 'defer', subjects: 1, times: 2 },
        { actuator: 'gate', wouldBe: 'refuse', subjects: 1, times: 2 },
      ]);
      await modes({ gate: 'auto' });
      const now = await ok(
        service.app.post<SendAnswer>('/v1/sends', { userId: stopped.userId, class: 'proactive' }),
      );
      expect(now.decision).toBe('refuse');
    });

    it('of admission: the refusal that it would have been, and everybody is placed', async () => {
      // Full by what its people are expected to say.
      await database.query('UPDATE lines SET mean_milli = mean_milli + 5000000');
      const want = (i: number): Promise<{ status: number; body: Onboarded & Problem }> =>
        service.app.post('/v1/users', { handle: personNumber(600 + i), startedBy: 'inbound' });
      expect((await want(0)).body.code).toBe('fleet.no_capacity');
      await modes({ admission: 'observe' });
      for (const i of [0, 1]) {
        expect(await want(i)).toMatchObject({
          status: 201,
          body: { wouldBe: 'fleet.no_capacity', assignment: { state: 'reserved' } },
        });
      }
      // The same person again has a place.
      expect((await want(1)).status).toBe(200);
      expect(await withheld('admission')).toEqual([
        { actuator: 'admission', wouldBe: 'fleet.no_capacity', subjects: 2, times: 2 },
      ]);
      await modes({ admission: 'auto' });
      expect((await want(2)).body.code).toBe('fleet.no_capacity');
      await database.query('UPDATE lines SET mean_milli = mean_milli - 5000000');
    });
  });

  describe('are stopped by the red button, whatever their modes, and go on when it is lifted:', () => {
    beforeAll(() =>
      modes({
        ...{ gate: 'auto', admission: 'auto', ejection: 'auto', failover: 'auto' },
        ...{ rebalance: 'auto', share: 'auto', 're-issue': 'auto' },
      }),
    );
    afterEach(() => press('unfreeze'));

    it('admission, with who waits for a place', async () => {
      await database.query(`UPDATE lines SET admin_state = 'cordoned'`);
      const asked = { handle: personNumber(700), startedBy: 'inbound', onFull: 'wait-list' };
      expect((await service.app.post('/v1/users', asked)).status).toBe(202);
      await press('freeze');
      await database.query(`UPDATE lines SET admin_state = 'enabled'`);
      expect(await run('promote-waiting')).toEqual({ promoted: 0 });
      const other = { handle: personNumber(701), startedBy: 'inbound' };
      expect((await service.app.post<Problem>('/v1/users', other)).body.code).toBe('fleet.frozen');
      await press('unfreeze');
      expect(await run('promote-waiting')).toEqual({ promoted: 1 });
      expect((await service.app.post('/v1/users', other)).status).toBe(201);
    });

    it('sharing and re-issue', async () => {
      const handle = personNumber(710);
      const { user, assignment } = await onboard(service, handle);
      const owed: Person = {
        ...{ handle, userId: user.id, card: [] },
        writesTo: assignment.line.phoneNumber,
      };
      await press('freeze');
      const before = await sharesAndCards();
      await talk([owed]);
      await run('share-contact-cards');
      await run('issue-cards');
      await simulator.advance(MINUTE);
      expect(await sharesAndCards()).toBe(before);
      await press('unfreeze');
      expect(await run('issue-cards')).toMatchObject({ sent: 1 });
      expect((await run('share-contact-cards'))['shared']).toBeGreaterThanOrEqual(1);
      expect(await sharesAndCards()).toBeGreaterThanOrEqual(before + 2);
    });

    it('ejection by inference, and not the provider’s word', async () => {
      const [person] = people.all;
      const { id } = await lineOf(person!.writesTo);
      const now = new Date(await simulator.now());
      // As much evidence as it takes, as if it had been gathered from many people.
      await database.query(
        `INSERT INTO line_evidence (line_id, evidence, silence, suspect_since, good_since, alarmed_at, updated_at)
         VALUES ($1::uuid, 30, 0, $2, 0, $2, $2)
         ON CONFLICT (line_id) DO UPDATE SET evidence = 30, suspect_since = $2, alarmed_at = $2`,
        [id, now],
      );
      await press('freeze');
      expect(await run('watch-lines')).toMatchObject({ suspected: 0, ejected: 0 });
      expect(await lineOf(person!.writesTo)).toMatchObject({ health: 'healthy' });
      await press('unfreeze');
      expect(await run('watch-lines')).toMatchObject({ ejected: 1 });
      expect(await lineOf(person!.writesTo)).toMatchObject({ health: 'ejected' });
      // Its people are moved as well.
      await run('run-failovers');
      expect(await placeOf(person!)).not.toContain(person!.writesTo);
    });

    it('failover: a flag is obeyed, and its people wait, push included, until it is lifted', async () => {
      const person = people.all.find(({ card }) => card.length > 0)!;
      const [own = ''] = (await placeOf(person)).split(' ');
      await simulator.text(person.handle, own, 'Hello');
      await simulator.advance(MINUTE);
      await press('freeze');
      await ok(simulator.control.post(`/lines/${own}/status`, { status: 'FLAGGED' }));
      await simulator.advance(10 * MINUTE, 5 * MINUTE);
      expect(await lineOf(own)).toMatchObject({ health: 'ejected' });
      expect(await placeOf(person)).toBe(`${own} confirmed`);
      for (const kind of ['reply', 'proactive'])
        expect(
          (
            await ok(
              service.app.post<SendAnswer>('/v1/sends', { userId: person.userId, class: kind }),
            )
          ).decision,
        ).not.toBe('send');
      await press('unfreeze');
      await run('run-failovers');
      expect(await placeOf(person)).not.toContain(own);
      const push = await ok(
        service.app.post<SendAnswer>('/v1/sends', { userId: person.userId, class: 'reply' }),
      );
      expect(push.decision).toBe('send');
    });
  });
});
