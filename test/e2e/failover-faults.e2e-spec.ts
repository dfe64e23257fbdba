import { Decisions } from '../../libs/application/src/use-cases/shared';
import { BudgetLedger } from '@linekeeper/application';
import { seededRandom } from '@linekeeper/domain';
import { expectBooksToAgree } from '../support/books';
import { createTestDatabase, type TestDatabase } from '../support/database';
import {
  type LineAnswer,
  lineNumbers,
  linesOf,
  personNumber,
  raiseMatureFleet,
  type SendAnswer,
  sendNoCards,
} from '../support/fleet';
import { ok } from '../support/http';
import { crowdOn } from '../support/crowd';
import { Invariants } from '../support/invariants';
import { People, type Person } from '../support/people';
import { TestService } from '../support/service';
import { TestSimulator } from '../support/simulator';
import { sdkOf } from '../support/webhook-catcher';

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY_MS = 24 * 3_600_000;
const PEOPLE = 48;
const CROWD = 400;
const SEED = 20_260_302;
const reason = 'a test';

interface Failover {
  readonly id: string;
  readonly state: string;
  readonly usersTotal: number;
  readonly usersMoved: number;
  readonly usersStranded: number;
}

/**
 * The misfortunes of the policy's list that befall lines and their people (13, 14, 16, 17, 18, 20 and 31), on one fleet of
 * twelve lines. After every move of the clock what must always hold does (`support/invariants.ts`); what a misfortune must
 * not break beyond that stands with each.
 */
