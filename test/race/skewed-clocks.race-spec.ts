import { expectBooksToAgree } from '../support/books';
import { createTestDatabase, type TestDatabase } from '../support/database';
import {
  lineNumbers,
  linesOf,
  onboard,
  personNumber,
  raiseMatureFleet,
  type SendAnswer,
  sendNoCards,
} from '../support/fleet';
import { ok } from '../support/http';
import { Invariants } from '../support/invariants';
import { LoadBalancer } from '../support/load-balancer';
import { redisServerPath, TestRedis } from '../support/redis';
import { TestService } from '../support/service';
import { TestSimulator } from '../support/simulator';
import type { Skew } from '../support/skewed-clock';
import { type LinqAPIV3 } from '@linqapp/sdk';
import { sdkOf } from '../support/webhook-catcher';

const leftOut = redisServerPath === undefined ? ' (left out: no redis-server is installed)' : '';
const suite = redisServerPath === undefined ? describe.skip : describe;

const MINUTE = 60;
const BUDGET = 20;
/** 70 % of it. */
const CEILING = 14;

/** Two processes on one PostgreSQL and Redis whose clocks are three minutes apart, and jump. */
suite(`Two processes whose clocks are wrong${leftOut}`, () => {
  let database: TestDatabase;
  let simulator: TestSimulator;
  let redis: TestRedis;
  let balancer: LoadBalancer;
  let linq: LinqAPIV3;
  const skews = [{ ms: 90_000 }, { ms: -90_000 }] as [Skew, Skew];
  const services: TestService[] = [];

  beforeAll(async () => {
    [database, simulator, redis] = await Promise.all([
      createTestDatabase(),
      TestSimulator.start({ lines: lineNumbers(3), start: '2026-03-02T10:00:00.000Z' }),
      TestRedis.start(),
    ]);
    balancer = await LoadBalancer.start(() => services.map(({ url }) => Number(new URL(url).port)));
    const webhookBase = `http://127.0.0.1:${balancer.port}`;
    for (const [i, skew] of skews.entries()) {
      const settings = { name: `process-${i}`, redisUrl: redis.url, webhookBase, skew };
      services.push(await TestService.start(database, simulator, settings));
    }
    linq = sdkOf(simulator);
    await raiseMatureFleet(services[0]!);
    await sendNoCards(services[0]!);
  });

  afterAll(async () => {
    for (const service of services) await service.stop();
    await balancer.stop();
    await redis.stop();
    await simulator.stop();
    await database.drop();
  });

  const gate = (i: number, handle: string, kind: string): Promise<SendAnswer> =>
    ok(services[i % 2]!.app.post<SendAnswer>('/v1/sends', { handle, class: kind }));

  async function carryOut(answer: SendAnswer, to: string): Promise<void> {
    const message = {
      parts: [{ type: 'text' as const, value: `Hello ${to}` }],
      idempotency_key: answer.idempotencyKey ?? '',
    };
    if (answer.chatId !== undefined) await linq.chats.messages.send(answer.chatId, { message });
    else await linq.chats.create({ from: answer.line!.phoneNumber, to: [to], message });
  }

  it('count exactly, pass no ceiling and keep no hold', async () => {
    const invariants = new Invariants(database, simulator);
    const [first] = services;
    const people: { handle: string; line: string }[] = [];
    for (let i = 0; i < 24; i += 1) {
      const handle = personNumber(i);
      const { assignment } = await onboard(services[i % 2]!, handle, { expectedMessagesPerDay: 2 });
      people.push({ handle, line: assignment.line.phoneNumber });
    }
    for (const { handle, line } of people) await simulator.text(handle, line, 'Hello');
    await simulator.advance(MINUTE);
    for (const { id } of await linesOf(first!)) {
      const edit = { budgetPerDay: BUDGET, reason: 'tiny lines' };
      await ok(first!.admin.patch(`/v1/admin/lines/${id}`, edit));
    }
    await simulator.advance(MINUTE);

    let refused = 0;
    let given = 0;
    /** Everybody is asked about through both at once; every third message is never sent. */
    const ask = async (): Promise<void> => {
      const asking = people.flatMap(({ handle }) =>
        [0, 1].map(async (i) => ({ handle, answer: await gate(i, handle, 'proactive') })),
      );
      for (const { handle, answer } of await Promise.all(asking)) {
        if (answer.decision !== 'send') {
          refused += 1;
          continue;
        }
        given += 1;
        if (given % 3 !== 0) await carryOut(answer, handle);
      }
    };
    const expectNoneTooFull = async (): Promise<void> => {
      for (const { usedLast24h, headroom, todayCap } of await linesOf(first!)) {
        // What is used and what is held, together.
        expect(todayCap).toBe(BUDGET);
        expect(Math.max(usedLast24h, todayCap - headroom)).toBeLessThanOrEqual(CEILING);
      }
      await invariants.hold();
    };
    await ask();
    await expectNoneTooFull();
    await simulator.advance(MINUTE);
    // The one that was ahead falls back by five minutes, and the other one leaps as far ahead.
    skews[0].ms -= 300_000;
    skews[1].ms += 390_000;
    await ask();
    await expectNoneTooFull();
    await simulator.advance(5 * MINUTE);
    await ask();
    await expectNoneTooFull();
    expect(given).toBeGreaterThan(6);
    expect(refused).toBeGreaterThan(24);

    // Holds that nothing became of are over after 35 minutes of any of the two clocks, and leave nothing behind.
    await simulator.advance(45 * MINUTE, 5 * MINUTE);
    await invariants.hold();
    await expectBooksToAgree(first!, simulator);
    const open = await database.query(`SELECT id FROM sends WHERE state IN ('open', 'unknown')`);
    expect(open).toEqual([]);
    const books = await simulator.books();
    for (const service of services) {
      for (const { phoneNumber, usedLast24h, headroom, todayCap } of await linesOf(service)) {
        expect(usedLast24h).toBe(books.filter(({ line }) => line === phoneNumber).length);
        expect(headroom).toBe(todayCap - usedLast24h);
      }
    }
    // Whoever writes is answered through either, at the cap and with the clocks as they are.
    for (const { handle, line } of people) await simulator.text(handle, line, 'And you?');
    await simulator.advance(MINUTE);
    for (const [i, { handle }] of people.entries()) {
      const answer = await gate(i, handle, 'reply');
      expect(answer).toMatchObject({ decision: 'send', class: 'reply' });
      await carryOut(answer, handle);
    }
    await simulator.advance(10 * MINUTE, MINUTE);
    await expectBooksToAgree(first!, simulator);
    await invariants.hold();
  });
});
