import type { LinqAPIV3 } from '@linqapp/sdk';
import fc from 'fast-check';
import { expectBooksToAgree } from '../support/books';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { lineNumbers, personNumber, raiseMatureFleet } from '../support/fleet';
import { ok } from '../support/http';
import { TestService } from '../support/service';
import { TestSimulator } from '../support/simulator';
import { sdkOf } from '../support/webhook-catcher';

const MINUTE = 60;
const RUN = '/v1/admin/jobs/repair-gaps/run';

/** What becomes of the webhooks of a message. */
const FATES = ['in time', 'lost', 'late', 'doubled'] as const;

type Step =
  | { readonly kind: 'say'; readonly who: number; readonly fate: (typeof FATES)[number] }
  | { readonly kind: 'answer'; readonly who: number; readonly fate: (typeof FATES)[number] }
  | { readonly kind: 'repair' }
  | { readonly kind: 'repair while webhooks come' }
  | { readonly kind: 'wait' };

const who = fc.nat(3);
const fate = fc.constantFrom(...FATES);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('say' as const), who, fate }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('answer' as const), who, fate }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'repair' as const }) },
  { weight: 2, arbitrary: fc.constant({ kind: 'repair while webhooks come' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'wait' as const }) },
);

jest.setTimeout(240_000);

/** A message is one message, whether a webhook tells of it, the repair, or both, and in whatever order. */
describe('Webhooks and gap repair together', () => {
  let database: TestDatabase;
  let simulator: TestSimulator;
  let service: TestService;
  let linq: LinqAPIV3;
  const numbers = lineNumbers(2);
  const chats = new Map<number, string>();

  beforeAll(async () => {
    [database, simulator] = await Promise.all([
      createTestDatabase(),
      TestSimulator.start({ lines: numbers, start: '2026-03-02T10:50:00.000Z' }),
    ]);
    service = await TestService.start(database, simulator);
    linq = sdkOf(simulator);
    await raiseMatureFleet(service);
    for (let i = 0; i < 4; i += 1) await say(i);
    await simulator.advance(MINUTE);
  });

  afterAll(async () => {
    await service.stop();
    await simulator.stop();
    await database.drop();
  });

  async function say(person: number): Promise<void> {
    const line = numbers[person % 2] ?? '';
    const { chatId } = await simulator.text(personNumber(person), line, 'Hello');
    chats.set(person, chatId);
  }

  async function answer(person: number): Promise<void> {
    const message = { parts: [{ type: 'text' as const, value: 'Hello you' }] };
    await linq.chats.messages.send(chats.get(person) ?? '', { message });
  }

  /** The fate of the next event of each of these types. */
  async function decree(what: (typeof FATES)[number], ...events: string[]): Promise<void> {
    const kind = {
      lost: 'lost-webhook',
      late: 'late-webhook',
      doubled: 'doubled-webhook',
    } as const;
    if (what === 'in time') return;
    for (const event of events) {
      const when =
        what === 'late' ? { seconds: 5 * MINUTE } : what === 'doubled' ? { afterSeconds: 90 } : {};
      await ok(simulator.control.post('/faults', { kind: kind[what], event, ...when }));
    }
  }

  /** Another run may be under way: then that one reads. */
  async function repair(): Promise<void> {
    const { status } = await service.admin.post(RUN, { reason: 'a test' });
    expect([200, 409]).toContain(status);
  }

  async function take(each: Step): Promise<void> {
    switch (each.kind) {
      case 'say':
        await decree(each.fate, 'message.received');
        return say(each.who);
      case 'answer':
        await decree(each.fate, 'message.sent', 'message.delivered');
        return answer(each.who);
      case 'repair':
        return repair();
      case 'repair while webhooks come':
        await Promise.all([repair(), simulator.advance(6 * MINUTE), repair()]);
        return;
      case 'wait':
        return simulator.advance(MINUTE);
    }
  }

  it('come to as many counts as there are messages, whatever was lost, late or doubled', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 16 }), async (steps) => {
        for (const each of steps) await take(each);
        await ok(simulator.control.delete('/faults'));
        await simulator.advance(10 * MINUTE);
        await repair();
        await simulator.advance(MINUTE);
        await expectEachOnce();
      }),
      { numRuns: 6, seed: 11 },
    );
  });

  async function expectEachOnce(): Promise<void> {
    await expectBooksToAgree(service, simulator);
    const books = await simulator.books();
    const rows = await database.query<{ id: string; status: string }>(
      'SELECT id, status FROM messages ORDER BY id',
    );
    const told = books.map(({ id, status }) => ({ id, status }));
    expect(rows).toEqual(told.sort((a, b) => (a.id < b.id ? -1 : 1)));
    const [sums] = await database.query<Record<string, number>>(
      `SELECT (SELECT sum("in" + out)::int FROM line_hours) AS hours,
        (SELECT sum("in" + out)::int FROM user_days) AS days,
        (SELECT count(*)::int FROM outbox_events WHERE type = 'message.recovered') AS told,
        (SELECT count(DISTINCT data->>'messageId')::int FROM outbox_events
          WHERE type = 'message.recovered') AS recovered,
        (SELECT count(*)::int FROM inbox_events WHERE state IN ('pending', 'dead')) AS left`,
    );
    expect(sums).toMatchObject({ hours: books.length, days: books.length, left: 0 });
    expect(sums?.['told']).toBe(sums?.['recovered']);
  }
});
