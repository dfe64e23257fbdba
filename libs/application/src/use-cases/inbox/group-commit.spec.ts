import type { InboxRecord, UnitOfWork } from '../../ports';
import { Refusal } from '../../refusal';
import { GroupCommit } from './group-commit';

const record = (eventId: string): InboxRecord => ({
  ...{ eventId, eventType: 'message.received', orderKey: 'chat:a', body: '{}', receivedAt: 0 },
  ...{ state: 'pending', attempts: 0, nextAttemptAt: 0, processedAt: null, lastError: null },
});

describe('the group commit', () => {
  it('sends away who comes when five thousand wait, and takes in again once there is room', async () => {
    let open = (): void => undefined;
    const held = new Promise<void>((done) => (open = done));
    const known = new Set<string>();
    const insert = async (events: readonly InboxRecord[]): Promise<Set<string>> => {
      await held;
      const fresh = events.map(({ eventId }) => eventId).filter((id) => !known.has(id));
      for (const id of fresh) known.add(id);
      return new Set(fresh);
    };
    const commit = new GroupCommit({ read: { inbox: { insert } } } as unknown as UnitOfWork);
    // Two are under way, and the rest waits.
    const answers = Array.from({ length: 5_002 }, (_, i) => commit.insert(record(String(i))));
    await expect(commit.insert(record('too many'))).rejects.toThrow(Refusal);
    open();
    expect(await Promise.all(answers)).toEqual(Array(5_002).fill(true));
    expect(await commit.insert(record('later'))).toBe(true);
    expect(await commit.insert(record('7'))).toBe(false);
  });
});
