import { automation, ContactCards } from '@linekeeper/application';
import { DAY_MS, DEFAULT_FLEET_POLICY, MINUTE_MS } from '@linekeeper/domain';
import fc from 'fast-check';
import { randomUUID } from 'node:crypto';
import { IssueCards } from '../../libs/application/src/use-cases/sends/issue-cards';
import { StoreStage } from '../support/store-stage';

const START = Date.UTC(2026, 9, 5, 12);
/** Many small steps, on a machine that others may use too. */
jest.setTimeout(180_000);

const REISSUE_MS = DEFAULT_FLEET_POLICY.cards.reissueDays * DAY_MS;

/** A person as the property has them in mind, apart from what the database says. */
interface Person {
  readonly userId: string;
  readonly assignmentId: string;
  readonly conversationId: string;
  line: string;
  fallbacks: string[];
  /** Lines on the last card that went to them, whoever sent it. */
  lastCard: string[] | null;
  /** Lines on all of them. */
  held: Set<string>;
  /** When the service sent them cards by itself. */
  readonly issuedAt: number[];
}

type Step =
  | { readonly kind: 'wait'; readonly minutes: number }
  | { readonly kind: 'write'; readonly who: number }
  /** Their line is another of their numbers now. */
  | { readonly kind: 'move'; readonly who: number }
  /** A number they were given is gone for good. */
  | { readonly kind: 'retire'; readonly who: number }
  /** They are dealt a number that they do not have. */
  | { readonly kind: 'deal'; readonly who: number }
  /** The app gives them their card by itself. */
  | { readonly kind: 'app'; readonly who: number };

const PEOPLE = 3;
const who = fc.nat(PEOPLE - 1);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('wait' as const),
      minutes: fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 20, max: 25 * 1_440 })),
    }),
  },
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('write' as const), who }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('move' as const), who }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('retire' as const), who }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('deal' as const), who }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('app' as const), who }) },
);

