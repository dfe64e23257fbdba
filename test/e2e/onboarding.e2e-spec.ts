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
import { Http, ok } from '../support/http';
import { TestService } from '../support/service';
import { TestSimulator } from '../support/simulator';

const HOUR = 3_600;

interface Explained {
  readonly decision: { readonly candidates: readonly { lineId: string; score: number }[] };
}

describe('Onboarding', () => {
  let database: TestDatabase;
  let simulator: TestSimulator;
  let service: TestService;

  beforeAll(async () => {
    [database, simulator] = await Promise.all([
      createTestDatabase(),
      TestSimulator.start({ lines: lineNumbers(5), start: '2026-03-02T10:00:00.000Z' }),
    ]);
    service = await TestService.start(database, simulator);
    await raiseMatureFleet(service);
  });

  afterAll(async () => {
    await service.stop();
    await simulator.stop();
    await database.drop();
  });

  const userBy = async (
    handle: string,
  ): Promise<{ id: string; optedOut: boolean; discovered: boolean } | undefined> =>
    (
      await ok(
        service.app.get<{ data: { id: string; optedOut: boolean; discovered: boolean }[] }>(
          `/v1/users?handle=${encodeURIComponent(handle)}`,
        ),
      )
    ).data[0];

  const assignmentOf = async (userId: string): Promise<Onboarded['assignment']> =>
    (await ok(service.app.get<Onboarded>(`/v1/users/${userId}/assignment`))).assignment;

  it('gives a primary and three other lines as fallbacks, and explains the choice', async () => {
    const { user, assignment } = await onboard(service, personNumber(1));
    const ids = [assignment.line, ...assignment.fallbacks].map(({ id }) => id);
    expect(new Set(ids).size).toBe(4);
    const explained = await ok(
      service.app.get<Explained & Record<string, unknown>>(
        `/v1/users/${user.id}/assignment/explain`,
      ),
    );
    expect(JSON.stringify(explained)).toContain(assignment.line.id);
    expect(JSON.stringify(explained)).toContain('"score"');
  });

  it('answers the same handle, however it is written, with the same assignment', async () => {
    const first = await onboard(service, '+14155550177');
    const again = await service.app.post<Onboarded>('/v1/users', {
      handle: '+1 (415) 555-0177',
      startedBy: 'outbound',
    });
    expect(again.status).toBe(200);
    expect(again.body.assignment.id).toBe(first.assignment.id);
  });

  it('answers a repeated idempotency key with the first answer, and refuses it for another body', async () => {
    const call = { headers: { 'idempotency-key': 'once-only' } };
    const body = { handle: personNumber(2), startedBy: 'inbound' };
    const first = await service.app.post<Onboarded>('/v1/users', body, call);
    const again = await service.app.post<Onboarded>('/v1/users', body, call);
    expect(again).toMatchObject({ status: first.status, body: first.body });
    const other = await service.app.post<Problem>(
      '/v1/users',
      { ...body, handle: personNumber(3) },
      call,
    );
    expect(other.status).toBe(422);
    expect(await userBy(personNumber(3))).toBeUndefined();
  });

  it('gives an expired reservation back, and keeps one on which a message was seen', async () => {
    const silent = await onboard(service, personNumber(4));
    const talker = await onboard(service, personNumber(5));
    await simulator.text(personNumber(5), talker.assignment.line.phoneNumber, 'Hi');
    const users = (lines: readonly LineAnswer[]): number =>
      lines.reduce((sum, line) => sum + line.users, 0);
    await simulator.advance(60);
    const before = users(await linesOf(service));
    await simulator.advance(25 * HOUR, 5 * HOUR);
    expect((await assignmentOf(talker.user.id)).state).toBe('confirmed');
    expect((await assignmentOf(silent.user.id)).state).toBe('released');
    expect(users(await linesOf(service))).toBeLessThan(before);
  });

  it('lets a reservation without a handle be claimed by its code, once', async () => {
    const reserved = await ok(service.app.post<Onboarded>('/v1/users', { startedBy: 'inbound' }));
    expect(reserved.code?.length).toBeGreaterThanOrEqual(8);
    expect(reserved.deepLinks.sms).toContain(reserved.code);
    const { phoneNumber } = reserved.assignment.line;
    await simulator.text(personNumber(6), phoneNumber, `Hello ${reserved.code ?? ''}`);
    await simulator.advance(60);
    expect((await userBy(personNumber(6)))?.id).toBe(reserved.user.id);
    await simulator.text(personNumber(7), phoneNumber, `Hello ${reserved.code ?? ''}`);
    await simulator.advance(60);
    expect(await userBy(personNumber(7))).toMatchObject({ discovered: true });
    expect((await userBy(personNumber(7)))?.id).not.toBe(reserved.user.id);
  });

  it('answers a reservation that is asked for again with the same place and the same code', async () => {
    const body = { startedBy: 'inbound', externalId: 'user-31' };
    const first = await service.app.post<Onboarded>('/v1/users', body);
    const again = await service.app.post<Onboarded>('/v1/users', body);
    expect([first.status, again.status]).toEqual([201, 200]);
    expect(again.body.user.id).toBe(first.body.user.id);
    expect(again.body.assignment).toEqual(first.body.assignment);
    expect(again.body.code).toBe(first.body.code);
    const { phoneNumber } = first.body.assignment.line;
    await simulator.text(personNumber(32), phoneNumber, `Hi ${again.body.code}`);
    await simulator.advance(60);
    // A code lets one person in.
    await simulator.text(personNumber(31), phoneNumber, `Hi ${first.body.code}`);
    await simulator.advance(60);
    expect((await userBy(personNumber(32)))?.id).toBe(first.body.user.id);
    expect((await userBy(personNumber(31)))?.id).not.toBe(first.body.user.id);
    // Claimed: the person is known by a handle now, and needs no code.
    const claimed = await service.app.post<Onboarded>('/v1/users', body);
    expect(claimed).toMatchObject({ status: 200, body: { user: { id: first.body.user.id } } });
    expect(claimed.body.code).toBeUndefined();
  });

  it('reserves again for an external id whose reservation expired', async () => {
    const body = { startedBy: 'outbound', externalId: 'user-33' };
    const first = await ok(service.app.post<Onboarded>('/v1/users', body));
    await simulator.advance(3 * HOUR, HOUR);
    expect((await assignmentOf(first.user.id)).state).toBe('released');
    const again = await service.app.post<Onboarded>('/v1/users', body);
    expect(again).toMatchObject({
      status: 201,
      body: { user: { id: first.user.id }, assignment: { state: 'reserved' } },
    });
    const { phoneNumber } = again.body.assignment.line;
    await simulator.text(personNumber(33), phoneNumber, `Hi ${again.body.code}`);
    await simulator.advance(60);
    expect((await userBy(personNumber(33)))?.id).toBe(first.user.id);
  });

  it('takes the handle of a reservation that was made without one', async () => {
    const body = { startedBy: 'inbound', externalId: 'user-34' };
    const reserved = await ok(service.app.post<Onboarded>('/v1/users', body));
    const ownLine = { ...body, handle: lineNumbers(5)[0] };
    expect((await service.app.post<Problem>('/v1/users', ownLine)).body.code).toBe(
      'handle.own_line',
    );
    const told = await service.app.post<Onboarded>('/v1/users', {
      ...body,
      handle: personNumber(34),
    });
    expect(told.status).toBe(200);
    expect(told.body.assignment).toEqual(reserved.assignment);
    expect(told.body.code).toBeUndefined();
    expect((await userBy(personNumber(34)))?.id).toBe(reserved.user.id);
    const other = { ...body, handle: personNumber(35) };
    expect((await service.app.post<Problem>('/v1/users', other)).body.code).toBe(
      'external_id.taken',
    );
  });

  it('binds a stranger to the line they texted', async () => {
    const texted = lineNumbers(5)[3] ?? '';
    await simulator.text(personNumber(8), texted, 'Who is this?');
    await simulator.advance(60);
    const stranger = await userBy(personNumber(8));
    expect(stranger).toMatchObject({ discovered: true });
    const assignment = await assignmentOf(stranger?.id ?? '');
    expect(assignment.line.phoneNumber).toBe(texted);
    expect(['confirmed', 'overflow']).toContain(assignment.state);
  });

  it('keeps what the app says of a person who wrote before it knew them', async () => {
    const handle = personNumber(11);
    await simulator.text(handle, lineNumbers(5)[2] ?? '', 'Hello?');
    await simulator.advance(60);
    const met = await userBy(handle);
    const said = {
      externalId: 'user-11',
      timeZone: 'Asia/Tokyo',
      labels: ['vip'],
      consent: { source: 'form', at: '2026-03-01T00:00:00Z' },
    };
    const told = await service.app.post<{ user: object } & Onboarded>('/v1/users', {
      handle,
      startedBy: 'inbound',
      ...said,
    });
    const { consent, ...shown } = said;
    expect(told).toMatchObject({ status: 200, body: { user: { id: met?.id, ...shown } } });
    const [row] = await database.query<{ consent: object }>(
      'SELECT consent FROM users WHERE id = $1',
      [met?.id],
    );
    expect(row?.consent).toEqual(consent);
    expect(await ok(service.app.get('/v1/users?externalId=user-11'))).toMatchObject({
      data: [{ id: met?.id, timeZone: 'Asia/Tokyo', discovered: true }],
    });
    // Ten in the morning in UTC is seven in the evening in Tokyo; three hours later it is night there.
    await simulator.advance(3 * HOUR, HOUR);
    const cold = await ok(
      service.app.post<SendAnswer>('/v1/sends', { handle, class: 'proactive' }),
    );
    expect(cold.reasons.at(-1)?.code).toBe('quiet-hours');
    // What was said stays, and is not a way to edit.
    const again = await ok(
      service.app.post('/v1/users', { handle, startedBy: 'inbound', timeZone: 'Europe/Paris' }),
    );
    expect(again).toMatchObject({ user: shown });
  });

  it('refuses an external id and a handle that are of two people, and changes neither', async () => {
    await onboard(service, personNumber(12), { externalId: 'user-12' });
    await onboard(service, personNumber(13));
    const before = await userBy(personNumber(13));
    const conflicts: [object, string][] = [
      [
        { handle: personNumber(13), externalId: 'user-12', timeZone: 'Asia/Tokyo' },
        'external_id.taken',
      ],
      [{ handle: personNumber(12), externalId: 'user-13' }, 'handle.taken'],
      [{ handle: personNumber(14), externalId: 'user-12' }, 'external_id.taken'],
    ];
    for (const [body, code] of conflicts) {
      const answer = await service.app.post<Problem>('/v1/users', {
        startedBy: 'inbound',
        ...body,
      });
      expect({ status: answer.status, code: answer.body.code }).toEqual({ status: 409, code });
    }
    expect(await userBy(personNumber(13))).toEqual(before);
    expect(await userBy(personNumber(14))).toBeUndefined();
  });

  it.each([
    ['STOP', 'a word'],
    ['Please stop texting me', 'a phrase'],
    ['ARRET', 'another language'],
  ])('takes "%s" for an opt-out (%s) and silences the person on every line', async (words) => {
    const handle = personNumber(20 + words.length);
    const { user, assignment } = await onboard(service, handle);
    await simulator.text(handle, assignment.line.phoneNumber, words);
    await simulator.advance(60);
    expect((await userBy(handle))?.optedOut).toBe(true);
    for (const kind of ['reply', 'transactional', 'proactive']) {
      const gate = await ok(service.app.post('/v1/sends', { userId: user.id, class: kind }));
      expect(gate).toMatchObject({ decision: 'refuse' });
    }
    await simulator.text(handle, assignment.fallbacks[0]?.phoneNumber ?? '', 'START');
    await simulator.advance(60);
    expect((await userBy(handle))?.optedOut).toBe(false);
  });

  it('serves the card to the app and, by its link, to the person', async () => {
    const { user, assignment, contactCard } = await onboard(service, personNumber(9));
    const card = await service.app.get<string>(`/v1/users/${user.id}/contact-card.vcf`);
    expect(card.headers.get('content-type')).toContain('text/vcard');
    const numbers = [assignment.line, ...assignment.fallbacks].map((line) => line.phoneNumber);
    expect(numbers.map((number) => card.body.indexOf(number))).toEqual(
      [...numbers.map((number) => card.body.indexOf(number))].sort((a, b) => a - b),
    );
    for (const number of numbers) expect(card.body).toContain(number);
    const path = new URL(contactCard.url).pathname;
    const stranger = new Http(service.url);
    expect(await stranger.get(path)).toMatchObject({ status: 200, body: card.body });
    expect((await stranger.get(path.replace(/.\.vcf$/, 'x.vcf'))).status).toBe(404);
  });

  it('erases a person, and forgets neither their opt-out nor what was counted', async () => {
    const handle = personNumber(10);
    const { user, assignment } = await onboard(service, handle);
    await simulator.text(handle, assignment.line.phoneNumber, 'STOP');
    await simulator.advance(60);
    expect((await service.admin.delete(`/v1/users/${user.id}`)).status).toBe(204);
    expect(await userBy(handle)).toBeUndefined();
    const kept = JSON.stringify([
      await database.query('SELECT * FROM handles'),
      await database.query('SELECT * FROM erased_opt_outs'),
    ]);
    expect(kept).not.toContain(handle.slice(-10));
    await simulator.text(handle, assignment.line.phoneNumber, 'Hello again');
    await simulator.advance(60);
    expect((await userBy(handle))?.optedOut).toBe(true);
  });
});
