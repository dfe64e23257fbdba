import { ProviderProblem, type ProviderProblemKind, ShareCards } from '@linekeeper/application';
import { type AdminState, DAY_MS, HOUR_MS, MINUTE_MS } from '@linekeeper/domain';
import { randomUUID } from 'node:crypto';
import { StoreStage } from '../support/store-stage';

const START = Date.UTC(2026, 9, 5, 12);

interface Talk {
  readonly service?: string;
  readonly isGroup?: boolean;
  readonly health?: 'HEALTHY' | 'CRITICAL' | 'OPTED_OUT';
  readonly stopped?: boolean;
  readonly answered?: boolean;
  /** Whether the person has written. */
  readonly wrote?: boolean;
}

/** The schedule by which lines share their own card, on a real database, with the clock and the provider of the test. */
describe('The share schedule', () => {
  let stage: StoreStage;
  let schedule: ShareCards;
  let shares: Record<string, number[]> = {};
  let refusal: ((chatId: string) => ProviderProblemKind | null) | null = null;

  beforeAll(async () => {
    stage = await StoreStage.open(START);
    const provider = {
      shareContactCard: (chatId: string) => {
        const kind = refusal?.(chatId) ?? null;
        if (kind !== null) throw new ProviderProblem(kind, 'refused', null, null, null);
        (shares[chatId] ??= []).push(stage.now);
        return Promise.resolve();
      },
    };
    const lineCards = { ensure: () => Promise.resolve() };
    const { unitOfWork, decisions } = stage;
    schedule = new ShareCards(unitOfWork, decisions, provider as never, lineCards as never);
  });

  beforeEach(async () => {
    await stage.query('DELETE FROM chats');
    stage.now = START;
    [shares, refusal] = [{}, null];
  });

  afterAll(() => stage.close());

  const line = (adminState: AdminState = 'enabled', apiVersion: 'v2' | 'v3' = 'v3') =>
    stage.line({ adminState, apiVersion });

  async function talk(lineId: string, of: Talk = {}): Promise<string> {
    const { read } = stage.unitOfWork;
    const [conversationId, chatId] = [randomUUID(), randomUUID()];
    const userId = await stage.user();
    if (of.stopped) {
      await stage.query(
        `INSERT INTO suppressions (user_id, suppressed_at, source, reason, actor, updated_at)
         VALUES ('${userId}', now(), 'api', 'stop', 'a test', now())`,
      );
    }
    await read.conversations.save([
      {
        ...{
          id: conversationId,
          poolId: stage.poolId,
          userId,
          activeLineId: lineId,
          updatedAt: START,
        },
        lastInboundAt: of.wrote === false ? null : START,
        ...{ lastOutboundAt: of.answered === false ? null : START },
        ...{ lastUnsolicitedTurnAt: null, outboundTurns: 1, unansweredTurns: 0, pullTurns: [] },
      },
    ]);
    await read.conversations.saveChats([
      {
        ...{ id: chatId, conversationId, lineId, isGroup: of.isGroup ?? false },
        ...{ health: of.health ?? 'HEALTHY', healthAt: START, service: of.service ?? 'iMessage' },
        ...{ startedBy: 'inbound', createdAt: START, lastActivityAt: START },
        ...{ lastSharedAt: null, shares: 0, imessageSeenAt: null },
      },
    ]);
    return chatId;
  }

  /** Looks once an hour, at threads of which all but the resting ones were active a minute ago. */
  async function week(
    resting: readonly string[] = [],
    each = (_hour: number): Promise<unknown> => Promise.resolve(),
  ) {
    for (let hour = 0; hour < 7 * 24; hour += 1) {
      stage.now = START + DAY_MS + hour * HOUR_MS;
      await stage.query(
        `UPDATE chats SET last_activity_at = '${new Date(stage.now - MINUTE_MS).toISOString()}'
         WHERE id <> ALL('{${resting.join(',')}}'::text[])`,
      );
      await each(hour);
      await schedule.execute();
    }
  }
  const between = (at: readonly number[]) => at.slice(1).map((each, i) => each - at[i]!);

  it.each(['v2', 'v3'] as const)(
    'is on %s exactly what the preset allows, and never to who may not be bothered or cannot take it',
    async (version) => {
      const [good, retired] = [await line('enabled', version), await line('retired', version)];
      const lively = [await talk(good), await talk(good), await talk(good)];
      const resting = await talk(good);
      await talk(good, { stopped: true });
      await talk(good, { service: 'SMS' });
      await talk(good, { service: 'RCS' });
      await talk(good, { isGroup: true });
      await talk(good, { health: 'OPTED_OUT' });
      await talk(good, { health: 'CRITICAL' });
      await talk(good, { answered: false });
      await talk(retired);
      await week([resting]);
      expect(Object.keys(shares).sort()).toEqual([...lively].sort());
      for (const chatId of lively) {
        const at = shares[chatId]!;
        // With a look an hour and a jitter of up to 2.4 hours, seven fit only where the jitter is small.
        expect(at.length).toBeGreaterThanOrEqual(6);
        expect(at.length).toBeLessThanOrEqual(7);
        expect(Math.min(...between(at))).toBeGreaterThanOrEqual(DAY_MS);
        expect(Math.max(...between(at))).toBeLessThanOrEqual(28 * HOUR_MS);
      }
    },
  );

  it('begins on each line by the preset of the version that it speaks', async () => {
    const [old, modern] = [await line('enabled', 'v2'), await line('enabled', 'v3')];
    const onlyWe = await talk(old, { wrote: false });
    const onlyWeOnV3 = await talk(modern, { wrote: false });
    const onlyThey = [
      await talk(old, { answered: false }),
      await talk(modern, { answered: false }),
    ];
    const both = [await talk(old), await talk(modern)];
    // They write for the first time when half the week is over.
    await week([], async (hour) => {
      if (hour !== 80) return;
      await stage.query(
        `UPDATE conversations SET last_inbound_at = '${new Date(stage.now).toISOString()}'`,
      );
    });
    const first = START + DAY_MS;
    for (const chatId of [...both, onlyWe]) {
      expect(shares[chatId]?.[0]).toBe(first);
      expect(shares[chatId]!.length).toBeGreaterThanOrEqual(6);
    }
    // V3 waits for them, and has the rest of the week.
    expect(shares[onlyWeOnV3]?.[0]).toBe(first + 80 * HOUR_MS);
    expect(shares[onlyWeOnV3]!.length).toBeLessThanOrEqual(4);
    for (const chatId of onlyThey) expect(shares[chatId]).toBeUndefined();
  });

  it('shares a changed card at the next activity, once', async () => {
    const lineId = await line();
    const chatId = await talk(lineId);
    const show = (setTo: string) =>
      stage.unitOfWork.read.identities.save({
        ...{ lineId, setTo, drift: [], problem: null, setAt: stage.now, seenAt: stage.now },
      });
    await show('no photo Ada');
    await week([], (hour) => (hour === 30 ? show('no photo Eve') : Promise.resolve()));
    const changedAt = START + DAY_MS + 30 * HOUR_MS;
    expect(shares[chatId]).toContain(changedAt);
    expect(between(shares[chatId]!).filter((ms) => ms < DAY_MS)).toHaveLength(1);
  });

  it('backs off from a thread that is refused, for whatever reason of its own', async () => {
    const lineId = await line();
    const other = await talk(lineId);
    const kinds = new Map<string, ProviderProblemKind>();
    for (const kind of ['not-found', 'try-again', 'invalid', 'recipient-opted-out'] as const) {
      kinds.set(await talk(lineId), kind);
    }
    const tried: Record<string, number[]> = {};
    refusal = (chatId) => {
      (tried[chatId] ??= []).push(stage.now);
      return kinds.get(chatId) ?? null;
    };
    await week();
    expect(Object.keys(shares)).toEqual([other]);
    for (const chatId of kinds.keys()) {
      // After a day, after two more, and then no more.
      const days = between(tried[chatId]!).map((ms) => Math.round(ms / DAY_MS));
      expect(days).toEqual([1, 2]);
    }
    expect(shares[other]!.length).toBeGreaterThanOrEqual(6);
  });

  it('holds a provider that is away against nobody', async () => {
    const chatId = await talk(await line());
    refusal = () => (stage.now < START + 2 * DAY_MS ? 'unavailable' : null);
    await week();
    expect(shares[chatId]?.[0]).toBe(START + 2 * DAY_MS);
  });
});
