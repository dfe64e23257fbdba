import { createTestDatabase, type TestDatabase } from '../support/database';
import {
  lineNumbers,
  linesOf,
  onboard,
  personNumber,
  raiseMatureFleet,
  type SendAnswer,
} from '../support/fleet';
import { ok } from '../support/http';
import { People } from '../support/people';
import { TestService } from '../support/service';
import { TestSimulator } from '../support/simulator';

const HOUR = 3_600;

/** What the gate lets out, defers and refuses; every deferral is kept to. */
describe('The send gate', () => {
  let database: TestDatabase;
  let simulator: TestSimulator;
  let service: TestService;
  let people: People;
  let next = 0;

  beforeEach(async () => {
    [database, simulator] = await Promise.all([
      createTestDatabase(),
      TestSimulator.start({ lines: lineNumbers(3), start: '2026-03-02T10:00:00.000Z' }),
    ]);
    service = await TestService.start(database, simulator);
    people = new People(service, simulator);
    next = 0;
    await raiseMatureFleet(service);
  });

  afterEach(async () => {
    await service.stop();
    await simulator.stop();
    await database.drop();
  });

  /** A person of whom the line that serves them is known. */
  async function somebody(): Promise<string> {
    next += 1;
    return (await onboard(service, personNumber(next), { startedBy: 'outbound' })).user.id;
  }

  const ask = (userId: string, kind?: string, messages = 1): Promise<SendAnswer> =>
    ok(
      service.app.post('/v1/sends', {
        userId,
        messages,
        ...(kind === undefined ? {} : { class: kind }),
      }),
    );

  const codes = ({ reasons }: SendAnswer): string[] => reasons.map(({ code }) => code);

  it('derives a reply from what the person wrote, and lets an app only lower it', async () => {
    const person = await people.join(4);
    if (!person) throw new Error('No room');
    expect((await ask(person.userId, 'reply')).class).toBe('proactive');
    await people.write([person]);
    await simulator.advance(60);
    expect((await ask(person.userId)).class).toBe('reply');
    expect((await ask(person.userId, 'proactive')).class).toBe('proactive');
    await simulator.advance(25 * HOUR, 5 * HOUR);
    expect((await ask(person.userId)).class).toBe('proactive');
  });

  describe('asked again under the same key', () => {
    const again = (userId: string): Promise<SendAnswer> =>
      ok(
        service.app.post(
          '/v1/sends',
          { userId },
          { headers: { 'idempotency-key': `message-to-${userId}` } },
        ),
      );

    it('gives the same hold, also once its message has left', async () => {
      const id = await somebody();
      const first = await again(id);
      expect(first.decision).toBe('send');
      expect(await again(id)).toEqual(first);
      await ok(
        service.app.post(`/v1/sends/${first.reservationId}/settle`, {
          outcome: 'accepted',
          messageId: 'a-message',
          chatId: 'a-thread',
        }),
      );
      await simulator.advance(600);
      expect((await ask(id)).decision).toBe('defer');
      expect(await again(id)).toMatchObject({
        decision: 'send',
        reservationId: first.reservationId,
      });
      expect(await database.query('SELECT id FROM sends')).toEqual([{ id: first.reservationId }]);
    });

    it('says no once the person has said stop', async () => {
      const id = await somebody();
      expect((await again(id)).decision).toBe('send');
      await ok(service.app.post(`/v1/users/${id}/opt-out`, { reason: 'by telephone' }));
      const answer = await again(id);
      expect(answer.decision).toBe('refuse');
      expect(codes(answer)).toContain('suppressed');
    });
  });

  it('allows two transactional messages a day and takes further ones for proactive', async () => {
    const id = await somebody();
    const classes = [];
    for (let i = 0; i < 3; i += 1) classes.push((await ask(id, 'transactional')).class);
    expect(classes).toEqual(['transactional', 'transactional', 'proactive']);
  });

  it('leaves who does not answer alone: a day between turns, and no fourth', async () => {
    const person = await people.join(4);
    if (!person) throw new Error('No room');
    for (let turn = 1; turn <= 3; turn += 1) {
      expect((await people.send(person, 'proactive')).decision).toBe('send');
      await simulator.advance(300, 60);
      const again = await people.send(person, 'proactive');
      if (turn === 3) {
        expect(again.decision).toBe('refuse');
        expect(codes(again)).toContain('unanswered');
        break;
      }
      expect(again.decision).toBe('defer');
      const wait = Date.parse(again.retryAt ?? '') - (await simulator.now());
      await simulator.advance(Math.ceil(wait / 1_000), HOUR);
    }
  });

  it('does not wake people: it waits for the morning in their zone, and replies all the same', async () => {
    const { user, assignment } = await onboard(service, personNumber(50), {
      timeZone: 'Pacific/Auckland',
    });
    const night = await ask(user.id);
    expect(night).toMatchObject({ decision: 'defer', retryAt: '2026-03-02T19:00:00.000Z' });
    expect(codes(night)).toContain('quiet-hours');
    await simulator.text(personNumber(50), assignment.line.phoneNumber, 'Still up');
    await simulator.advance(60);
    expect(await ask(user.id)).toMatchObject({ decision: 'send', class: 'reply' });
  });

  it('begins at most ten new conversations an hour on a line, and keeps its word on the next', async () => {
    const busiest: SendAnswer[] = [];
    for (let i = 0; i < 40; i += 1) busiest.push(await ask(await somebody(), 'proactive'));
    const byLine = new Map<string, number>();
    for (const { decision, line } of busiest) {
      if (decision !== 'send') continue;
      byLine.set(line?.id ?? '', (byLine.get(line?.id ?? '') ?? 0) + 1);
    }
    expect(Math.max(...byLine.values())).toBe(10);
    const put = busiest.find(({ decision }) => decision === 'defer');
    expect(put && codes(put)).toContain('new-conversations-hour');
  });

  it('refuses more than thirty messages to one person within a minute', async () => {
    const person = await people.join(4);
    if (!person) throw new Error('No room');
    await people.write([person]);
    await simulator.advance(10);
    for (let i = 0; i < 3; i += 1)
      expect((await ask(person.userId, 'reply', 10)).decision).toBe('send');
    const more = await ask(person.userId, 'reply');
    expect(more.decision).toBe('defer');
    expect(codes(more)).toContain('pair-limit');
    const wait = Date.parse(more.retryAt ?? '') - (await simulator.now());
    expect(wait).toBeGreaterThan(0);
    expect(wait).toBeLessThanOrEqual(60_000);
    await simulator.advance(Math.ceil(wait / 1_000));
    expect((await ask(person.userId, 'reply')).decision).toBe('send');
  });

  it('never refuses a reply for budget, and stops proactive messages at 70 % of the cap', async () => {
    const person = await people.join(4);
    if (!person) throw new Error('No room');
    const { line: served } = (
      await ok(
        service.app.get<{ assignment: { line: { id: string } } }>(
          `/v1/users/${person.userId}/assignment`,
        ),
      )
    ).assignment;
    const change = { budgetPerDay: 20, reason: 'a tiny line' };
    await ok(service.admin.patch(`/v1/admin/lines/${served.id}`, change));
    for (let i = 0; i < 15; i += 1) await people.write([person]);
    await simulator.advance(60);
    expect((await linesOf(service)).find(({ id }) => id === served.id)?.usedLast24h).toBe(15);
    const cold = await ask(person.userId, 'proactive');
    expect(cold.decision).toBe('defer');
    expect(codes(cold)).toContain('budget-ceiling');
    for (let i = 0; i < 10; i += 1)
      expect((await people.send(person, 'reply')).decision).toBe('send');
    await simulator.advance(60);
    const line = (await linesOf(service)).find(({ id }) => id === served.id);
    expect(line?.usedLast24h).toBe(25);
    const overruns = await database.query(
      `SELECT 1 FROM outbox_events WHERE type = 'line.overrun'`,
    );
    expect(overruns.length).toBeGreaterThan(0);
  });

  it('gives a hold back when it is released, and when its message never comes', async () => {
    const id = await somebody();
    const room = async (): Promise<number> =>
      (await linesOf(service)).reduce((sum, line) => sum + line.headroom, 0);
    const before = await room();
    const first = await ask(id, 'transactional');
    expect(await room()).toBe(before - 1);
    await ok(service.app.post(`/v1/sends/${first.reservationId ?? ''}/release`));
    expect(await room()).toBe(before);
    await ask(id, 'transactional');
    expect(await room()).toBe(before - 1);
    await simulator.advance(36 * 60, 360);
    expect(await room()).toBe(before);
  });

  it('only observes when told to, and says what it would have done', async () => {
    const reason = 'looking first';
    await ok(service.admin.put('/v1/admin/actuators', { actuators: { gate: 'observe' }, reason }));
    const id = await somebody();
    await ok(service.app.post(`/v1/users/${id}/opt-out`, { reason }));
    expect(await ask(id, 'proactive')).toMatchObject({ decision: 'send', wouldBe: 'refuse' });
    const asleep = { timeZone: 'Pacific/Auckland' };
    const { user } = await onboard(service, personNumber(50), asleep);
    expect(await ask(user.id, 'proactive')).toMatchObject({ decision: 'send', wouldBe: 'defer' });
  });

  it('refuses who has no line any more', async () => {
    const id = await somebody();
    await simulator.advance(3 * HOUR, HOUR);
    const gone = await ask(id, 'proactive');
    expect(gone.decision).toBe('refuse');
    expect(codes(gone)).toContain('not-assigned');
  });

  it('answers who writes after their reservation ended, on the line they wrote to', async () => {
    const id = await somebody();
    await simulator.advance(3 * HOUR, HOUR);
    await simulator.text(personNumber(next), lineNumbers(3)[2] ?? '', 'Am I too late?');
    await simulator.advance(60);
    expect(await ask(id)).toMatchObject({
      decision: 'send',
      class: 'reply',
      line: { phoneNumber: lineNumbers(3)[2] },
    });
  });

  it('stops everything but replies while the fleet is frozen', async () => {
    const [id, person] = [await somebody(), await people.join(4)];
    if (!person) throw new Error('No room');
    await people.write([person]);
    await simulator.advance(60);
    await ok(service.admin.post('/v1/admin/fleet/freeze', { reason: 'an alarm' }));
    const cold = await ask(id, 'proactive');
    expect(cold.decision).toBe('defer');
    expect(codes(cold)).toContain('fleet-frozen');
    expect(await ask(person.userId)).toMatchObject({ decision: 'send', class: 'reply' });
    const newcomer = await service.app.post('/v1/users', {
      handle: personNumber(70),
      startedBy: 'inbound',
    });
    expect(newcomer).toMatchObject({ body: { code: 'fleet.frozen' } });
  });
});