describe('A fleet in misfortune', () => {
  let database: TestDatabase;
  let simulator: TestSimulator;
  let service: TestService;
  let people: People;
  let invariants: Invariants;

  beforeAll(async () => {
    [database, simulator] = await Promise.all([
      createTestDatabase(),
      TestSimulator.start({ lines: lineNumbers(12), start: '2026-03-02T05:00:00.000Z' }),
    ]);
    service = await TestService.start(database, simulator);
    people = new People(service, simulator);
    await raiseMatureFleet(service);
    // Cards come from the app alone: what the service sends of itself has a test of its own.
    await sendNoCards(service);
    while (people.all.length < PEOPLE) await people.join(4);
    await people.write(people.all);
    invariants = Invariants.watch(database, simulator);
    await simulator.advance(5 * MINUTE, MINUTE);
  });

  afterEach(() => jest.restoreAllMocks());

  afterAll(async () => {
    await service.stop();
    await simulator.stop();
    await database.drop();
  });

  const status = (number: string, word: 'FLAGGED' | 'ACTIVE'): Promise<unknown> =>
    ok(simulator.control.post(`/lines/${number}/status`, { status: word }));
  const flag = async (number: string): Promise<void> => {
    await status(number, 'FLAGGED');
    await simulator.advance(MINUTE);
  };
  const fault = (kind: string, more: object = {}): Promise<unknown> =>
    ok(simulator.control.post('/faults', { kind, ...more }));
  const run = (job: string): Promise<unknown> =>
    ok(service.admin.post(`/v1/admin/jobs/${job}/run`, { reason }));
  const verb = async (number: string, name: string, more = {}): Promise<{ failoverId: string }> =>
    ok(
      service.admin.post(`/v1/admin/lines/${(await line(number)).id}/${name}`, { reason, ...more }),
    );
  const line = async (number: string): Promise<LineAnswer> => {
    const found = (await linesOf(service)).find(({ phoneNumber }) => phoneNumber === number);
    return found ?? Promise.reject(new Error(`No line ${number}`));
  };
  const failovers = async (): Promise<Failover[]> =>
    (await ok(service.admin.get<{ data: Failover[] }>('/v1/admin/failovers?limit=200'))).data;
  const places = async (): Promise<Map<string, { line: string; state: string }>> => {
    const rows = await database.query<{ user: string; line: string; state: string }>(
      `SELECT a.user_id AS user, l.phone_number AS line, a.state FROM assignments a
       JOIN lines l ON l.id = a.line_id`,
    );
    return new Map(rows.map(({ user, ...place }) => [user, place]));
  };
  /** Who stands on the line and writes to it. */
  const on = async (number: string): Promise<Person[]> => {
    const all = await places();
    return people.all.filter(
      ({ userId }) => all.get(userId)?.line === number && all.get(userId)?.state === 'confirmed',
    );
  };
  /** The line on which most people stand who were sent a card: four at least. */
  const busiest = async (): Promise<string> => {
    const open = (await linesOf(service)).filter(({ closedBecause }) => closedBecause === null);
    const all = await places();
    const count = (number: string): number =>
      people.all.filter(({ userId, card }) => card.length > 0 && all.get(userId)?.line === number)
        .length;
    return open.reduce((most, each) =>
      count(each.phoneNumber) > count(most.phoneNumber) ? each : most,
    ).phoneNumber;
  };
  const movesOf = async (userId: string): Promise<string[]> => {
    const rows = await database.query<{ to: string }>(
      `SELECT l.phone_number AS to FROM assignment_history h
       JOIN assignments a ON a.id = h.assignment_id JOIN lines l ON l.id = h.to_line_id
       WHERE a.user_id = $1 AND h.from_line_id <> h.to_line_id ORDER BY h.epoch`,
      [userId],
    );
    return rows.map(({ to }) => to);
  };
  const ask = (person: Pick<Person, 'handle'>, more = {}): Promise<SendAnswer> =>
    ok(service.app.post('/v1/sends', { handle: person.handle, ...more }));
  const keysSent = async (answer: SendAnswer): Promise<(string | null)[]> =>
    (await simulator.books())
      .filter(({ idempotencyKey }) => idempotencyKey?.startsWith(answer.reservationId ?? '-'))
      .map(({ idempotencyKey }) => idempotencyKey);

  /** The app hands a message to the provider as the gate said, once; the answer may fail to come. */
  const hand = async (answer: SendAnswer, to: Person): Promise<'taken' | 'no answer'> => {
    const { chats } = sdkOf(simulator);
    const message = {
      parts: [{ type: 'text' as const, value: 'An answer' }],
      idempotency_key: answer.idempotencyKey ?? '',
    };
    const sent: Promise<unknown> =
      answer.chatId === undefined
        ? chats.create({ from: answer.line?.phoneNumber ?? '', to: [to.handle], message })
        : chats.messages.send(answer.chatId, { message });
    return sent.then(
      () => 'taken' as const,
      () => 'no answer' as const,
    );
  };

  /** Everybody writes where they stand, and every line that was lost is back, with its ban and its day of contagion over. */
  async function heal(): Promise<void> {
    await ok(simulator.control.delete('/faults'));
    for (const { phoneNumber, health } of await linesOf(service)) {
      if (health === 'healthy') continue;
      await ok(simulator.control.post(`/lines/${phoneNumber}/eligible`, { eligible: true }));
      await status(phoneNumber, 'ACTIVE');
      await simulator.advance(1);
      if ((await line(phoneNumber)).health === 'ejected') await verb(phoneNumber, 'mark-recovered');
    }
    await database.query(
      `UPDATE lines SET banned_until = NULL, ejections = 0, activated_at = activated_at - interval '30 days',
         ejected_at = ejected_at - interval '40 days' WHERE ejected_at IS NOT NULL`,
    );
    await run('advance-ramp');
    await run('run-failovers');
    const all = await places();
    for (const person of people.all) person.writesTo = all.get(person.userId)?.line ?? '';
  }

  /** Once, between two batches of the failover that runs next: some were moved by then, and some were not. */
  function midway(what: () => Promise<void>): () => Promise<boolean> {
    const decisions = service.nest.get(Decisions);
    const begin = decisions.begin.bind(decisions);
    let done: Promise<boolean> | null = null;
    jest.spyOn(decisions, 'begin').mockImplementation(async (actor) => {
      if (done === null && actor.id === 'run-failovers' && (await isUnderWay())) {
        done = what().then(() => true);
        // The job is none the wiser; the test hears of a failure when it asks.
        await done.catch(() => undefined);
      }
      return begin(actor);
    });
    return () => done ?? Promise.resolve(false);
  }
  const isUnderWay = async (): Promise<boolean> => {
    const running = await database.query(
      `SELECT 1 FROM failovers f JOIN lines l ON l.id = f.line_id
       WHERE f.state = 'running' AND f.users_moved > 0 AND EXISTS (
         SELECT 1 FROM assignments a WHERE a.line_id = l.id AND a.state = 'confirmed')`,
    );
    return running.length > 0;
  };
  const batchesOf = async (batchSize: number): Promise<void> => {
    const { policy } = await ok(
      service.admin.get<{ policy: Record<string, object> }>('/v1/admin/policy'),
    );
    const failover = { ...policy['failover'], batchSize };
    await ok(service.admin.put('/v1/admin/policy', { policy: { ...policy, failover }, reason }));
  };

  describe('keeps what must hold', () => {
    afterEach(async () => {
      await invariants.holdAtRest();
      await heal();
    });

    it('drains at its pace over the end of the budget day (never more than the pace in any hour)', async () => {
      const number = await busiest();
      const { failoverId } = await verb(number, 'drain', { movesPerHour: 2 });
      await simulator.advance(HOUR + 20 * MINUTE, 5 * MINUTE);
      const moves = await database.query<{ at: Date }>(
        'SELECT at FROM failover_moves WHERE failover_id = $1 ORDER BY at',
        [failoverId],
      );
      const instants = moves.map(({ at }) => at.getTime());
      const rollover = Date.parse('2026-03-02T06:00:00.000Z');
      expect(instants.map((at) => at < rollover).slice(0, 3)).toEqual([true, true, false]);
      for (const end of instants) {
        const within = instants.filter((at) => at <= end && at > end - 3_600_000);
        expect(within.length).toBeLessThanOrEqual(2);
      }
      const closed = await database.query(`SELECT 1 FROM line_days WHERE outcome <> 'imported'`);
      expect(closed).toHaveLength(12);
      await verb(number, 'cancel-drain');
      await verb(number, 'uncordon');
    });

    it('13: writes from no other line before it is known what the lost one sent, and counts once what it did', async () => {
      const number = await busiest();
      const [taken, lost] = (await on(number)).filter(({ card }) => card.length > 0);
      await people.write([taken!, lost!]);
      await simulator.advance(MINUTE);
      const [first, second] = [await ask(taken!), await ask(lost!)];
      for (const answer of [first, second])
        expect(answer).toMatchObject({ decision: 'send', line: { phoneNumber: number } });
      // One is accepted and nobody hears of it, by an answer or by a webhook; the other is never accepted.
      const path = `/v3/chats/*/messages`;
      await fault('lost-webhook', { line: number, event: 'message.sent', count: null });
      await fault('lost-webhook', { line: number, event: 'message.delivered', count: null });
      await fault('lost-answer', { line: number, path, method: 'POST' });
      expect(await hand(first, taken!)).toBe('no answer');
      await fault('error', { line: number, path, method: 'POST', status: 503 });
      expect(await hand(second, lost!)).toBe('no answer');
      expect((await keysSent(first)).length).toBe(1);
      await flag(number);
      const decisions: string[][] = [];
      for (let minutes = 1; minutes < 40; minutes += 5) {
        const answers = await Promise.all([ask(taken!), ask(lost!)]);
        for (const each of answers)
          if (each.decision === 'send') expect(each.line?.phoneNumber).not.toBe(number);
        decisions.push(
          answers.map(({ decision, reasons }) =>
            decision === 'send' ? 'send' : (reasons.at(-1)?.code ?? ''),
          ),
        );
        const [one, other] = answers;
        if (one.decision === 'send') await hand(one, taken!);
        if (other.decision === 'send') await hand(other, lost!);
        await simulator.advance(5 * MINUTE, 5 * MINUTE);
      }
      // What never went goes once the thread was read back; what went, or may have, only after its 35 minutes.
      expect(decisions[0]).toEqual(['unsettled', 'unsettled']);
      expect(decisions.findIndex(([, other]) => other === 'send')).toBeLessThanOrEqual(2);
      expect(decisions.findIndex(([one]) => one === 'send')).toBe(7);
      expect(await keysSent(first)).toHaveLength(1);
      expect(await keysSent(second)).toHaveLength(0);
      await run('repair-gaps');
      await simulator.advance(MINUTE);
      await expectBooksToAgree(service, simulator);
    });

    it('14: lets nothing out of a line that is flagged at any point of an answer, and finds out what was on its way', async () => {
      const ledger = service.nest.get(BudgetLedger);
      const reserve = ledger.reserve.bind(ledger);
      // While the gate takes its hold: before it, and after it with the answer not yet written.
      for (const point of ['before', 'after']) {
        const number = await busiest();
        const [person] = (await on(number)).filter(({ card }) => card.length > 0);
        await people.write([person!]);
        await simulator.advance(MINUTE);
        jest.spyOn(ledger, 'reserve').mockImplementationOnce(async (request) => {
          if (point === 'before') await flag(number);
          const held = await reserve(request);
          if (point === 'after') await flag(number);
          return held;
        });
        const answer = await ask(person!);
        expect([point, answer.line?.phoneNumber === number]).toEqual([point, false]);
        expect(answer).toMatchObject({ decision: 'send', reasons: [{ code: 'class-reply' }] });
        expect(await hand(answer, person!)).toBe('taken');
      }
      // With the answer given: one message is on its way to the provider, one was taken and its webhook is not yet here.
      const number = await busiest();
      const [late, early] = (await on(number)).filter(({ card }) => card.length > 0);
      await people.write([late!, early!]);
      await simulator.advance(MINUTE);
      const [first, second] = [await ask(late!), await ask(early!)];
      expect(await hand(second, early!)).toBe('taken');
      await ok(simulator.control.post(`/lines/${number}/eligible`, { eligible: false }));
      await status(number, 'FLAGGED');
      expect(await hand(first, late!)).toBe('no answer');
      await simulator.advance(MINUTE);
      expect((await ask(late!)).decision).toBe('defer');
      await ok(
        service.app.post(`/v1/sends/${first.reservationId ?? ''}/settle`, { outcome: 'failed' }),
      );
      for (const person of [late!, early!]) {
        const again = await ask(person);
        expect(again).toMatchObject({ decision: 'send' });
        expect(again.line?.phoneNumber).not.toBe(number);
        expect(await hand(again, person)).toBe('taken');
      }
      expect(await keysSent(first)).toEqual([]);
      expect(await keysSent(second)).toHaveLength(1);
      await simulator.advance(MINUTE);
      await expectBooksToAgree(service, simulator);
    });

    it('20: moves people on when the line they were just moved to is lost, no more often than they hold numbers, never back', async () => {
      await batchesOf(2);
      const lost = await busiest();
      const there = (await on(lost)).filter(({ card }) => card.length > 0);
      expect(there.length).toBeGreaterThan(2);
      const before = new Map<string, string[]>();
      for (const { userId } of there) before.set(userId, await movesOf(userId));
      let second = '';
      let third = '';
      const struck = midway(async () => {
        const [target, other] = await database.query<{ number: string }>(
          `SELECT DISTINCT l.phone_number AS number FROM failover_moves m JOIN lines l ON l.id = m.to_line_id
           JOIN failovers f ON f.id = m.failover_id WHERE f.state = 'running'`,
        );
        [second, third] = [target?.number ?? '', other?.number ?? ''];
        await verb(second, 'mark-flagged');
        // And another target weakens: nobody more is moved to it.
        if (third !== '') {
          await database.query(`UPDATE lines SET reputation = 'CRITICAL' WHERE phone_number = $1`, [
            third,
          ]);
        }
      });
      await flag(lost);
      expect(await struck()).toBe(true);
      await simulator.advance(MINUTE);
      const all = await places();
      for (const { userId, card } of there) {
        const place = all.get(userId)!;
        const moves = (await movesOf(userId)).slice(before.get(userId)!.length);
        expect(moves.length).toBeLessThanOrEqual(card.length - 1);
        expect(new Set(moves).size).toBe(moves.length);
        expect(moves).not.toContain(lost);
        if (place.state === 'confirmed') {
          expect(card).toContain(place.line);
          expect([lost, second]).not.toContain(place.line);
        }
      }
      expect((await failovers()).filter(({ state }) => state === 'running')).toEqual([]);
      await database.query(`UPDATE lines SET reputation = 'HEALTHY' WHERE phone_number = $1`, [
        third,
      ]);
      await batchesOf(200);
    });

    it('17: strands nobody before all four numbers of their card are lost, in whatever order', async () => {
      const draw = seededRandom(SEED);
      for (let round = 0; round < 1; round += 1) {
        const all = await places();
        const whole = people.all.filter(
          ({ userId, card }) => card.length === 4 && all.get(userId)?.state === 'confirmed',
        );
        const holder = whole[Math.floor(draw() * whole.length)]!;
        const order = holder.card
          .map((number) => ({ number, rank: draw() }))
          .sort((a, b) => a.rank - b.rank)
          .map(({ number }) => number);
        for (const [i, number] of order.entries()) {
          await flag(number);
          await invariants.holdAtRest();
          const now = await places();
          const left = order.slice(i + 1);
          for (const { userId, card } of whole) {
            const place = now.get(userId)!;
            const live = card.filter((each) => !order.slice(0, i + 1).includes(each));
            const state = live.length === 0 ? 'needs-introduction' : 'confirmed';
            expect({ order, i, userId, state: place.state }).toEqual({ order, i, userId, state });
            if (live.length > 0) expect([...live, ...left]).toContain(place.line);
          }
        }
        await heal();
      }
    });

    it('18: bans a line that flaps each minute for twice as long each time, and moves nobody twice or back', async () => {
      const number = await busiest();
      const there = await on(number);
      const before = new Map<string, number>();
      for (const { userId } of people.all) before.set(userId, (await movesOf(userId)).length);
      const bans: number[] = [];
      for (let flip = 0; flip < 6; flip += 1) {
        await flag(number);
        const [row] = await database.query<{ ban: number }>(
          `SELECT (extract(epoch FROM banned_until - ejected_at) * 1000)::float8 AS ban FROM lines
           WHERE phone_number = $1`,
          [number],
        );
        bans.push(row?.ban ?? 0);
        await status(number, 'ACTIVE');
        await simulator.advance(MINUTE);
        expect((await line(number)).closedBecause).toBe('recovering');
      }
      expect(bans).toEqual([1, 2, 4, 8, 14, 14].map((days) => days * DAY_MS));
      const all = await places();
      for (const { userId } of people.all) {
        const times = (await movesOf(userId)).length - before.get(userId)!;
        expect(times).toBeLessThanOrEqual(1);
      }
      for (const { userId, card } of there) {
        if (card.length > 0) expect(all.get(userId)?.line).not.toBe(number);
      }
    });

    it('16: is dark when every line is flagged, keeps what is written to it, and goes on with the first that is back', async () => {
      const numbers = (await linesOf(service)).map(({ phoneNumber }) => phoneNumber);
      for (const number of numbers) await status(number, 'FLAGGED');
      await simulator.advance(MINUTE);
      const before = (await simulator.books()).length;
      const [back = ''] = [...numbers].reverse();
      const all = await places();
      const holders = people.all.filter(
        ({ userId, card }) => card.includes(back) || all.get(userId)?.line === back,
      );
      await people.write(people.all.slice(0, 4));
      await people.write(holders.slice(0, 1).map((each) => ({ ...each, writesTo: back })));
      await simulator.advance(5 * MINUTE);
      for (const person of people.all.slice(0, 8)) {
        for (const kind of ['reply', 'proactive']) {
          const answer = await ask(person, { class: kind });
          expect(answer.decision).not.toBe('send');
          if (answer.decision === 'defer')
            expect(Date.parse(answer.retryAt ?? '')).toBeGreaterThan(await simulator.now());
        }
      }
      // Nothing but what the people wrote.
      expect(await simulator.books()).toHaveLength(before + 5);
      await expectBooksToAgree(service, simulator);
      const newcomer = { handle: personNumber(900), startedBy: 'inbound' };
      expect((await service.app.post('/v1/users', newcomer)).body).toMatchObject({
        code: 'fleet.no_capacity',
      });

      await status(back, 'ACTIVE');
      await database.query(
        `UPDATE lines SET banned_until = ejected_at, good_days = 20 WHERE phone_number = $1`,
        [back],
      );
      await simulator.advance(5 * MINUTE, 5 * MINUTE);
      await run('run-failovers');
      const now = await places();
      for (const { userId } of holders)
        expect([userId, now.get(userId)]).toEqual([userId, { line: back, state: 'confirmed' }]);
      // Who wrote into the dark is answered, from the line that is back.
      expect(await ask(holders[0]!)).toMatchObject({
        decision: 'send',
        line: { phoneNumber: back },
      });
    });

    it('31: writes to nobody who says stop, or is erased, at any point of a failover of four hundred', async () => {
      const number = await busiest();
      const { id } = await line(number);
      const crowd = await crowdFor(id);
      const { users } = await line(number);
      expect(users).toBeGreaterThanOrEqual(CROWD);
      let stopped: string[] = [];
      let erased: string[] = [];
      const struck = midway(async () => {
        const rows = await database.query<{ user: string; moved: boolean }>(
          `SELECT user_id AS user, line_id <> $1 AS moved FROM assignments
           WHERE user_id = ANY($2::uuid[]) ORDER BY user_id`,
          [id, crowd],
        );
        const moved = rows.filter((row) => row.moved).map(({ user }) => user);
        const still = rows.filter((row) => !row.moved).map(({ user }) => user);
        expect([moved.length, still.length].every((n) => n > 20)).toBe(true);
        stopped = [...moved.slice(0, 5), ...still.slice(0, 5)];
        erased = [...moved.slice(5, 8), ...still.slice(5, 8)];
        for (const user of stopped) await ok(service.app.post(`/v1/users/${user}/opt-out`));
        for (const user of erased) await ok(service.admin.delete(`/v1/users/${user}`));
      });
      await flag(number);
      expect(await struck()).toBe(true);
      const [failover] = await failovers();
      // Who was erased before their turn is nobody to be moved, and nobody stands in the way of the others.
      expect(failover).toMatchObject({ state: 'completed', usersTotal: users });
      const { usersMoved = 0, usersStranded = 0 } = failover ?? {};
      expect(usersMoved + usersStranded).toBe(users - 3);
      const all = await places();
      for (const user of crowd) {
        const state = erased.includes(user) ? 'released' : 'confirmed';
        expect([user, all.get(user)?.state]).toEqual([user, state]);
      }
      for (const userId of stopped) {
        for (const kind of ['reply', 'transactional', 'proactive'])
          expect(await ok(service.app.post('/v1/sends', { userId, class: kind }))).toMatchObject({
            decision: 'refuse',
          });
      }
      for (const userId of erased)
        expect((await service.app.post('/v1/sends', { userId })).status).toBeGreaterThanOrEqual(
          404,
        );
      // It does not come back by the failover of the line that they were moved to.
      const next = [...new Set(stopped.map((user) => all.get(user)?.line ?? ''))][0]!;
      await flag(next);
      for (const userId of stopped)
        expect(await ok(service.app.post('/v1/sends', { userId }))).toMatchObject({
          decision: 'refuse',
        });
    });
  });

  it.each<[rule: string, breaks: string]>([
    ['I1: a place is not where', `UPDATE assignments SET epoch = epoch + 1`],
    ['I2', `DELETE FROM known_numbers`],
    [
      'I3: let out on a line',
      `UPDATE sends SET admitted_at = admitted_at + interval '1 second',
      line_id = (SELECT (data->>'lineId')::uuid FROM outbox_events WHERE type = 'line.ejected' ORDER BY seq DESC LIMIT 1),
      assignment_epoch = 1000`,
    ],
    ['I5', `UPDATE messages SET line_id = gen_random_uuid() WHERE send_id IS NOT NULL`],
    [
      'I8: let out',
      `INSERT INTO suppressions (user_id, suppressed_at, source, reason, actor, updated_at)
       SELECT DISTINCT s.user_id, '2026-01-01'::timestamptz, 'api', '', '', '2026-01-01'::timestamptz FROM sends s JOIN users u ON u.id = s.user_id
       ON CONFLICT (user_id) DO UPDATE SET suppressed_at = excluded.suppressed_at`,
    ],
    ['I9: flagged', `UPDATE lines SET provider_status = 'FLAGGED', health = 'healthy'`],
    [
      'I9: more',
      `UPDATE lines SET health = 'ejected', health_by = 'automation', provider_status = 'ACTIVE'`,
    ],
    [
      'I10: more than ten',
      `UPDATE sends SET new_conversation = true, class = 'proactive', state = 'open', messages = 11`,
    ],
    [
      'I11',
      `UPDATE lines SET health = 'ejected' WHERE id = (SELECT line_id FROM assignments WHERE state = 'confirmed' LIMIT 1)`,
    ],
    [
      'I13',
      `UPDATE assignment_history SET failover_id = (SELECT id FROM failovers LIMIT 1) WHERE from_line_id <> to_line_id`,
    ],
    ['I14', `UPDATE failovers SET users_moved = users_moved + 1`],
  ])('would be seen to break %s', async (rule, breaks) => {
    await database.query('BEGIN');
    try {
      await database.query(breaks);
      await expect(invariants.hold()).rejects.toThrow(rule);
    } finally {
      await database.query('ROLLBACK');
    }
  });

  /** Four hundred on one line, each with three other numbers on their card. */
  async function crowdFor(lineId: string): Promise<string[]> {
    const others = (await linesOf(service)).filter(
      ({ id, closedBecause }) => id !== lineId && closedBecause === null,
    );
    return crowdOn(database, {
      people: CROWD,
      lineId,
      heldLineIds: others.map(({ id }) => id),
      meanMilli: 1_000,
      varianceMilli: 4_000,
      now: await simulator.now(),
    });
  }
});