/** To whom the service sends a card by itself, and when, on a real database; the gate and the provider are the test's. */
describe('The issue of cards', () => {
  let stage: StoreStage;
  let job: IssueCards;
  let contactCards: ContactCards;
  let people: Person[] = [];
  let retired = new Set<string>();
  let sent: { userId: string; sendId: string }[] = [];

  beforeAll(async () => {
    stage = await StoreStage.open(START);
    const { unitOfWork, decisions } = stage;
    const links = { url: () => '', open: () => null };
    contactCards = new ContactCards(unitOfWork, decisions, links);
    const gate = {
      execute: ({ userId }: { userId: string }) => {
        const sendId = randomUUID();
        sent.push({ userId, sendId });
        const line = { apiVersion: 'v3', phoneNumber: '+14155550101' };
        const thread = { chatId: randomUUID(), newConversation: false, firstText: null };
        const answer = { decision: 'send', class: 'reply', wouldBe: null };
        return Promise.resolve({ ...answer, ...thread, line, reservationId: sendId });
      },
    };
    const provider = {
      uploadFile: () => Promise.resolve(randomUUID()),
      send: () => Promise.resolve({ messageId: randomUUID(), chatId: randomUUID() }),
    };
    const settled = { execute: arrives };
    job = new IssueCards(
      ...([
        unitOfWork,
        decisions,
        provider,
        contactCards,
        gate,
        settled,
      ] as unknown as ConstructorParameters<typeof IssueCards>),
    );
  });

  afterAll(() => stage.close());

  /** Each card that is sent arrives at once, unless a test says otherwise. */
  async function arrives(sendId: string): Promise<void> {
    const userId = sent.find((each) => each.sendId === sendId)?.userId;
    await stage.query(
      `INSERT INTO messages (id, line_id, user_id, direction, at, status, send_id, recorded_at)
       SELECT $1, line_id, user_id, 'out', $2, 'delivered', $3::uuid, $2 FROM assignments WHERE user_id = $4::uuid`,
      [randomUUID(), new Date(stage.now), sendId, userId],
    );
  }

  async function begin(): Promise<void> {
    for (const table of [
      'messages',
      'card_messages',
      'cards_sent',
      'known_numbers',
      'chats',
      'conversations',
      'assignments',
      'lines',
    ]) {
      await stage.query(`DELETE FROM ${table}`);
    }
    stage.now = START;
    [people, retired, sent] = [[], new Set(), []];
    for (let i = 0; i < PEOPLE; i += 1) people.push(await person());
  }

  async function person(): Promise<Person> {
    const [line = '', ...fallbacks] = await Promise.all([1, 2, 3].map(() => stage.line()));
    const userId = await stage.user();
    const [assignmentId, conversationId] = [randomUUID(), randomUUID()];
    const { read } = stage.unitOfWork;
    const { poolId, now } = stage;
    await stage.unitOfWork.read.assignments.insert(
      {
        ...{ id: assignmentId, poolId, userId, lineId: line, fallbackLineIds: fallbacks, epoch: 1 },
        ...{ state: 'confirmed', startedBy: 'inbound', expiresAt: null, firstSendAt: now },
        ...{ confirmedAt: now, pinned: false, meanMilli: 0, varianceMilli: 0, policyVersion: 1 },
        ...{ explanation: {}, needsIntroductionSince: null, escalatedHours: 0, lastMovedAt: null },
        ...{ createdAt: now, updatedAt: now },
      },
      { actor: 'a test', reason: 'a test', policyVersion: 1, at: now },
    );
    await read.conversations.save([
      {
        ...{ id: conversationId, poolId, userId, activeLineId: line, updatedAt: now },
        ...{ lastInboundAt: null, lastOutboundAt: null, lastUnsolicitedTurnAt: null },
        ...{ outboundTurns: 0, unansweredTurns: 0, pullTurns: [] },
      },
    ]);
    const issuedAt: number[] = [];
    return {
      userId,
      assignmentId,
      conversationId,
      line,
      fallbacks,
      lastCard: null,
      held: new Set(),
      issuedAt,
    };
  }

  /** They write and are answered, in the thread of their line. */
  async function write({ conversationId, userId, line }: Person): Promise<void> {
    const at = new Date(stage.now);
    const chatId = `${userId}-${line}`;
    await stage.query(
      `INSERT INTO chats (id, conversation_id, line_id, is_group, health, service, started_by, created_at, last_activity_at, shares)
       VALUES ($1, $2::uuid, $3::uuid, false, 'HEALTHY', 'iMessage', 'inbound', $4, $4, 0)
       ON CONFLICT (id) DO UPDATE SET last_activity_at = excluded.last_activity_at`,
      [chatId, conversationId, line, at],
    );
    for (const [direction, ms] of [
      ['in', 0],
      ['out', 1],
    ] as const) {
      await stage.query(
        `INSERT INTO messages (id, line_id, chat_id, user_id, direction, at, status, recorded_at)
         VALUES ($1, $2::uuid, $3, $4::uuid, $5, $6, 'delivered', $6)`,
        [randomUUID(), line, chatId, userId, direction, new Date(stage.now + ms)],
      );
    }
    await stage.query('UPDATE conversations SET last_inbound_at = $2 WHERE id = $1::uuid', [
      conversationId,
      at,
    ]);
  }

  const assign = ({ assignmentId, line }: Person): Promise<unknown> =>
    stage.query('UPDATE assignments SET line_id = $2::uuid WHERE id = $1::uuid', [
      assignmentId,
      line,
    ]);
  const given = (each: Person): void => {
    each.lastCard = [each.line, ...each.fallbacks].filter(
      (id) => id === each.line || !retired.has(id),
    );
    for (const id of each.lastCard) each.held.add(id);
  };

  async function take(each: Person, kind: Step['kind']): Promise<void> {
    if (kind === 'write') await write(each);
    if (kind === 'move') {
      // As a failover does it: the numbers stay the same, another of them is theirs.
      const target = each.fallbacks.find((id) => !retired.has(id));
      if (target === undefined) return;
      each.fallbacks = [...each.fallbacks.filter((id) => id !== target), each.line];
      each.line = target;
      await assign(each);
      await stage.query('DELETE FROM assignment_fallbacks WHERE assignment_id = $1::uuid', [
        each.assignmentId,
      ]);
      for (const [i, id] of each.fallbacks.entries()) await fallback(each, id, i);
    }
    if (kind === 'retire') {
      const lost = each.fallbacks.find((id) => !retired.has(id));
      if (lost === undefined) return;
      retired.add(lost);
      await stage.query(`UPDATE lines SET admin_state = 'retired' WHERE id = $1::uuid`, [lost]);
    }
    if (kind === 'deal') {
      const id = await stage.line();
      each.fallbacks = [...each.fallbacks, id];
      await fallback(each, id, each.fallbacks.length - 1);
    }
    if (kind === 'app') {
      const { version } = await contactCards.of(each.userId, 'default', []);
      const report = { userId: each.userId, poolIds: [], version, channel: 'link' } as const;
      await contactCards.recordSent(report, automation('a test'));
      given(each);
    }
  }

  const fallback = (each: Person, lineId: string, position: number): Promise<unknown> =>
    stage.query(
      'INSERT INTO assignment_fallbacks (assignment_id, position, line_id) VALUES ($1::uuid, $2, $3::uuid)',
      [each.assignmentId, position, lineId],
    );

  /** What the rules of the card say, from what the property has seen alone. */
  function due({ lastCard, fallbacks, held }: Person): 'none' | 'stale' | null {
    if (lastCard === null) return 'none';
    const isGone = lastCard.some((id) => retired.has(id));
    const isNew = fallbacks.some((id) => !retired.has(id) && !held.has(id));
    return isGone || isNew ? 'stale' : null;
  }

  function expected(each: Person, isActive: boolean): boolean {
    const why = due(each);
    const last = each.issuedAt.at(-1) ?? -Infinity;
    if (why === null || !isActive || stage.now - last < DAY_MS) return false;
    return why === 'none' || stage.now - last >= REISSUE_MS;
  }

  it('is at the next active moment of who is owed one, and for who has one at most once in 30 days', async () => {
    let reissues = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 30, maxLength: 45 }), async (steps) => {
        await begin();
        for (const each of steps) {
          if (each.kind === 'wait') {
            stage.now += each.minutes * MINUTE_MS;
            continue;
          }
          const someone = people[each.who]!;
          await take(someone, each.kind);
          const before = sent.length;
          // Who wrote a little earlier is active too. Two runs: the first sends, the second hears what has become of it; neither sends twice.
          await job.execute();
          const active = each.kind === 'write' ? [someone] : [];
          const wanted = active.filter((one) => expected(one, true));
          const got = sent.slice(before).map(({ userId }) => userId);
          for (const one of people) {
            if (!got.includes(one.userId)) continue;
            expect(due(one)).not.toBeNull();
            const last = one.issuedAt.at(-1);
            if (last !== undefined) {
              reissues += 1;
              expect(stage.now - last).toBeGreaterThanOrEqual(REISSUE_MS);
            }
            one.issuedAt.push(stage.now);
            given(one);
          }
          for (const one of wanted) expect(got).toContain(one.userId);
          await job.execute();
          expect(sent.length).toBe(before + got.length);
          for (const one of people) {
            expect(await stage.unitOfWork.read.cards.due(one.userId, stage.poolId)).toBe(due(one));
          }
          stage.now += MINUTE_MS;
        }
      }),
      { numRuns: 8, seed: 5 },
    );
    expect(reissues).toBeGreaterThan(3);
  });

  it('is owed for a retired number and for a number never given, and not for another line of theirs', async () => {
    await begin();
    const [one, other, third] = people as [Person, Person, Person];
    for (const each of people) await take(each, 'app');
    await take(one, 'move');
    await take(other, 'retire');
    await take(third, 'deal');
    const dues = people.map(({ userId }) => stage.unitOfWork.read.cards.due(userId, stage.poolId));
    expect(await Promise.all(dues)).toEqual([null, 'stale', 'stale']);
    for (const each of people) await take(each, 'write');
    stage.now += 4 * MINUTE_MS;
    await job.execute();
    expect(sent.map(({ userId }) => userId).sort()).toEqual([other.userId, third.userId].sort());
  });

  it('takes back what a card gave when it fails after it was sent, and gives it when it arrives after all', async () => {
    await begin();
    const [one, other] = people as [Person, Person];
    const becomes = async (status: string): Promise<string[][]> => {
      await stage.query('UPDATE messages SET status = $1 WHERE send_id IS NOT NULL', [status]);
      await job.execute();
      const known = await Promise.all(
        [one, other].map(({ userId }) => stage.unitOfWork.read.cards.known([userId])),
      );
      return known.map((numbers) => numbers.map(({ sureness }) => sureness));
    };
    for (const each of [one, other]) await take(each, 'write');
    await job.execute();
    // Before it fails the app gives the same card by a link, to one of them.
    expect(await becomes('sent')).toEqual([
      ['sent', 'sent', 'sent'],
      ['sent', 'sent', 'sent'],
    ]);
    await take(other, 'app');
    expect(await becomes('failed')).toEqual([[], ['sent', 'sent', 'sent']]);
    expect(await stage.unitOfWork.read.cards.due(one.userId, stage.poolId)).toBe('none');
    expect(await becomes('delivered')).toEqual([
      ['delivered', 'delivered', 'delivered'],
      ['delivered', 'delivered', 'delivered'],
    ]);
    expect(await stage.unitOfWork.read.cards.sentTo(one.userId)).toHaveLength(1);
  });

  it('is not for who wrote more than a quarter of an hour ago', async () => {
    await begin();
    await take(people[0]!, 'write');
    stage.now += 16 * MINUTE_MS;
    await job.execute();
    expect(sent).toEqual([]);
  });
});
