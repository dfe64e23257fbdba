import { BudgetLedger } from '@linekeeper/application';
import { createTestDatabase, type TestDatabase } from '../support/database';
import {
  lineNumbers,
  linesOf,
  onboard,
  type Onboarded,
  personNumber,
  type Problem,
  raiseMatureFleet,
  type SendAnswer,
} from '../support/fleet';
import { type Answer, ok } from '../support/http';
import { TestService } from '../support/service';
import { TestSimulator } from '../support/simulator';

const HOUR = 3_600;
const reason = 'a race';

/** Something is committed after the gate has looked and before its answer is written: the answer knows of it. */
describe('The gate, when the world changes under its eyes', () => {
  let database: TestDatabase;
  let simulator: TestSimulator;
  let service: TestService;
  let next = 0;

  beforeAll(async () => {
    [database, simulator] = await Promise.all([
      createTestDatabase(),
      TestSimulator.start({ lines: lineNumbers(4), start: '2026-03-02T10:00:00.000Z' }),
    ]);
    service = await TestService.start(database, simulator);
    await raiseMatureFleet(service);
  });

  afterEach(() => jest.restoreAllMocks());

  afterAll(async () => {
    await service.stop();
    await simulator.stop();
    await database.drop();
  });

  /** A person who has written, so that a reply is due. */
  async function somebody(): Promise<Onboarded> {
    next += 1;
    const placed = await onboard(service, personNumber(next));
    await ok(
      service.app.post(`/v1/users/${placed.user.id}/contact-card/sent`, {
        version: placed.contactCard.version,
        channel: 'link',
      }),
    );
    await simulator.text(personNumber(next), placed.assignment.line.phoneNumber, 'Hello');
    await simulator.advance(60);
    return placed;
  }

  /**
   * The next `times` times that the gate takes a hold, of `userId` if one is named, `change` is committed before its
   * answer is written.
   */
  function between(
    change: () => Promise<unknown>,
    { times = 1, userId }: { times?: number; userId?: string } = {},
  ): () => number {
    const ledger = service.nest.get(BudgetLedger);
    const reserve = ledger.reserve.bind(ledger);
    let left = times;
    jest.spyOn(ledger, 'reserve').mockImplementation(async (request) => {
      const held = await reserve(request);
      if (userId !== undefined && request.recipient !== userId) return held;
      left -= 1;
      if (left >= 0) await change();
      return held;
    });
    return () => times - left;
  }

  const ask = (userId: string): Promise<Answer<SendAnswer & Problem>> =>
    service.app.post('/v1/sends', { userId });

  /** Sends of a person that were admitted, and what all lines hold without a message. */
  async function admitted(
    userId: string,
  ): Promise<{ line_id: string; assignment_epoch: number }[]> {
    return database.query(
      'SELECT line_id, assignment_epoch FROM sends WHERE user_id = $1 ORDER BY admitted_at',
      [userId],
    );
  }

  const held = async (): Promise<number> =>
    (await linesOf(service)).reduce(
      (sum, { todayCap, usedLast24h, headroom }) => sum + todayCap - usedLast24h - headroom,
      0,
    );

  it('answers no to whom said stop meanwhile, and gives the hold back', async () => {
    const { user } = await somebody();
    const before = await held();
    between(() => ok(service.app.post(`/v1/users/${user.id}/opt-out`, { reason })));
    expect((await ask(user.id)).body.decision).toBe('refuse');
    expect(await admitted(user.id)).toEqual([]);
    expect(await held()).toBe(before);
  });

  it('lets nothing out of a line that was ejected meanwhile', async () => {
    const { user, assignment } = await somebody();
    const { id } = assignment.line;
    between(() => ok(service.admin.post(`/v1/admin/lines/${id}/mark-flagged`, { reason })));
    await ask(user.id);
    expect(await admitted(user.id)).not.toContainEqual(expect.objectContaining({ line_id: id }));
    await ok(service.admin.post(`/v1/admin/lines/${id}/mark-recovered`, { reason }));
  });

  it('sends from where the person was moved to meanwhile, under the epoch of that', async () => {
    next += 1;
    const { user, assignment } = await onboard(service, personNumber(next));
    const path = `/v1/users/${user.id}/assignment`;
    // One that the test before has not had flagged.
    const lineId = (await linesOf(service)).find(
      ({ id, health }) => health === 'healthy' && assignment.fallbacks.some((f) => f.id === id),
    )?.id;
    between(() => ok(service.admin.post(`${path}/reassign`, { reason, lineId })));
    const { body } = await ask(user.id);
    expect(body).toMatchObject({ decision: 'send', line: { id: lineId } });
    const now = (await ok(service.app.get<Onboarded>(path))).assignment;
    expect(await admitted(user.id)).toEqual([{ line_id: lineId, assignment_epoch: now.epoch }]);
  });

  it('sends nothing on a reservation that expired meanwhile, nor keeps it', async () => {
    next += 1;
    const { user } = await onboard(service, personNumber(next), { startedBy: 'outbound' });
    between(() => simulator.advance(3 * HOUR, HOUR));
    expect((await ask(user.id)).body).toMatchObject({ decision: 'refuse' });
    expect(await admitted(user.id)).toEqual([]);
    const [row] = await database.query<object>(
      'SELECT state, first_send_at FROM assignments WHERE user_id = $1',
      [user.id],
    );
    expect(row).toEqual({ state: 'released', first_send_at: null });
  });

  it('keeps a reservation on which it let a message go, whenever the expiry looks', async () => {
    next += 1;
    const { user } = await onboard(service, personNumber(next), { startedBy: 'outbound' });
    expect((await ask(user.id)).body.decision).toBe('send');
    await simulator.advance(3 * HOUR, HOUR);
    const [row] = await database.query<object>('SELECT state FROM assignments WHERE user_id = $1', [
      user.id,
    ]);
    expect(row).toEqual({ state: 'reserved' });
  });

  it('lets nothing proactive out of a fleet that was frozen meanwhile', async () => {
    const { user } = await somebody();
    between(() => ok(service.admin.post('/v1/admin/fleet/freeze', { reason })));
    const { body } = await service.app.post<SendAnswer>('/v1/sends', {
      userId: user.id,
      class: 'proactive',
    });
    await ok(service.admin.post('/v1/admin/fleet/unfreeze', { reason }));
    expect(body.decision).toBe('defer');
    expect(await admitted(user.id)).toEqual([]);
  });

  it('answers each of many who ask at once for themselves', async () => {
    const placed: Onboarded[] = [];
    for (let i = 0; i < 24; i += 1) {
      next += 1;
      placed.push(await onboard(service, personNumber(next)));
      await simulator.text(
        personNumber(next),
        placed.at(-1)?.assignment.line.phoneNumber ?? '',
        'Hi',
      );
    }
    await simulator.advance(60);
    const [gone, ...others] = placed;
    const userId = gone?.user.id ?? '';
    // One of them says stop between the look and the answer.
    between(() => ok(service.app.post(`/v1/users/${userId}/opt-out`, { reason })), { userId });
    const nobody = '00000000-0000-7000-8000-000000000000';
    const first = next - 23;
    const asks = placed.map(({ user }, i) =>
      i % 2 === 0
        ? ask(user.id)
        : service.app.post<SendAnswer & Problem>('/v1/sends', { handle: personNumber(first + i) }),
    );
    const [unknown, refused, ...answers] = await Promise.all([ask(nobody), ...asks]);
    expect(unknown).toMatchObject({ status: 404, body: { code: 'user.not_found' } });
    expect(refused?.body.decision).toBe('refuse');
    expect(await admitted(userId)).toEqual([]);
    expect(answers.map(({ body }) => [body.decision, body.line?.id])).toEqual(
      others.map(({ assignment }) => ['send', assignment.line.id]),
    );
    for (const { user, assignment } of others) {
      const lines = (await admitted(user.id)).map(({ line_id: lineId }) => lineId);
      expect(lines).toEqual([assignment.line.id]);
    }
  });

  it('gives up after a few looks at what never stands still, with nothing held', async () => {
    const { user } = await somebody();
    const before = await held();
    let pinned = false;
    const looks = between(
      async () => {
        pinned = !pinned;
        await ok(service.app.post(`/v1/users/${user.id}/assignment/${pinned ? 'pin' : 'unpin'}`));
      },
      { times: 100 },
    );
    const answer = await ask(user.id);
    expect(answer).toMatchObject({ status: 503, body: { code: 'assignment.busy' } });
    expect(looks()).toBe(4);
    expect(await admitted(user.id)).toEqual([]);
    expect(await held()).toBe(before);
  });
});
