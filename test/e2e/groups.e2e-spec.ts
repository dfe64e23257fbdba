import { expectEventsAsDocumented } from '../support/catalogued';
import { expectBooksToAgree } from '../support/books';
import { createTestDatabase, type TestDatabase } from '../support/database';
import {
  type LineAnswer,
  lineNumbers,
  linesOf,
  onboard,
  personNumber,
  type Problem,
  raiseMatureFleet,
  type SendAnswer,
  sendNoCards,
} from '../support/fleet';
import { Http, ok } from '../support/http';
import { TestService } from '../support/service';
import { TestSimulator } from '../support/simulator';
import { sdkOf } from '../support/webhook-catcher';

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const reason = 'a test';

type GroupAnswer = SendAnswer & { readonly participants?: readonly string[] };
interface Group {
  readonly chatId: string;
  readonly lineId: string;
  readonly state: string;
  readonly aliases: readonly string[];
}

/** Groups at the gate: on their line, and what becomes of them when it is lost. */
describe('A group', () => {
  let database: TestDatabase;
  let simulator: TestSimulator;
  let service: TestService;
  let lines: LineAnswer[];
  let members: string[];
  let chatId: string;

  beforeEach(async () => {
    [database, simulator] = await Promise.all([
      createTestDatabase(),
      TestSimulator.start({ lines: lineNumbers(4), start: '2026-03-02T22:00:00.000Z' }),
    ]);
    service = await TestService.start(database, simulator);
    lines = await raiseMatureFleet(service);
    await sendNoCards(service);
    members = [0, 1, 2].map(personNumber);
    for (const handle of members) await onboard(service, handle);
    const { chat } = await sdkOf(simulator).chats.create({
      from: lineAt(0).phoneNumber,
      to: members,
      message: { parts: [{ type: 'text', value: 'Hello, all' }] },
    });
    chatId = chat.id;
    await simulator.advance(MINUTE);
  });
  afterEach(async () => {
    await expectEventsAsDocumented(database);
    await service.stop();
    await simulator.stop();
    await database.drop();
  });

  const lineAt = (index: number): LineAnswer => lines[index]!;
  const ask = (id = chatId, more: object = {}): Promise<GroupAnswer> =>
    ok(service.app.post<GroupAnswer>('/v1/sends', { chatId: id, ...more }));
  const codeOf = ({ reasons }: SendAnswer): string | undefined => reasons.at(-1)?.code;
  const groups = async (): Promise<Group[]> =>
    (await ok(service.viewer.get<{ data: Group[] }>('/v1/admin/groups'))).data;
  const writes = (id: string, from = members[0], text = 'Hi'): Promise<unknown> =>
    ok(simulator.control.post(`/chats/${id}/inbound`, { from, text }));
  const flag = async (line: LineAnswer, status = 'FLAGGED'): Promise<void> => {
    await ok(simulator.control.post(`/lines/${line.phoneNumber}/status`, { status }));
    await simulator.advance(MINUTE);
  };
  const told = async (type: string): Promise<Record<string, unknown>[]> =>
    (
      await database.query<{ data: Record<string, unknown> }>(
        'SELECT data FROM outbox_events WHERE type = $1 ORDER BY seq',
        [type],
      )
    ).map(({ data }) => data);
  const recreate = async (): Promise<void> => {
    const { policy } = await ok(
      service.admin.get<{ policy: { failover: object } }>('/v1/admin/policy'),
    );
    const changed = { ...policy, failover: { ...policy.failover, groups: 'recreate' } };
    await ok(service.admin.put('/v1/admin/policy', { policy: changed, reason }));
  };
  const used = async (id: string): Promise<number> =>
    (await linesOf(service)).find((line) => line.id === id)?.usedLast24h ?? -1;
  /** What the app does with an answer that says send. */
  const carryOut = async (answer: GroupAnswer): Promise<string> => {
    const message = {
      parts: [{ type: 'text' as const, value: 'Noted' }],
      idempotency_key: answer.idempotencyKey ?? '',
    };
    const linq = sdkOf(simulator);
    if (answer.chatId !== undefined) {
      await linq.chats.messages.send(answer.chatId, { message });
      return answer.chatId;
    }
    const from = answer.line?.phoneNumber ?? '';
    return (await linq.chats.create({ from, to: [...(answer.participants ?? [])], message })).chat
      .id;
  };

  it('is answered on its line, counted once, and silenced by no stop and no night of a member', async () => {
    const [line] = [lineAt(0)];
    const before = await used(line.id);
    expect(await ask()).toMatchObject({ decision: 'send', class: 'proactive', chatId });
    expect(await ask(chatId, { class: 'transactional' })).toMatchObject({ class: 'transactional' });
    await writes(chatId, members[1], 'STOP');
    await simulator.advance(MINUTE);
    const { user } = await onboard(service, members[0]!);
    await ok(service.app.post(`/v1/users/${user.id}/opt-out`, { reason }));
    const answer = await ask(chatId, { class: 'reply', messages: 2 });
    expect(answer).toMatchObject({
      decision: 'send',
      class: 'reply',
      chatId,
      line: { id: line.id },
      newConversation: false,
    });
    for (const i of [1, 2])
      await carryOut({ ...answer, idempotencyKey: `${answer.idempotencyKey}-${i}` });
    await simulator.advance(MINUTE);
    const [send] = await database.query('SELECT state, settled_messages FROM sends WHERE id = $1', [
      answer.reservationId,
    ]);
    expect(send).toEqual({ state: 'settled', settled_messages: 2 });
    expect(await used(line.id)).toBe(before + 3);
    // It is night, and these are four turns of ours in a row.
    for (let i = 0; i < 4; i += 1) await carryOut(await ask(chatId, { class: 'proactive' }));
    await simulator.advance(MINUTE);
    expect(await ask()).toMatchObject({ decision: 'send', class: 'reply' });
    await expectBooksToAgree(service, simulator);
  });

  it('is told from a person and from what is not the caller’s, and followed into another thread of the provider’s', async () => {
    const problem = async (body: object, app: Http = service.app): Promise<string> => {
      const answer = await app.post<Problem>('/v1/sends', body);
      return `${answer.status} ${answer.body.code}`;
    };
    const own = await simulator.text(members[0]!, lineAt(1).phoneNumber, 'Hi');
    await simulator.advance(MINUTE);
    expect(await problem({ chatId: own.chatId })).toBe('422 chat.not_group');
    expect(await problem({ chatId: 'no-such-thread' })).toBe('404 chat.not_found');
    expect(await problem({ chatId, handle: members[0] })).toBe('422 request.invalid');
    expect(await problem({})).toBe('422 request.invalid');
    const [pool] = await database.query<{ id: string }>(
      `INSERT INTO pools (id, slug, name, time_zone, card_profile, card_revised_at, created_at)
       VALUES (gen_random_uuid(), 'other', 'Other', 'UTC', '{"name":"Other"}', now(), now()) RETURNING id`,
    );
    const body = { name: 'other', role: 'app', poolIds: [pool?.id], reason };
    const { key } = await ok(service.admin.post<{ key: string }>('/v1/admin/keys', body));
    expect(await problem({ chatId }, new Http(service.url, key))).toBe('404 chat.not_found');

    const answer = await ask();
    // The message lands where the provider put it: members changed meanwhile.
    const { chat } = await sdkOf(simulator).chats.create({
      from: lineAt(0).phoneNumber,
      to: [...members, personNumber(9)],
      message: {
        parts: [{ type: 'text', value: 'Hello, four' }],
        idempotency_key: answer.idempotencyKey ?? '',
      },
    });
    await simulator.advance(MINUTE);
    expect(await told('group.chat-changed')).toMatchObject([
      { lineId: lineAt(0).id, chatId: chat.id, previousChatId: chatId },
    ]);
    expect(await ask()).toMatchObject({ chatId: chat.id, line: { id: lineAt(0).id } });
    expect(await groups()).toMatchObject([{ chatId: chat.id, aliases: [chatId] }]);
  });

  it('waits for its lost line, is told until when, and is answered again once that is back', async () => {
    await writes(chatId);
    await flag(lineAt(0));
    const [line] = await database.query<{ at: Date }>(
      'SELECT ejected_at AS at FROM lines WHERE id = $1',
      [lineAt(0).id],
    );
    const held = await ask();
    expect(held).toMatchObject({
      decision: 'defer',
      retryAt: new Date((line?.at.getTime() ?? 0) + 4 * HOUR * 1_000).toISOString(),
    });
    expect(codeOf(held)).toBe('group-held');
    await flag(lineAt(0), 'ACTIVE');
    await ok(service.admin.post(`/v1/admin/lines/${lineAt(0).id}/mark-recovered`, { reason }));
    expect(await ask()).toMatchObject({ decision: 'send', chatId });
  });

  it('is made anew on the line that most of it know, once, however many ask, and goes by both ids', async () => {
    await recreate();
    const known = lineAt(2);
    for (const handle of members.slice(0, 2)) await simulator.text(handle, known.phoneNumber, 'Hi');
    await writes(chatId);
    await flag(lineAt(0));
    const answers = await Promise.all(Array.from({ length: 8 }, () => ask()));
    const sends = answers.filter(({ decision }) => decision === 'send');
    expect(sends).toHaveLength(1);
    const [answer] = sends as [GroupAnswer];
    expect(answer).toMatchObject({
      class: 'reply',
      line: { id: known.id },
      newConversation: true,
      firstText: 'prefix',
    });
    expect(answer.chatId).toBeUndefined();
    expect([...(answer.participants ?? [])].sort()).toEqual([...members].sort());
    for (const other of answers.filter((each) => each !== answer)) {
      expect([other.decision, codeOf(other)]).toEqual(['defer', 'group-recreating']);
      expect(other.retryAt).toBe((answer as { expiresAt?: string }).expiresAt);
    }
    const next = await carryOut(answer);
    expect(next).not.toBe(chatId);
    await simulator.advance(MINUTE);
    expect(await told('group.recreated')).toMatchObject([
      { lineId: known.id, fromLineId: lineAt(0).id, chatId: next, previousChatId: chatId },
    ]);
    for (const id of [chatId, next]) {
      expect(await ask(id)).toMatchObject({
        decision: 'send',
        class: 'reply',
        line: { id: known.id },
        chatId: next,
      });
    }
    expect(await groups()).toMatchObject([
      { chatId: next, lineId: known.id, state: 'pinned', aliases: [chatId] },
    ]);
    const [begun] = await database.query<{ n: number }>(
      'SELECT sum(started)::int AS n FROM line_hours WHERE line_id = $1',
      [known.id],
    );
    expect(begun?.n).toBe(1);
    await flag(lineAt(0), 'ACTIVE');
    await simulator.advance(25 * HOUR, 5 * HOUR);
    // Whoever still writes in the old thread is counted, and answered in the new one.
    expect(await ask()).toMatchObject({ class: 'proactive' });
    await writes(chatId, members[2]);
    await simulator.advance(MINUTE);
    expect(await ask()).toMatchObject({ class: 'reply', chatId: next });
    await expectBooksToAgree(service, simulator);
    // And back: a line that was lost has its thread still, so the group goes on in that one.
    for (const each of [lineAt(1), lineAt(3)])
      await ok(service.admin.post(`/v1/admin/lines/${each.id}/cordon`, { reason }));
    await flag(known);
    // The hold of a moment ago may have been used.
    expect(codeOf(await ask(next))).toBe('unsettled');
    await simulator.advance(36 * MINUTE, 12 * MINUTE);
    const back = await ask(next);
    expect(back).toMatchObject({ decision: 'send', line: { id: lineAt(0).id } });
    expect(await carryOut(back)).toBe(chatId);
    await simulator.advance(MINUTE);
    expect(await ask(next)).toMatchObject({ decision: 'send', chatId, newConversation: false });
    expect(await groups()).toMatchObject([{ chatId, aliases: [next] }]);
  });

  it('is made anew again when nothing came of the first time, and at once when the app tells its thread', async () => {
    await recreate();
    await flag(lineAt(0));
    const first = await ask();
    expect(first).toMatchObject({ decision: 'send', newConversation: true });
    expect(codeOf(await ask())).toBe('group-recreating');
    await ok(service.app.post(`/v1/sends/${first.reservationId}/release`));
    const second = await ask();
    expect(second).toMatchObject({ decision: 'send', newConversation: true });
    await simulator.advance(36 * MINUTE, 6 * MINUTE);
    const third = await ask();
    expect(third).toMatchObject({ decision: 'send', newConversation: true });
    const message = {
      parts: [{ type: 'text' as const, value: 'Noted' }],
      idempotency_key: third.idempotencyKey ?? '',
    };
    const from = third.line?.phoneNumber ?? '';
    const { chat } = await sdkOf(simulator).chats.create({ from, to: members, message });
    const settled = { outcome: 'accepted', messageId: chat.message.id, chatId: chat.id };
    await ok(service.app.post(`/v1/sends/${third.reservationId}/settle`, settled));
    expect(await ask()).toMatchObject({ decision: 'send', chatId: chat.id });
    await simulator.advance(MINUTE);
    expect(await told('group.recreated')).toHaveLength(1);
    await expectBooksToAgree(service, simulator);
  });
});
