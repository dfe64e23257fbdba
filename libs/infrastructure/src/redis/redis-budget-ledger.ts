import {
  BudgetLedger,
  type LedgerNews,
  type Random,
  type ReserveRequest,
  UNWRITTEN_MS,
  type UsageHistory,
} from '@linekeeper/application';
import type {
  EpochMs,
  HoldAnswer,
  LineHistory,
  LineUse,
  ReserveLimits,
  ReserveReason,
} from '@linekeeper/domain';
import type { Redis } from 'ioredis';
import { LedgerScripts } from './ledger-scripts';

/** A line that cannot be read from the rows in so many tries is decided by somebody else. */
const MAX_REREADS = 2;
const EMPTY: LineHistory = { hours: [], messages: [], threads: [], nonReplies: [], holds: [] };

type ReserveReply =
  ['held', string, number, string] | ['deferred', ReserveReason, string] | ['untrusted'];

/**
 * The ledger of several processes: one Lua script a step. What a line holds is of a generation; when Redis was
 * emptied, or a process could not reach it for a while, there is another generation, and each line is read anew from
 * the rows before it is believed again. Throws what the client throws while Redis is away or slow.
 */
export class RedisBudgetLedger extends BudgetLedger {
  private readonly scripts: LedgerScripts;

  constructor(
    redis: Redis,
    prefix: string,
    private readonly history: UsageHistory,
    private readonly random: Random,
  ) {
    super();
    this.scripts = new LedgerScripts(redis, prefix);
  }

  async reserve({ id, lineId, ...request }: ReserveRequest): Promise<HoldAnswer> {
    const parameters = JSON.stringify({ ...request, limits: binding(request.limits) });
    for (let reread = 0; ; reread += 1) {
      const reply = (await this.scripts.run('reserve', lineId, id, parameters)) as ReserveReply;
      if (reply[0] === 'held') {
        const [, expiresAt, overrun, used] = reply;
        return {
          kind: 'held',
          expiresAt: Number(expiresAt),
          overrun: overrun === 1,
          usedLast24h: Number(used),
        };
      }
      if (reply[0] === 'deferred') {
        return { kind: 'deferred', reason: reply[1], retryAt: Number(reply[2]) };
      }
      await this.reread([lineId], request.now, reread);
    }
  }

  /** A line that is not believed now reads its holds from the rows, where this one is no longer open. */
  async release(lineId: string, id: string, now: EpochMs): Promise<void> {
    await this.scripts.run('release', lineId, id, String(now));
  }

  async record(news: LedgerNews, now: EpochMs): Promise<void> {
    await this.scripts.runForEach(
      'record',
      [...news].map(([lineId, each]) => ({
        lineId,
        parameters: [JSON.stringify(each), String(now)],
      })),
    );
  }

  async usage(lineIds: readonly string[], now: EpochMs): Promise<Map<string, LineUse>> {
    const uses = new Map<string, LineUse>();
    let asked = lineIds;
    for (let reread = 0; ; reread += 1) {
      const replies = await this.scripts.runForEach(
        'usage',
        asked.map((lineId) => ({ lineId, parameters: [String(now)] })),
      );
      const untrusted = asked.filter((lineId, i) => {
        const use = useOf(replies[i]);
        if (use) uses.set(lineId, use);
        return !use;
      });
      if (untrusted.length === 0) return uses;
      await this.reread(untrusted, now, reread);
      asked = untrusted;
    }
  }

  /** Marks everything as not to be believed; each line is read anew when it is asked for next. */
  async rebuild(): Promise<void> {
    await this.scripts.forgetAll(this.random.token(12));
  }

  private async reread(lineIds: readonly string[], now: EpochMs, done: number): Promise<void> {
    if (done >= MAX_REREADS) throw new Error('The ledger changes faster than it can be read anew');
    const since = String(now - UNWRITTEN_MS);
    const begun = await this.scripts.runForEach(
      'begin',
      lineIds.map((lineId) => ({ lineId, parameters: [since] })),
    );
    const histories = await this.history.read(lineIds, now);
    await this.scripts.runForEach(
      'load',
      lineIds.map((lineId, i) => ({
        lineId,
        parameters: [String(begun[i]), JSON.stringify(histories.get(lineId) ?? EMPTY), String(now)],
      })),
    );
  }
}

/** The limits without those that do not bind: Lua knows a missing value, JSON's null it would take for one. */
function binding(limits: ReserveLimits): object {
  return Object.fromEntries(Object.entries(limits).filter(([, limit]) => limit !== null));
}

function useOf(reply: unknown): LineUse | null {
  const [in24h, out24h, open, newConversations24h, newConversationsHour] = reply as number[];
  if (typeof in24h !== 'number') return null;
  return {
    in24h,
    out24h: out24h ?? 0,
    open: open ?? 0,
    newConversations24h: newConversations24h ?? 0,
    newConversationsHour: newConversationsHour ?? 0,
  };
}
