import { UnitOfWork } from '@linekeeper/application';
import sharp from 'sharp';
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
} from '../support/fleet';
import { ok } from '../support/http';
import { TestService } from '../support/service';
import { TestSimulator } from '../support/simulator';
import { readStrictly } from '../support/strict-vcard';
import { sdkOf } from '../support/webhook-catcher';

interface Profile {
  readonly name: string;
  readonly photo: { readonly id: string; readonly octets: number; readonly url: string } | null;
  readonly revisedAt: string;
}
interface LineWithCard extends LineAnswer {
  readonly contactCard: { active: boolean; drift: string[]; problem: string | null };
}

const LINES = lineNumbers(5);
const reason = 'a test';

let database: TestDatabase;
let simulator: TestSimulator;
let service: TestService;
let path: string;
let photo: string;

beforeAll(async () => {
  [database, simulator] = await Promise.all([
    createTestDatabase(),
    TestSimulator.start({ lines: LINES, start: '2026-03-02T10:00:00.000Z' }),
  ]);
  service = await TestService.start(database, simulator, { publicUrl: 'https://lines.example' });
  await raiseMatureFleet(service);
  // The first round of all jobs is over.
  await simulator.advance(1);
  const [pool] = await service.nest.get(UnitOfWork).read.pools.list();
  path = `/v1/admin/pools/${pool?.id ?? ''}/card-profile`;
  const png = sharp({ create: { width: 512, height: 512, channels: 3, background: '#336699' } });
  photo = (await png.png().toBuffer()).toString('base64');
});

afterAll(async () => {
  await service.stop();
  await simulator.stop();
  await database.drop();
});

