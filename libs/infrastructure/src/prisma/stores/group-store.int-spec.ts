import type { ChatRecord, SendRecord } from '@linekeeper/application';
import { randomUUID } from 'node:crypto';
import { StoreStage } from '../../../../../test/support/store-stage';
import { until } from '../../../../../test/support/until';

const NOW = Date.UTC(2026, 2, 2, 12);
const HOLD_MS = 35 * 60_000;

describe('The groups', () => {
  let stage: StoreStage;
  let lineId: string;

  beforeAll(async () => {
    stage = await StoreStage.open(NOW);
    lineId = await stage.line();
  });
  afterAll(() => stage.close());

  async function group(id: string): Promise<string> {
    const chat: ChatRecord = {
      ...{ id, conversationId: null, lineId, isGroup: true, health: 'HEALTHY', healthAt: null },
      ...{ service: null, startedBy: null, createdAt: NOW, lastActivityAt: NOW },
      ...{ lastSharedAt: null, shares: 0, imessageSeenAt: null },
    };
    await stage.unitOfWork.read.conversations.saveChats([chat]);
    return id;
  }
  const look = (id: string, now = NOW) => {
    const since = { now, dayStart: NOW, ejectedAfter: NOW, repliesAfter: NOW };
    return stage.unitOfWork.read.groups.look(id, since, null);
  };
  /** The hold under which a group is made anew. */
  async function aHold(chatId: string): Promise<SendRecord> {
    return {
      ...{ id: randomUUID(), userId: (await look(chatId))?.key ?? '', lineId, assignmentEpoch: 0 },
      ...{ class: 'introduction', messages: 1, settledMessages: 0, newConversation: true },
      ...{ state: 'open', policyVersion: 1, admittedAt: NOW, expiresAt: NOW + HOLD_MS },
      closedAt: null,
    };
  }
  const basisOf = (chatId: string, lineEpoch = 1) => ({
    ...{ chatId, lineEpoch, frozenAt: null, text: null },
  });

  it('are made anew by one hold at a time: who asks meanwhile waits and finds it', async () => {
    const chatId = await group('twice');
    const [one, other] = [await aHold(chatId), await aHold(chatId)];
    const asked: Promise<boolean>[] = [];
    await stage.unitOfWork.run(async (stores) => {
      expect(await stores.groups.insertSend(one, basisOf(chatId))).toBe(true);
      asked.push(
        stage.unitOfWork.run((beside) => beside.groups.insertSend(other, basisOf(chatId))),
      );
      await until(async () => {
        const waiting = await stage.query(
          `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
        );
        return waiting.length > 0;
      });
    });
    expect(await Promise.all(asked)).toEqual([false]);
    expect((await look(chatId))?.recreation).toEqual({ sendId: one.id, until: one.expiresAt });
    expect((await look(chatId, one.expiresAt))?.recreation).toBeNull();
    await stage.unitOfWork.read.sends.close(one.id, 'released', NOW);
    expect((await look(chatId))?.recreation).toBeNull();
    expect(
      await stage.unitOfWork.run((stores) => stores.groups.insertSend(other, basisOf(chatId))),
    ).toBe(true);
  });

  it('get no hold once their line changed or they went on in another thread', async () => {
    const [chatId, next] = [await group('gone'), await group('gone on')];
    const insert = async (lineEpoch: number): Promise<boolean> => {
      const hold = await aHold(chatId);
      return stage.unitOfWork.run(({ groups }) =>
        groups.insertSend(hold, basisOf(chatId, lineEpoch)),
      );
    };
    expect(await insert(2)).toBe(false);
    await stage.unitOfWork.run((stores) => stores.groups.continueIn(chatId, next));
    expect(await insert(1)).toBe(false);
  });

  it('go by every id they had, in any order of threads, and never by a chain of them', async () => {
    const ids = ['a', 'b', 'c'];
    for (const id of ids) await group(id);
    const goOn = (from: string, to: string): Promise<boolean> =>
      stage.unitOfWork.run((stores) => stores.groups.continueIn(from, to));
    const now = async (): Promise<unknown[]> =>
      Promise.all(ids.map(async (id) => (await look(id))?.chatId));
    expect(await goOn('a', 'b')).toBe(true);
    expect(await goOn('a', 'c')).toBe(false);
    expect(await goOn('b', 'never seen')).toBe(false);
    expect(await now()).toEqual(['b', 'b', 'c']);
    expect(await goOn('b', 'c')).toBe(true);
    expect(await now()).toEqual(['c', 'c', 'c']);
    expect(await goOn('c', 'a')).toBe(true);
    expect(await now()).toEqual(['a', 'a', 'a']);
    const listed = await stage.unitOfWork.read.conversations.groups({ poolIds: [], limit: 100 });
    expect(listed.find(({ chatId }) => chatId === 'a')?.aliases).toEqual(['b', 'c']);
  });
});
