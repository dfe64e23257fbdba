import { expectEventsAsDocumented } from '../support/catalogued';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { type LineAnswer, linesOf, raiseMatureFleet } from '../support/fleet';
import { ok } from '../support/http';
import { Invariants } from '../support/invariants';
import { People, type Person } from '../support/people';
import { TestService } from '../support/service';
import { TestSimulator } from '../support/simulator';

const MINUTE = 60;
const DAY = 24 * 3_600;
/** Four area codes: what their lines have in common is the provider. */
const LINES = ['+12025550100', '+13105550101', '+14045550102', '+15125550103'];
const PEOPLE = 56;

jest.setTimeout(180_000);

interface Entry {
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** A line that sickens before the provider says a word. */
describe('Detection', () => {
  let database: TestDatabase;
  let simulator: TestSimulator;
  let service: TestService;
  let people: People;
  let invariants: Invariants;

  /** What must always hold does, whatever was suspected; it is looked at after every move of the clock too. */
  const holds = (): Promise<void> => invariants.hold();

  const raise = async (): Promise<void> => {
    [database, simulator] = await Promise.all([
      createTestDatabase(),
      TestSimulator.start({ lines: LINES, start: '2026-03-02T10:00:00.000Z' }),
    ]);
    service = await TestService.start(database, simulator);
    people = new People(service, simulator);
    await raiseMatureFleet(service);
    while (people.all.length < PEOPLE) await people.join(2);
    await talk(people.all);
    // Everybody's outcome of that day has been counted; the next one counts a day later.
    await simulator.advance(DAY, DAY / 2);
    invariants = Invariants.watch(database, simulator);
  };

  const end = async (): Promise<void> => {
    await holds();
    await expectEventsAsDocumented(database);
    await service.stop();
    await simulator.stop();
    await database.drop();
  };

  /** They write and are answered, and the lines are judged. */
  async function talk(whom: readonly Person[]): Promise<void> {
    await people.write(whom);
    await simulator.advance(MINUTE, 30);
    for (const person of whom) await people.send(person, 'reply');
    await simulator.advance(MINUTE, 30);
    await watch();
  }

  const watch = (): Promise<unknown> =>
    ok(service.admin.post('/v1/admin/jobs/watch-lines/run', { reason: 'a test' }));
  const sicken = (line: string, probability = 1, count: number | null = null): Promise<unknown> =>
    ok(simulator.control.post('/faults', { kind: 'failed-message', line, probability, count }));
  const peopleOn = (line: string): Person[] =>
    people.all.filter(({ writesTo }) => writesTo === line);
  const lineNow = async (number: string): Promise<LineAnswer> => {
    const found = (await linesOf(service)).find(({ phoneNumber }) => phoneNumber === number);
    return found ?? Promise.reject(new Error(`No line ${number}`));
  };
  const told = async (type: string): Promise<Entry[]> =>
    database.query<Entry>('SELECT type, data FROM outbox_events WHERE type = $1 ORDER BY seq', [
      type,
    ]);

  describe('on a fleet that is well but for one line at a time', () => {
    beforeAll(raise);
    afterEach(holds);
    afterAll(end);

    it('comes to the same whether failures are told once in order, or twice and out of order', async () => {
      const [line = '', other = ''] = LINES;
      const evidence = async (number: string): Promise<object | undefined> => {
        const [row] = await database.query<{ evidence: number }>(
          `SELECT round(e.evidence::numeric, 6)::float8 AS evidence
           FROM line_evidence e JOIN lines l ON l.id = e.line_id WHERE l.phone_number = $1`,
          [number],
        );
        return row;
      };
      await sicken(line);
      await sicken(other);
      await people.write([...peopleOn(line).slice(0, 2), ...peopleOn(other).slice(0, 2)]);
      await simulator.advance(MINUTE, 30);
      for (const person of peopleOn(line).slice(0, 2)) await people.send(person, 'reply');
      await simulator.advance(MINUTE, 30);
      const webhooks = { event: 'message.failed', count: null };
      await ok(simulator.control.post('/faults', { kind: 'doubled-webhook', ...webhooks }));
      await ok(simulator.control.post('/faults', { kind: 'reordered-webhook', ...webhooks }));
      for (const person of peopleOn(other).slice(0, 2)) await people.send(person, 'reply');
      await simulator.advance(10 * MINUTE, MINUTE);
      await watch();
      expect(await evidence(line)).toBeDefined();
      expect(await evidence(other)).toEqual(await evidence(line));
      await ok(simulator.control.delete('/faults'));
    });

    it('suspects no line for one person whose messages fail again and again', async () => {
      const [, , line = ''] = LINES;
      const failed = async (): Promise<number> => {
        const [row] = await database.query<{ n: number }>(
          `SELECT count(*)::int AS n FROM messages WHERE status = 'failed'`,
        );
        return row?.n ?? 0;
      };
      const before = await failed();
      await sicken(line);
      const [person] = peopleOn(line);
      for (let i = 0; i < 20; i += 1) await talk([person!]);
      expect(await lineNow(line)).toMatchObject({ health: 'healthy' });
      expect(await failed()).toBe(before + 20);
      await ok(simulator.control.delete('/faults'));
    });

    it('suspects a failing line after five people at most, then ejects it and moves its people', async () => {
      const [, , , sick = ''] = LINES;
      await sicken(sick, 0.95);
      const theirs = peopleOn(sick);
      let asked = 0;
      while ((await lineNow(sick)).health === 'healthy') {
        await talk(theirs.slice(asked, asked + 1));
        asked += 1;
      }
      expect(asked).toBeLessThanOrEqual(5);
      expect(await lineNow(sick)).toMatchObject({ health: 'suspect', closedBecause: 'suspect' });
      const [person] = theirs;
      expect(await people.send(person!, 'proactive')).toMatchObject({ decision: 'defer' });
      expect(await told('line.suspect')).toHaveLength(1);

      await talk(theirs.slice(asked));
      await simulator.advance(10 * MINUTE, 5 * MINUTE);
      expect(await lineNow(sick)).toMatchObject({ health: 'ejected' });
      const [ejected] = await told('line.ejected');
      expect(ejected?.data).toMatchObject({ cause: 'inferred' });
      expect(ejected?.data['reason']).toMatch(/^evidence of \d+\.\d; \d+ recipients a day$/);
      // Each of them is on a number of their own card, or told of.
      const rows = await database.query<{ handle: string; state: string; line: string }>(
        `SELECT h.value AS handle, a.state, l.phone_number AS line
         FROM assignments a JOIN handles h USING (user_id) JOIN lines l ON l.id = a.line_id`,
      );
      for (const { handle, card } of theirs) {
        const row = rows.find((each) => each.handle === handle);
        if (card.length === 0) expect(row?.state).toBe('needs-introduction');
        else expect(card.filter((number) => number !== sick)).toContain(row?.line);
      }
      const audit = await database.query<{ actor: string }>(
        `SELECT actor FROM audit WHERE action IN ('line.suspect', 'line.mark-flagged')`,
      );
      expect(audit).toEqual(Array(2).fill({ actor: 'automation:watch-lines' }));

      // After its ban it is back by itself, at the beginning of the ramp.
      await ok(simulator.control.delete('/faults'));
      await simulator.advance(DAY, DAY / 2);
      expect(await lineNow(sick)).toMatchObject({ health: 'healthy', ramping: true, goodDays: 0 });
    });
  });

  describe('on a fleet of its own', () => {
    beforeEach(raise);
    afterEach(end);

    it('takes all lines failing at once for the provider’s trouble (fault 19), and moves nobody', async () => {
      const sick = LINES;
      const before = await linesOf(service);
      for (const line of sick) await sicken(line);
      // In turn, so that no line is far ahead of the others when they are judged on the way.
      const groups = sick.map((line) => peopleOn(line));
      const rounds = Math.max(...groups.map((group) => group.length));
      const theirs = Array.from({ length: rounds }).flatMap((_, i) =>
        groups.flatMap((group) => group[i] ?? []),
      );
      await talk(theirs);
      await simulator.advance(10 * MINUTE, 5 * MINUTE);
      expect(await told('fleet.panic')).toHaveLength(1);
      const after = await linesOf(service);
      expect(after.map(({ health }) => health)).toEqual(Array(LINES.length).fill('healthy'));
      expect(after.map(({ users }) => users)).toEqual(before.map(({ users }) => users));
      const [person] = theirs;
      const proactive = await people.send(person!, 'proactive');
      expect(proactive.reasons.map(({ code }) => code)).toContain('brown-out');
      expect((await people.send(person!, 'reply')).decision).toBe('send');

      await ok(simulator.control.delete('/faults'));
      // A quarter of an hour without an alarm, and the job that looks every five minutes.
      await simulator.advance(30 * MINUTE, 5 * MINUTE);
      const [brownOut] = (await told('fleet.brown-out')).slice(-1);
      expect(brownOut?.data).toMatchObject({ shedClasses: [] });
    });

    it('lets canaries decide, once the policy names two phones of ours', async () => {
      const phones = ['+16505550190', '+16505550191'];
      const detection = { canaryTestHandles: phones };
      const { policy } = await ok(service.admin.get<{ policy: Policy }>('/v1/admin/policy'));
      const wanted = {
        ...policy,
        health: { ...policy.health, detection: { ...policy.health.detection, ...detection } },
      };
      await ok(service.admin.put('/v1/admin/policy', { policy: wanted, reason: 'canaries' }));
      const [sick = ''] = LINES;
      await sicken(sick);
      const theirs = peopleOn(sick);
      for (let i = 0; (await lineNow(sick)).health === 'healthy'; i += 1) await talk([theirs[i]!]);
      await simulator.advance(15 * MINUTE, 5 * MINUTE);
      expect(await lineNow(sick)).toMatchObject({ health: 'ejected' });
      const [ejected] = await told('line.ejected');
      expect(ejected?.data['reason']).toMatch(/^its canary fails/);
      const probes = (await simulator.books()).filter(({ handle }) => phones.includes(handle));
      const rounds = probes.filter(({ line }) => line !== sick).length / phones.length;
      expect(rounds).toBeGreaterThanOrEqual(1);
      expect(probes.filter(({ line }) => line === sick)).toHaveLength(4 * phones.length * rounds);
    });
  });
});

interface Policy {
  readonly health: { readonly detection: object };
}