/** The identity of a pool, from the operator's hands to the card of a person and to every line at Linq. */
describe('Contact cards', () => {
  const check = (): Promise<unknown> =>
    ok(service.admin.post('/v1/admin/jobs/check-line-cards/run', { reason }));
  const cards = async () =>
    (await sdkOf(simulator).contactCard.retrieve({})).contact_cards.map((card) => ({
      number: card.phone_number,
      name: card.first_name,
      image: card.image_url,
    }));
  const drifts = async (): Promise<string[][]> =>
    (await linesOf(service)).map((line) => (line as LineWithCard).contactCard.drift);

  it('shows a profile before it is kept, and keeps nothing of it', async () => {
    const before = await service.admin.get<Profile>(path);
    const preview = await ok(
      service.admin.post<{ vcf: string; octets: number; numbers: string[] }>(`${path}/preview`, {
        name: 'Ada, from\nAcme',
        backupLabel: 'Ada’s line',
        photo: { base64: photo },
      }),
    );
    const card = readStrictly(preview.vcf);
    expect(card.find(({ name }) => name === 'FN')?.parts).toEqual(['Ada, from Acme']);
    expect(card.filter(({ name }) => name === 'TEL').map(({ parts }) => parts[0])).toEqual(
      LINES.slice(0, 4),
    );
    expect(card.find(({ name }) => name === 'PHOTO')).toBeDefined();
    expect(preview.octets).toBe(Buffer.byteLength(preview.vcf));
    expect((await service.admin.get<Profile>(path)).body).toEqual(before.body);
    expect(
      (await ok(service.admin.send<{ vcf: string }>('POST', `${path}/preview`, undefined))).vcf,
    ).toContain('FN:');
  });

  it('puts the profile on every card and on every line, once, and shows the photo to whoever has its name', async () => {
    const first = await onboard(service, personNumber(1));
    const changed = await ok(
      service.admin.put<Profile>(path, { name: 'Ada from Acme', photo: { base64: photo } }),
    );
    expect(changed).toMatchObject({ name: 'Ada from Acme', photo: { side: 400 } });

    const address = new URL(changed.photo?.url ?? '');
    expect(address.origin).toBe('https://lines.example');
    const shown = await fetch(new URL(address.pathname, service.url));
    expect(shown.headers.get('content-type')).toContain('image/jpeg');
    const jpeg = Buffer.from(await shown.arrayBuffer());
    expect(jpeg).toHaveLength(changed.photo?.octets ?? 0);
    expect(await sharp(jpeg).metadata()).toMatchObject({ format: 'jpeg', width: 400, height: 400 });

    // The person's card is another now; the one that went out by a link stays what it was.
    const again = await onboard(service, personNumber(1));
    expect(again.contactCard.version).not.toBe(first.contactCard.version);
    const link = new URL(again.contactCard.url).pathname;
    const vcf = await (await fetch(new URL(link, service.url))).text();
    const onCard = readStrictly(vcf).find(({ name }) => name === 'PHOTO')?.parts[0] ?? '';
    expect(Buffer.from(onCard, 'base64')).toEqual(jpeg);

    await check();
    expect(await cards()).toEqual(
      LINES.map((number) => ({ number, name: 'Ada from Acme', image: address.href })),
    );
    expect(await drifts()).toEqual([[], [], [], [], []]);

    // The same once more is no change: the revision stays, and with it every card.
    const kept = { name: 'Ada from Acme', photo: { id: changed.photo?.id ?? '' } };
    await simulator.advance(60);
    expect(await ok(service.admin.put<Profile>(path, kept))).toEqual(changed);
  });

  it('notices a card that was changed elsewhere, and only tells while sharing observes', async () => {
    const share = (mode: string) =>
      ok(service.admin.put('/v1/admin/actuators', { actuators: { share: mode }, reason }));
    const [line = ''] = LINES;
    await share('observe');
    await sdkOf(simulator).contactCard.update({ phone_number: line, first_name: 'Mallory' });
    await check();
    // It was right an hour ago, so it is asked after only when it is due.
    expect((await drifts()).flat()).toEqual([]);
    await database.query(`UPDATE line_identities SET seen_at = seen_at - interval '7 hours'`);
    await check();
    expect((await drifts()).flat()).toEqual(['name']);
    expect((await cards())[0]?.name).toBe('Mallory');
    await share('auto');
    await check();
    expect((await drifts()).flat()).toEqual([]);
    expect((await cards())[0]?.name).toBe('Ada from Acme');
  });

  it('says why a card could not be set', async () => {
    await ok(
      simulator.control.post('/faults', {
        ...{ kind: 'error', path: '/v3/contact_card', method: 'PATCH', status: 500, code: 2022 },
        count: null,
      }),
    );
    await ok(service.admin.put(path, { name: 'Eve' }));
    await check();
    const lines = (await linesOf(service)) as LineWithCard[];
    expect(lines.map(({ contactCard }) => contactCard.problem)).toContain('try-again (2022)');
    await ok(simulator.control.delete('/faults'));
    await check();
    expect(await drifts()).toEqual([[], [], [], [], []]);
    expect((await cards()).map(({ name }) => name)).toEqual(LINES.map(() => 'Eve'));
  });

  it.each<[string, object, number, string]>([
    ['a photo that is none', { name: 'Ada', photo: { base64: 'aGVsbG8=' } }, 422, 'photo.unfit'],
    [
      'a photo from a host that is not named',
      { name: 'Ada', photo: { url: 'https://127.0.0.1/a.jpg' } },
      422,
      'photo.address',
    ],
    ['a photo of another pool', { name: 'Ada', photo: { id: 'a'.repeat(64) } }, 422, 'photo.unfit'],
    ['no name', { name: '   ' }, 422, 'request.invalid'],
    ['a name that is too long', { name: 'x'.repeat(101) }, 422, 'request.invalid'],
    ['a number', { name: 'Ada', telephone: '+19005550100' }, 422, 'request.invalid'],
    [
      'an address that runs',
      { name: 'Ada', urls: ['javascript:alert(1)'] },
      422,
      'request.invalid',
    ],
    [
      'more than three megabytes',
      { name: 'Ada', note: 'x'.repeat(3_200_000) },
      413,
      'request.too_large',
    ],
  ])('refuses %s and changes nothing', async (_name, body, status, code) => {
    const before = (await service.admin.get<Profile>(path)).body;
    const refused = await service.admin.put<Problem>(path, body);
    expect([refused.status, refused.body.code]).toEqual([status, code]);
    expect((await service.admin.get<Profile>(path)).body).toEqual(before);
  });

  it('heeds If-Match', async () => {
    const { body, headers } = await service.admin.get<Profile>(path);
    const put = (name: string, etag: string) =>
      service.admin.put<Problem>(path, { name }, { headers: { 'if-match': etag } });
    const stale = await put('Ada', '"0000000000000000"');
    expect([stale.status, stale.body.code]).toEqual([412, 'precondition.stale']);
    expect((await put('Ada', 'no etag')).status).toBe(422);
    expect((await put(body.name, headers.get('etag') ?? '')).status).toBe(200);
  });
});

