import { RunDueWork } from '@linekeeper/application';
import { expectEventsAsDocumented } from '../support/catalogued';
import { createTestDatabase, type TestDatabase } from '../support/database';
import {
  type LineAnswer,
  lineNumbers,
  linesOf,
  onboard,
  type Onboarded,
  personNumber,
  raiseMatureFleet,
  type SendAnswer,
} from '../support/fleet';
import { ok } from '../support/http';
import { People, type Person } from '../support/people';
import { TestService } from '../support/service';
import { TestSimulator } from '../support/simulator';

const MINUTE = 60;
const reason = 'a test';

/** What becomes of a line that an operator or the provider takes out, and of the people on it. */
describe('A line that is taken out', () => {
  let database: TestDatabase;
  let simulator: TestSimulator;
  let service: TestService;
  let people: People;

  beforeEach(async () => {
    [database, simulator] = await Promise.all([
      createTestDatabase(),
      TestSimulator.start({ lines: lineNumbers(3), start: '2026-03-02T10:00:00.000Z' }),
    ]);
    service = await TestService.start(database, simulator);
    people = new People(service, simulator);
    await raiseMatureFleet(service);
  });

  afterEach(async () => {
    await expectEventsAsDocumented(database);
    await service.stop();
    await simulator.stop();
    await database.drop();
  });

  const lineBy = async (phoneNumber: string): Promise<LineAnswer> => {
    const line = (await linesOf(service)).find((each) => each.phoneNumber === phoneNumber);
    if (!line) throw new Error(`No line ${phoneNumber}`);
    return line;
  };
  const verb = async (phoneNumber: string, name: string, more: object = {}): Promise<unknown> => {
    const { id } = await lineBy(phoneNumber);
    return ok(service.admin.post(`/v1/admin/lines/${id}/${name}`, { reason, ...more }));
  };
  const run = (job: string): Promise<{ lastResult: Record<string, number> }> =>
    ok(service.admin.post(`/v1/admin/jobs/${job}/run`, { reason }));

  /** Where a person stands, by number and state. */
  const placeOf = async ({ userId }: Person): Promise<{ line: string; state: string }> => {
    const rows = await database.query<{ line: string; state: string }>(
      `SELECT l.phone_number AS line, a.state FROM assignments a
       JOIN lines l ON l.id = a.line_id WHERE a.user_id = $1`,
      [userId],
    );
    return rows[0] ?? { line: 'none', state: 'none' };
  };
  const join = async (): Promise<Person> => {
    const person = await people.join(4);
    if (!person) throw new Error('No room');
    return person;
  };
  /** Somebody who was never sent a card, and who has written. */
  const joinWithoutCard = async (): Promise<Person> => {
    const handle = personNumber(500);
    const { user, assignment } = await onboard(service, handle);
    const writesTo = assignment.line.phoneNumber;
    await simulator.text(handle, writesTo, 'Hello');
    await simulator.advance(MINUTE);
    return { handle, userId: user.id, card: [], writesTo };
  };
  /** Somebody else on the same line, who was sent the card. */
  const joinBeside = async ({ writesTo }: Person): Promise<Person> => {
    for (;;) {
      const person = await join();
      if (person.writesTo !== writesTo) continue;
      await people.write([person]);
      await simulator.advance(MINUTE);
      return person;
    }
  };
  const failovers = async (): Promise<Record<string, unknown>[]> =>
    (await ok(service.admin.get<{ data: Record<string, unknown>[] }>('/v1/admin/failovers'))).data;
  const announced = async (type: string): Promise<Record<string, unknown>[]> => {
    const rows = await database.query<{ data: Record<string, unknown> }>(
      'SELECT data FROM outbox_events WHERE type = $1 ORDER BY seq',
      [type],
    );
    return rows.map(({ data }) => data);
  };

  /** Until it is so, while the clock stands; a bound ends the wait. */
  const until = async (what: () => Promise<boolean>): Promise<void> => {
    for (let i = 0; i < 5_000; i += 1) if (await what()) return;
    throw new Error('It never came to that');
  };

  it.each(['mark-flagged', 'fail-over'])(
    'by an operator’s %s stays out, whatever the provider says of it',
    async (word) => {
      const person = await people.join(4);
      const own = person?.writesTo ?? '';
      await people.write(people.all);
      await simulator.advance(MINUTE);
      await verb(own, word);
      // The provider's news of the reputation carries its status along: ACTIVE, since it never flagged the line.
      await ok(simulator.control.post(`/lines/${own}/reputation`, { reputation: 'AT_RISK' }));
      await simulator.advance(MINUTE);
      expect(await lineBy(own)).toMatchObject({ reputation: 'AT_RISK', health: 'ejected' });
      // Nor does its list change that, of a line of which nothing was known.
      await database.query(`UPDATE lines SET provider_status = 'UNKNOWN' WHERE phone_number = $1`, [
        own,
      ]);
      await run('poll-lines');
      expect(await lineBy(own)).toMatchObject({ health: 'ejected' });
      await verb(own, 'mark-recovered');
      expect((await lineBy(own)).health).not.toBe('ejected');
    },
  );

  describe('has its people moved at once', () => {
    it('when an operator says so', async () => {
      const person = await join();
      await people.write([person]);
      await simulator.advance(MINUTE);
      await verb(person.writesTo, 'fail-over');
      await until(async () => (await placeOf(person)).line !== person.writesTo);
    });

    it('when an operator resumes what was paused', async () => {
      const person = await join();
      await people.write([person]);
      await simulator.advance(MINUTE);
      await ok(
        service.admin.put('/v1/admin/actuators', { actuators: { failover: 'propose' }, reason }),
      );
      await ok(simulator.control.post(`/lines/${person.writesTo}/status`, { status: 'FLAGGED' }));
      await simulator.advance(10 * MINUTE);
      expect(await placeOf(person)).toMatchObject({ line: person.writesTo, state: 'confirmed' });
      const id = String((await failovers())[0]?.['id']);
      await ok(service.admin.post(`/v1/admin/failovers/${id}/resume`, { reason }));
      await until(async () => (await placeOf(person)).line !== person.writesTo);
    });

    it('also when it was an app’s question that brought the flag to light, in another process', async () => {
      const person = await join();
      // Its schedule lies minutes ahead.
      await run('run-failovers');
      await service.nest.get(RunDueWork).stop();
      await people.write([person]);
      await ok(simulator.control.post(`/lines/${person.writesTo}/status`, { status: 'FLAGGED' }));
      await simulator.advance(MINUTE);
      expect(await lineBy(person.writesTo)).toMatchObject({ health: 'healthy' });
      await people.send(person, 'reply');
      expect(await lineBy(person.writesTo)).toMatchObject({ health: 'ejected' });
      const second = await TestService.start(database, simulator, { name: 'second' });
      try {
        await until(async () => (await placeOf(person)).line !== person.writesTo);
      } finally {
        await second.stop();
      }
    });
  });

  describe('by a drain', () => {
    it('keeps whom no other number serves, says so, and ends when they hold one', async () => {
      const stays = await joinWithoutCard();
      const leaves = await joinBeside(stays);
      const { users } = await lineBy(stays.writesTo);
      await verb(stays.writesTo, 'drain');
      await simulator.advance(20 * MINUTE, 5 * MINUTE);
      expect(await placeOf(stays)).toEqual({ line: stays.writesTo, state: 'confirmed' });
      expect((await placeOf(leaves)).line).not.toBe(stays.writesTo);
      expect(await failovers()).toMatchObject([
        {
          state: 'running',
          usersTotal: users,
          usersMoved: users - 1,
          usersStranded: 0,
          usersWaiting: 1,
        },
      ]);
      expect(await announced('assignment.needs-introduction')).toEqual([]);
      expect(await announced('failover.changed')).toMatchObject([
        { state: 'running', usersWaiting: 1, reasons: { 'no-known-number': 1 } },
      ]);
      // They are served as before, and looked at again and again.
      expect(await people.send(stays, 'reply')).toMatchObject({
        decision: 'send',
        line: { phoneNumber: stays.writesTo },
      });
      const { contactCard } = await onboard(service, stays.handle);
      await ok(
        service.app.post(`/v1/users/${stays.userId}/contact-card/sent`, {
          version: contactCard.version,
          channel: 'link',
        }),
      );
      await simulator.advance(10 * MINUTE, 5 * MINUTE);
      expect((await placeOf(stays)).line).not.toBe(stays.writesTo);
      expect(await failovers()).toMatchObject([
        { state: 'completed', usersMoved: users, usersStranded: 0, usersWaiting: 0 },
      ]);
      await verb(stays.writesTo, 'retire');
    });

    it('strands them once, when its deadline has come, and does not give them back', async () => {
      const stays = await joinWithoutCard();
      const leaves = await joinBeside(stays);
      const { users } = await lineBy(stays.writesTo);
      const deadline = new Date((await simulator.now()) + 20 * MINUTE * 1_000).toISOString();
      await verb(stays.writesTo, 'drain', { deadline });
      // Who cannot be moved is in nobody's way, although they wrote last.
      await people.write([stays]);
      await simulator.advance(15 * MINUTE, 5 * MINUTE);
      expect(await placeOf(stays)).toEqual({ line: stays.writesTo, state: 'confirmed' });
      expect((await placeOf(leaves)).line).not.toBe(stays.writesTo);
      await simulator.advance(30 * MINUTE, 5 * MINUTE);
      expect(await placeOf(stays)).toEqual({ line: stays.writesTo, state: 'needs-introduction' });
      expect(await announced('assignment.needs-introduction')).toHaveLength(1);
      expect(await failovers()).toMatchObject([
        { state: 'completed', usersTotal: users, usersMoved: users - 1, usersStranded: 1 },
      ]);
    });
  });

  describe('while a reservation stands on it', () => {
    const HOUR = 60 * MINUTE;
    const flag = async (number: string, status: 'FLAGGED' | 'ACTIVE'): Promise<void> => {
      await ok(simulator.control.post(`/lines/${number}/status`, { status }));
      await simulator.advance(MINUTE);
    };
    const cordonOthers = async (number: string): Promise<void> => {
      for (const { phoneNumber } of await linesOf(service))
        if (phoneNumber !== number) await verb(phoneNumber, 'cordon');
    };
    const assignmentOf = async (
      userId: string,
    ): Promise<{
      line: string;
      state: string;
      expires_at: Date | null;
      confirmed_at: Date | null;
    }> => {
      const [row] = await database.query<{
        line: string;
        state: string;
        expires_at: Date | null;
        confirmed_at: Date | null;
      }>(
        `SELECT l.phone_number AS line, a.state, a.expires_at, a.confirmed_at FROM assignments a
         JOIN lines l ON l.id = a.line_id WHERE a.user_id = $1`,
        [userId],
      );
      if (!row) throw new Error('No assignment');
      return row;
    };
    const reserve = async (): Promise<{ code: string; userId: string; number: string }> => {
      const { user, assignment, code } = await ok(
        service.app.post<Onboarded>('/v1/users', { startedBy: 'inbound' }),
      );
      return { code: code ?? '', userId: user.id, number: assignment.line.phoneNumber };
    };

    it('places it once more, and its code still claims it', async () => {
      const { userId, number, code } = await reserve();
      const before = await assignmentOf(userId);
      await flag(number, 'FLAGGED');
      const after = await assignmentOf(userId);
      expect(after).toMatchObject({ state: 'reserved', expires_at: before.expires_at });
      expect(after.line).not.toBe(number);
      expect(await failovers()).toMatchObject([{ usersMoved: 1, usersStranded: 0 }]);
      const lines = await linesOf(service);
      expect(lines.map(({ users }) => users).reduce((a, b) => a + b)).toBe(1);
      expect(lines.find(({ phoneNumber }) => phoneNumber === after.line)?.users).toBe(1);
      await simulator.text(personNumber(600), after.line, `Hello ${code}`);
      await simulator.advance(MINUTE);
      expect(await assignmentOf(userId)).toMatchObject({ state: 'confirmed', line: after.line });
    });

    it('lets it expire where there is no room, and give nothing back that was never taken', async () => {
      const { userId, number } = await reserve();
      const before = await assignmentOf(userId);
      await cordonOthers(number);
      await flag(number, 'FLAGGED');
      expect(await assignmentOf(userId)).toMatchObject({
        state: 'needs-introduction',
        expires_at: before.expires_at,
      });
      await flag(number, 'ACTIVE');
      await run('run-failovers');
      expect(await assignmentOf(userId)).toMatchObject({
        state: 'reserved',
        expires_at: before.expires_at,
        confirmed_at: null,
      });
      await flag(number, 'FLAGGED');
      await simulator.advance(25 * HOUR, 5 * HOUR);
      expect(await assignmentOf(userId)).toMatchObject({ state: 'released' });
      expect(await announced('assignment.expired')).toMatchObject([{ userId }]);
      expect((await lineBy(number)).users).toBe(0);
    });

    it('keeps the place of somebody who wrote although nothing could answer', async () => {
      const handle = personNumber(601);
      const { user, assignment } = await onboard(service, handle);
      const number = assignment.line.phoneNumber;
      await cordonOthers(number);
      await flag(number, 'FLAGGED');
      await simulator.text(handle, number, 'Hello?');
      await simulator.advance(26 * HOUR, 6 * HOUR);
      expect(await assignmentOf(user.id)).toMatchObject({
        state: 'needs-introduction',
        expires_at: null,
      });
      await flag(number, 'ACTIVE');
      await run('run-failovers');
      expect(await assignmentOf(user.id)).toMatchObject({ state: 'confirmed', line: number });
    });
  });

  it('moves whom nothing served to no other number while unrelated lines alarm at once', async () => {
    const stays = await joinWithoutCard();
    await verb(stays.writesTo, 'fail-over');
    await simulator.advance(5 * MINUTE, MINUTE);
    await database.query(`
      INSERT INTO line_evidence (line_id, evidence, silence, good_since, alarmed_at, updated_at)
      SELECT id, 0, 0, 0, at, at FROM lines, (SELECT max(at) AS at FROM outbox_events) latest
      ON CONFLICT (line_id) DO UPDATE SET alarmed_at = excluded.alarmed_at`);
    const { contactCard } = await onboard(service, stays.handle);
    await ok(
      service.app.post(`/v1/users/${stays.userId}/contact-card/sent`, {
        version: contactCard.version,
        channel: 'link',
      }),
    );
    await run('run-failovers');
    expect(await placeOf(stays)).toEqual({ line: stays.writesTo, state: 'needs-introduction' });
    await database.query('UPDATE line_evidence SET alarmed_at = NULL');
    await run('run-failovers');
    expect(await placeOf(stays)).toMatchObject({ state: 'confirmed' });
    expect((await placeOf(stays)).line).not.toBe(stays.writesTo);
  });

  it('tells after four hours and after a day of whom nothing serves, each once, also when a run was missed', async () => {
    const stays = await joinWithoutCard();
    await verb(stays.writesTo, 'mark-flagged');
    await simulator.advance(5 * MINUTE, MINUTE);
    expect(await placeOf(stays)).toMatchObject({ state: 'needs-introduction' });
    const [since] = await database.query<{ at: Date }>(
      'SELECT needs_introduction_since AS at FROM assignments WHERE user_id = $1',
      [stays.userId],
    );
    const asked = await ok(service.app.post<SendAnswer>('/v1/sends', { userId: stays.userId }));
    expect(asked).toMatchObject({
      decision: 'defer',
      retryAt: new Date((since?.at.getTime() ?? 0) + 4 * 60 * MINUTE * 1_000).toISOString(),
    });
    expect(asked.reasons.at(-1)?.code).toBe('needs-introduction');
    const told = async (): Promise<unknown[]> =>
      (await announced('assignment.escalated')).map(({ userId, hours }) => [userId, hours]);
    // Four hours went by, and whoever looked meanwhile came to nothing.
    const goBack = (hours: number): Promise<unknown> =>
      database.query(`UPDATE assignments
        SET needs_introduction_since = needs_introduction_since - interval '${hours} hours'`);
    await goBack(4);
    await run('run-failovers');
    await run('run-failovers');
    expect(await told()).toEqual([[stays.userId, 4]]);
    await goBack(20);
    await run('run-failovers');
    await run('run-failovers');
    expect(await told()).toEqual([
      [stays.userId, 4],
      [stays.userId, 24],
    ]);
    // Stranded once more, it begins anew.
    await verb(stays.writesTo, 'mark-recovered');
    await run('run-failovers');
    await verb(stays.writesTo, 'mark-flagged');
    await run('run-failovers');
    await goBack(24);
    await run('run-failovers');
    expect((await told()).slice(2)).toEqual([[stays.userId, 24]]);
  });
});
