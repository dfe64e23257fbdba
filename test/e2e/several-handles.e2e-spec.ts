import { expectEventsAsDocumented } from '../support/catalogued';
import { createTestDatabase, type TestDatabase } from '../support/database';
import {
  lineNumbers,
  onboard,
  type Onboarded,
  personNumber,
  type Problem,
  raiseMatureFleet,
  type SendAnswer,
} from '../support/fleet';
import { Http, ok } from '../support/http';
import { expectAliasesToBeBare, expectSumsToAgree } from '../support/recount';
import { TestService } from '../support/service';
import { TestSimulator } from '../support/simulator';

const MINUTE = 60;

interface User {
  readonly id: string;
  readonly externalId: string | null;
  readonly handles: readonly { readonly value: string }[];
  readonly labels: readonly string[];
  readonly optedOut: boolean;
  readonly aliases: readonly string[];
  readonly assignments: readonly { readonly lineId: string; readonly state: string }[];
}

interface Merged {
  readonly user: User;
  readonly outcome: string;
  readonly mergedUserId?: string;
  readonly places: readonly { keptLineId: string | null; givenBackLineId: string | null }[];
}

/** One person who writes from two handles is one user: one line, one conversation, one wish to be left alone. */
describe('Several handles of one person', () => {
  let database: TestDatabase;
  let simulator: TestSimulator;
  let service: TestService;
  let next = 0;

  beforeAll(async () => {
    [database, simulator] = await Promise.all([
      createTestDatabase(),
      TestSimulator.start({ lines: lineNumbers(5), start: '2026-03-02T10:00:00.000Z' }),
    ]);
    service = await TestService.start(database, simulator);
    await raiseMatureFleet(service);
  });

  afterEach(async () => {
    await expectSumsToAgree(database);
    await expectAliasesToBeBare(database);
  });

  afterAll(async () => {
    await expectEventsAsDocumented(database);
    await service.stop();
    await simulator.stop();
    await database.drop();
  });

  interface Joined extends Onboarded {
    readonly handle: string;
  }

  async function join(more: Record<string, unknown> = {}): Promise<Joined> {
    next += 1;
    const handle = personNumber(next);
    return { ...(await onboard(service, handle, more)), handle };
  }

  async function write(who: Joined, text = 'Hello', to = who.assignment.line.phoneNumber) {
    const sent = await simulator.text(who.handle, to, text);
    await simulator.advance(1);
    return sent;
  }

  const merge = (into: string, other: object, more: object = {}) =>
    service.app.post<Merged & Problem>(`/v1/users/${into}/merge`, {
      reason: 'signed in with both',
      ...other,
      ...more,
    });
  const userOf = (id: string): Promise<User> => ok(service.app.get<User>(`/v1/users/${id}`));
  const send = (who: object): Promise<SendAnswer> =>
    ok(service.app.post<SendAnswer>('/v1/sends', { ...who, class: 'proactive' }));

  it('merges by call: handles, capacity and threads follow, and the old id stays an alias', async () => {
    const [a, b] = [
      await join({ labels: ['gold'] }),
      await join({ labels: ['early'], externalId: 'crm-7' }),
    ];
    await write(a);
    await simulator.advance(10 * MINUTE);
    const { chatId } = await write(b);
    const before = await database.query('SELECT id, epoch FROM assignments ORDER BY id');

    const trial = await ok(merge(a.user.id, { userId: b.user.id }, { dryRun: true }));
    expect(trial).toMatchObject({ outcome: 'merged', mergedUserId: b.user.id });
    expect(await database.query('SELECT id, epoch FROM assignments ORDER BY id')).toEqual(before);
    expect((await userOf(b.user.id)).id).toBe(b.user.id);

    const merged = await ok(merge(a.user.id, { userId: b.user.id }));
    expect(merged.places).toEqual(trial.places);
    expect(merged.places).toEqual([
      {
        pool: expect.any(String) as string,
        keptLineId: a.assignment.line.id,
        givenBackLineId: b.assignment.line.id,
      },
    ]);
    for (const id of [a.user.id, b.user.id]) {
      const user = await userOf(id);
      expect(user).toMatchObject({ id: a.user.id, externalId: 'crm-7', aliases: [b.user.id] });
      expect(user.handles.map(({ value }) => value).sort()).toEqual([a.handle, b.handle].sort());
      expect([...user.labels].sort()).toEqual(['early', 'gold']);
      expect(user.assignments).toHaveLength(1);
    }
    // The person wrote last from the other handle, in its thread: that is where they are answered.
    for (const who of [{ userId: b.user.id }, { handle: a.handle }, { handle: b.handle }]) {
      const answer = await ok(service.app.post<SendAnswer>('/v1/sends', who));
      expect(answer).toMatchObject({ decision: 'send', class: 'reply', chatId });
    }
    const again = await ok(merge(a.user.id, { userId: b.user.id }));
    expect(again).toMatchObject({ outcome: 'unchanged', places: [] });
    const [told] = await database.query<{ n: number }>(
      `SELECT count(*)::int AS n FROM outbox_events
       WHERE type = 'user.merged' AND data->>'mergedUserId' = $1`,
      [b.user.id],
    );
    expect(told?.n).toBe(1);
    const [noted] = await database.query(
      `SELECT reason, actor FROM audit WHERE action = 'user.merge' AND subject_id = $1`,
      [a.user.id],
    );
    expect(noted).toMatchObject({
      reason: 'signed in with both',
      actor: expect.stringMatching(/^app:/) as string,
    });
    // The same person again, by either handle and either external id.
    expect((await onboard(service, b.handle, { externalId: 'crm-7' })).user.id).toBe(a.user.id);
  });

  it('keeps both external ids finding the person', async () => {
    const [a, b] = [await join({ externalId: 'shop-1' }), await join({ externalId: 'shop-2' })];
    await ok(merge(a.user.id, { userId: b.user.id }));
    for (const externalId of ['shop-1', 'shop-2']) {
      const found = await ok(
        service.app.get<{ data: User[] }>(`/v1/users?externalId=${externalId}`),
      );
      expect(found.data.map(({ id }) => id)).toEqual([a.user.id]);
      expect((await onboard(service, b.handle, { externalId })).user.id).toBe(a.user.id);
    }
  });

  it('sends nothing to one handle after a stop from the other', async () => {
    const [a, b] = [await join(), await join()];
    await write(a);
    await write(b);
    await simulator.advance(10 * MINUTE);
    expect((await send({ handle: a.handle })).decision).toBe('send');
    await ok(merge(a.user.id, { handle: b.handle }));
    await write(b, 'STOP');
    for (const who of [{ handle: a.handle }, { handle: b.handle }, { userId: b.user.id }]) {
      const answer = await send(who);
      expect(answer.decision).toBe('refuse');
      expect(answer.reasons.map(({ code }) => code)).toContain('suppressed');
    }
    expect((await userOf(a.user.id)).optedOut).toBe(true);
    // And the app takes it back by either id.
    await ok(service.app.post(`/v1/users/${b.user.id}/opt-in`, {}));
    expect((await userOf(a.user.id)).optedOut).toBe(false);
  });

  it.each(['target', 'source'])('is suppressed when the %s was', async (stopped) => {
    const [a, b] = [await join(), await join()];
    await write(a);
    await write(b);
    await write(stopped === 'target' ? a : b, 'please stop texting me');
    // A later ordinary message of the other one is no reason to write to them.
    await simulator.advance(MINUTE);
    await write(stopped === 'target' ? b : a, 'ok');
    const merged = await ok(merge(a.user.id, { userId: b.user.id }));
    expect(merged.user.optedOut).toBe(true);
    for (const handle of [a.handle, b.handle])
      expect((await send({ handle })).decision).toBe('refuse');
  });

  it('keeps the place where person and line have met, and moves the id over to it', async () => {
    const [reserved, met] = [await join(), await join()];
    await write(met);
    const merged = await ok(merge(reserved.user.id, { userId: met.user.id }));
    expect(merged.places[0]).toMatchObject({ keptLineId: met.assignment.line.id });
    const placed = await ok(service.app.get<Onboarded>(`/v1/users/${reserved.user.id}/assignment`));
    expect(placed.assignment).toMatchObject({ state: 'confirmed', id: reserved.assignment.id });
    expect(placed.assignment.line.id).toBe(met.assignment.line.id);
    expect(placed.assignment.epoch).toBeGreaterThan(reserved.assignment.epoch);
  });

  it('merges by code: whoever writes it from a handle of another user is that user too', async () => {
    const known = await join();
    const { chatId } = await write(known);
    const reserved = await ok(
      service.app.post<Onboarded>('/v1/users', { startedBy: 'inbound', externalId: 'web-9' }),
    );
    const text = `Hi! (${reserved.code ?? ''})`;
    await write(known, text, reserved.assignment.line.phoneNumber);
    const user = await userOf(known.user.id);
    expect(user).toMatchObject({ id: reserved.user.id, externalId: 'web-9' });
    expect(user.handles.map(({ value }) => value)).toEqual([known.handle]);
    // The place where they had met stays; they are answered where they wrote last.
    expect(user.assignments).toEqual([
      expect.objectContaining({ lineId: known.assignment.line.id, state: 'confirmed' }),
    ]);
    const answer = await ok(service.app.post<SendAnswer>('/v1/sends', { handle: known.handle }));
    expect(answer).toMatchObject({ decision: 'send', class: 'reply' });
    expect(answer.line?.id).toBe(reserved.assignment.line.id);
    expect(answer.chatId === chatId).toBe(known.assignment.line.id === reserved.assignment.line.id);
    const messages = await database.query<{ n: number }>(
      'SELECT count(*)::int AS n FROM messages WHERE user_id = $1',
      [reserved.user.id],
    );
    expect(messages[0]?.n).toBe(2);
  });

  it('takes a second, new handle by code, and one by call, and honours a stop from it', async () => {
    const reserved = await ok(service.app.post<Onboarded>('/v1/users', { startedBy: 'inbound' }));
    const known = await join();
    await write(known);
    // The code's user has become another one since: the code still finds them.
    await ok(merge(known.user.id, { userId: reserved.user.id }));
    next += 1;
    const second = { ...reserved, handle: personNumber(next) };
    await write(second, `Hi! (${reserved.code ?? ''})`);
    const added = await ok(merge(known.user.id, { handle: 'ada@example.com' }));
    expect(added.outcome).toBe('handle-added');
    const user = await userOf(known.user.id);
    expect(user.handles.map(({ value }) => value)).toEqual([
      known.handle,
      second.handle,
      'ada@example.com',
    ]);
    await write(second, 'STOP');
    expect((await send({ handle: known.handle })).decision).toBe('refuse');
  });

  it('looks at no more codes of a sender who has guessed ten times', async () => {
    const [reserved, guesser, honest] = [
      await ok(service.app.post<Onboarded>('/v1/users', { startedBy: 'inbound' })),
      await join(),
      await join(),
    ];
    for (let i = 0; i < 10; i += 1) await write(guesser, `AAAA-AAA${'BCDEFGHJKL'.charAt(i)}`);
    await write(guesser, reserved.code ?? '');
    expect((await userOf(guesser.user.id)).id).toBe(guesser.user.id);
    await write(honest, reserved.code ?? '');
    expect((await userOf(honest.user.id)).id).toBe(reserved.user.id);
  });

  it('does what a failover does for one person, not for two', async () => {
    const [a, b] = [await join(), await join()];
    for (const person of [a, b]) {
      await write(person);
      await ok(
        service.app.post(`/v1/users/${person.user.id}/contact-card/sent`, {
          version: person.contactCard.version,
          channel: 'chat',
        }),
      );
    }
    const flag = (lineId: string) =>
      ok(service.admin.post(`/v1/admin/lines/${lineId}/mark-flagged`, { reason: 'a test' }));
    await flag(a.assignment.line.id);
    await simulator.advance(MINUTE);
    await ok(service.admin.post('/v1/admin/jobs/run-failovers/run', {}));
    const moved = (await userOf(a.user.id)).assignments[0]?.lineId;
    expect(moved).not.toBe(a.assignment.line.id);
    await ok(merge(b.user.id, { userId: a.user.id }));
    // The slot on the line that was given back is free again.
    const slots = await database.query<{ contact_slot_at: Date | null; to_line_id: string }>(
      `SELECT contact_slot_at, to_line_id FROM failover_moves WHERE user_id = $1`,
      [b.user.id],
    );
    expect(slots).toHaveLength(1);
    const stays = (await userOf(b.user.id)).assignments[0]?.lineId;
    for (const slot of slots) {
      if (slot.to_line_id !== stays) expect(slot.contact_slot_at).toBeNull();
    }
    await flag(stays ?? '');
    await ok(service.admin.post('/v1/admin/jobs/run-failovers/run', {}));
    const user = await userOf(a.user.id);
    expect(user.assignments).toHaveLength(1);
    // Numbers of either card serve: the person holds both.
    expect(user.assignments[0]?.state).toBe('confirmed');
    expect(user.assignments[0]?.lineId).not.toBe(stays);
  });

  it('erases all of a person through any of their ids', async () => {
    const [a, b] = [await join({ externalId: 'gone-1' }), await join({ externalId: 'gone-2' })];
    await ok(merge(a.user.id, { userId: b.user.id }));
    await ok(service.app.post(`/v1/users/${b.user.id}/opt-out`, {}));
    expect((await service.admin.delete(`/v1/users/${b.user.id}`)).status).toBe(204);
    for (const id of [a.user.id, b.user.id])
      expect((await service.app.get<Problem>(`/v1/users/${id}`)).body.code).toBe('user.erased');
    const left = await database.query(
      `SELECT external_id FROM users WHERE id = ANY($1) AND external_id IS NOT NULL`,
      [[a.user.id, b.user.id]],
    );
    expect(left).toEqual([]);
    expect((await onboard(service, b.handle)).user.id).not.toBe(a.user.id);
    expect((await send({ handle: b.handle })).decision).toBe('refuse');
  });

  it('refuses what cannot be merged, and changes nothing', async () => {
    const [a, b] = [await join(), await join()];
    const nobody = '00000000-0000-7000-8000-000000000000';
    const erased = await join();
    await service.admin.delete(`/v1/users/${erased.user.id}`);
    const before = await database.rowCounts();
    const cases: [string, object, number, string][] = [
      [a.user.id, { userId: a.user.id }, 422, 'user.merge_self'],
      [a.user.id, { userId: nobody }, 404, 'user.not_found'],
      [nobody, { userId: a.user.id }, 404, 'user.not_found'],
      [a.user.id, { userId: erased.user.id }, 410, 'user.erased'],
      [erased.user.id, { userId: a.user.id }, 410, 'user.erased'],
      [a.user.id, { handle: '12' }, 422, 'handle.invalid'],
      [a.user.id, { handle: lineNumbers(1)[0] }, 422, 'handle.own_line'],
      [a.user.id, {}, 422, 'request.invalid'],
      [a.user.id, { userId: b.user.id, handle: b.handle }, 422, 'request.invalid'],
      [a.user.id, { userId: b.user.id, reason: ' ' }, 422, 'request.invalid'],
    ];
    for (const [into, other, status, code] of cases) {
      const answer = await merge(into, other);
      expect({ other, status: answer.status, code: answer.body.code }).toEqual({
        other,
        status,
        code,
      });
    }
    expect(await database.rowCounts()).toEqual(before);
    expect((await userOf(b.user.id)).id).toBe(b.user.id);
  });

  it('lets a key of one pool merge its own people, and nobody with a place elsewhere', async () => {
    const [a, b, c] = [await join(), await join(), await join()];
    const elsewhere = await join();
    const [first] = await database.query<{ id: string; slug: string }>(
      'SELECT id, slug FROM pools',
    );
    const [second] = await database.query<{ id: string }>(
      `INSERT INTO pools SELECT gen_random_uuid(), 'second', 'Second', time_zone, card_profile,
         card_revised_at, created_at + interval '1 second' FROM pools RETURNING id`,
    );
    await database.query(
      `INSERT INTO assignments SELECT (jsonb_populate_record(a, jsonb_build_object(
           'id', gen_random_uuid(), 'pool_id', $1::uuid, 'state', 'released'))).*
         FROM assignments a WHERE user_id = $2`,
      [second?.id, elsewhere.user.id],
    );
    const made = await ok(
      service.admin.post<{ key: string }>('/v1/admin/keys', {
        name: 'one pool',
        role: 'app',
        poolIds: [first?.id],
        reason: 'a test',
      }),
    );
    const scoped = new Http(service.url, made.key);
    const attempt = (into: string, userId: string) =>
      scoped.post<Problem>(`/v1/users/${into}/merge`, { userId, reason: 'a test' });
    for (const [into, userId] of [
      [a.user.id, elsewhere.user.id],
      [elsewhere.user.id, a.user.id],
    ] as const) {
      const answer = await attempt(into, userId);
      expect({ status: answer.status, code: answer.body.code }).toEqual({
        status: 403,
        code: 'user.merge_foreign_pool',
      });
    }
    await database.query('UPDATE assignments SET pool_id = $1 WHERE user_id = $2 AND state <> $3', [
      second?.id,
      b.user.id,
      'released',
    ]);
    expect((await attempt(a.user.id, b.user.id)).body.code).toBe('user.not_found');
    // Of its own people an alias finds the person, for the key of one pool too.
    expect((await attempt(a.user.id, c.user.id)).status).toBe(200);
    const found = await scoped.get<User>(`/v1/users/${c.user.id}`);
    expect({ status: found.status, id: found.body.id }).toEqual({ status: 200, id: a.user.id });
    // A key of all pools joins places of different pools: one in each.
    const merged = await ok(merge(a.user.id, { userId: b.user.id }));
    expect(merged.places).toHaveLength(2);
    expect(merged.places.every(({ givenBackLineId }) => givenBackLineId === null)).toBe(true);
    expect((await userOf(a.user.id)).assignments).toHaveLength(2);
  });
});