interface CoverageAnswer {
  readonly users: number;
  readonly sent: number;
  readonly delivered: number;
  readonly known: number;
  readonly pools: readonly { readonly users: number; readonly sent: number }[];
  readonly lines: readonly {
    readonly lineId: string;
    readonly phoneNumber: string;
    readonly users: number;
    readonly sent: number;
    readonly delivered: number;
  }[];
  readonly due: { readonly none: number; readonly stale: number };
}

/** From nobody holding a card to everybody holding the right one, and what that is worth when a line dies. */
describe('Cards that people hold', () => {
  const coverage = () => ok(service.admin.get<CoverageAnswer>('/v1/admin/coverage'));
  const issue = async () =>
    (
      await ok(
        service.admin.post<{ lastResult: object }>('/v1/admin/jobs/issue-cards/run', { reason }),
      )
    ).lastResult;
  const due = async (handle: string) => (await onboard(service, handle)).contactCard.due;
  /** The app answers once. */
  const answer = async (handle: string, text: string): Promise<void> => {
    const gate = await ok(service.app.post<SendAnswer>('/v1/sends', { handle }));
    await sdkOf(simulator).chats.messages.send(gate.chatId ?? '', {
      message: {
        parts: [{ type: 'text', value: text }],
        idempotency_key: gate.idempotencyKey ?? '',
      },
    });
  };
  const sentTo = async (handle: string): Promise<number> =>
    (await simulator.books()).filter(
      (each) => each.direction === 'out' && each.handle === handle && each.status !== 'failed',
    ).length;
  const [first, second] = [personNumber(1), personNumber(2)];

  it('is owed a card by whoever never had one, and never sent one as the first message', async () => {
    const { assignment, contactCard } = await onboard(service, first);
    expect(contactCard.due).toBe('none');
    await simulator.text(first, assignment.line.phoneNumber, 'Hello');
    await simulator.advance(1);
    expect(await issue()).toMatchObject({ sent: 0, held: 0 });
    expect(await coverage()).toMatchObject({ users: 1, sent: 0, due: { none: 1, stale: 0 } });
  });

  it('sends it as the second message, once, as a file that holds the person’s numbers', async () => {
    await answer(first, 'Hi! What can I do?');
    await simulator.advance(1);
    expect(await issue()).toMatchObject({ sent: 1, held: 0 });
    expect(await issue()).toMatchObject({ sent: 0, held: 0 });
    expect(await sentTo(first)).toBe(2);
    const { assignment } = await onboard(service, first);
    const numbers = [assignment.line, ...assignment.fallbacks].map((line) => line.phoneNumber);
    const [attachment] = await database.query<{ attachment_id: string }>(
      `SELECT attachment_id FROM cards WHERE attachment_id IS NOT NULL`,
    );
    const file = await fetch(
      `${simulator.url}/files/${attachment?.attachment_id ?? ''}/contact.vcf`,
    );
    const card = readStrictly(await file.text());
    expect(card.filter(({ name }) => name === 'TEL').map(({ parts }) => parts[0])).toEqual(numbers);
  });

  it('counts it as sent, then as delivered, once the provider says so', async () => {
    await simulator.advance(120);
    await issue();
    expect(await due(first)).toBeNull();
    const all = await coverage();
    expect(all).toMatchObject({ users: 1, sent: 1, delivered: 1, due: { none: 0, stale: 0 } });
    expect(all.pools).toMatchObject([{ users: 1, sent: 1 }]);
    expect(all.lines.filter(({ users }) => users > 0)).toMatchObject([{ users: 1, delivered: 1 }]);
  });

  it('tells of each line how many of its people hold another number', async () => {
    const { assignment } = await onboard(service, second);
    const { users, sent, due: owed } = await coverage();
    expect({ users, sent, owed }).toEqual({ users: 2, sent: 0.5, owed: { none: 1, stale: 0 } });
    const line = (await coverage()).lines.find(
      ({ phoneNumber }) => phoneNumber === assignment.line.phoneNumber,
    );
    expect(line?.sent).toBeLessThan(1);
  });

  it('is stale when a number on it is retired, and not when the line of the person moves', async () => {
    const { assignment } = await onboard(service, first);
    const empty = new Set(
      (await linesOf(service)).flatMap((line) => (line.users > 0 ? [] : line.id)),
    );
    const fallback = assignment.fallbacks.find(({ id }) => empty.has(id));
    await ok(service.admin.post(`/v1/admin/lines/${fallback?.id ?? ''}/retire`, { reason }));
    expect(await due(first)).toBe('stale');
    // It was given a card unasked a moment ago: the next one has to wait for a month, and for the person to write.
    await simulator.text(first, assignment.line.phoneNumber, 'Still there?');
    await simulator.advance(1);
    await answer(first, 'Of course');
    await simulator.advance(1);
    expect(await issue()).toMatchObject({ sent: 0 });
    await database.query(`UPDATE card_messages SET at = at - interval '31 days'`);
    expect(await issue()).toMatchObject({ sent: 1 });
    await simulator.advance(120);
    await issue();
    expect(await due(first)).toBeNull();
  });

  it('leaves out who said stop, and who does not write', async () => {
    const { assignment } = await onboard(service, second);
    await simulator.text(second, assignment.line.phoneNumber, 'Hello');
    await simulator.advance(1);
    await answer(second, 'Hi!');
    await simulator.advance(1);
    await ok(service.app.post(`/v1/users/${(await onboard(service, second)).user.id}/opt-out`, {}));
    expect(await issue()).toMatchObject({ sent: 0, held: 0 });
    await ok(service.app.post(`/v1/users/${(await onboard(service, second)).user.id}/opt-in`, {}));
    await database.query(
      `UPDATE conversations SET last_inbound_at = last_inbound_at - interval '16 minutes'`,
    );
    expect(await issue()).toMatchObject({ sent: 0, held: 0 });
  });

  it('gives the hold back when the provider does not take it, and tries again a day later', async () => {
    const { assignment } = await onboard(service, second);
    await simulator.text(second, assignment.line.phoneNumber, 'And now?');
    await simulator.advance(1);
    await answer(second, 'Now');
    await simulator.advance(1);
    await ok(
      simulator.control.post('/faults', {
        ...{ kind: 'error', path: '/v3/chats/*/messages', method: 'POST', status: 400, code: 1004 },
        count: 1,
      }),
    );
    expect(await issue()).toMatchObject({ sent: 0, held: 1 });
    expect(await issue()).toMatchObject({ sent: 0, held: 0, learned: 1 });
    const [state] = await database.query(
      `SELECT state FROM card_messages ORDER BY at DESC LIMIT 1`,
    );
    expect(state).toEqual({ state: 'failed' });
    expect(await due(second)).toBe('none');
    expect(await sentTo(second)).toBe(2);
  });

  it('says of each line what its loss then really does', async () => {
    const placeOf = async (handle: string) => {
      const { user } = await onboard(service, handle);
      const { assignments } = await ok(
        service.app.get<{ assignments: { lineId: string; state: string }[] }>(
          `/v1/users/${user.id}`,
        ),
      );
      return assignments[0];
    };
    const before = await coverage();
    const losses: [boolean, boolean][] = [];
    for (const handle of [first, second]) {
      const place = await placeOf(handle);
      const line = before.lines.find(({ lineId }) => lineId === place?.lineId);
      expect(line?.users).toBe(1);
      await ok(
        service.admin.post(`/v1/admin/lines/${place?.lineId ?? ''}/mark-flagged`, { reason }),
      );
      await simulator.advance(1);
      const after = await placeOf(handle);
      losses.push([line?.sent === 1, after?.state !== 'needs-introduction']);
      expect(after?.lineId === place?.lineId).toBe(line?.sent === 0);
    }
    // Another line is no reason for another card.
    expect(await due(first)).toBeNull();
    expect(losses).toEqual([
      [true, true],
      [false, false],
    ]);
  });
});
