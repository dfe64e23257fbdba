import { Injectable, Logger } from '@nestjs/common';
import { DAY_MS, MINUTE_MS, SECOND_MS } from '@linekeeper/domain';
import { automation } from '../../actor';
import {
  BudgetLedger,
  type LineRecord,
  type ListedMessage,
  MessagingProvider,
  ProviderProblem,
  type SendRecord,
  UnitOfWork,
} from '../../ports';
import { type Decision, Decisions } from '../shared';

/** A send is tried again for this long at most: what the provider does not show after it was never accepted. */
const SETTLE_AFTER_MS = 3 * MINUTE_MS;
/** Our clock and the provider's may differ by this much. */
const SKEW_MS = 30 * SECOND_MS;
/** Sends looked at in one run, each of which costs the provider one call or two. */
const MAX_SENDS = 40;
const MAX_PAGES = 10;

/**
 * Finds out what became of messages that were on their way when their line was lost: their people get nothing from another
 * line before. The thread is read back; without a message of ours since the hold was given, none was accepted, and the
 * hold is given back. One that is there is left to its webhook, or to the repair of gaps.
 */
@Injectable()
export class SettleLost {
  private readonly logger = new Logger('Sends');

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly decisions: Decisions,
    private readonly provider: MessagingProvider,
    private readonly ledger: BudgetLedger,
  ) {}

  /** Idempotent; what the provider does not tell now is asked for in the next run. */
  async execute(): Promise<{ settled: number }> {
    const decision = await this.decisions.begin(automation('run-failovers'));
    const { now } = decision;
    const { read } = this.unitOfWork;
    const sends = await read.sends.openOnLostLines({
      after: now - DAY_MS,
      before: now - SETTLE_AFTER_MS,
      limit: MAX_SENDS,
    });
    const lines = new Map(
      (await read.lines.byIds(sends.map(({ lineId }) => lineId))).map((line) => [line.id, line]),
    );
    let settled = 0;
    for (const send of sends) {
      const line = lines.get(send.lineId);
      if (line && (await this.settle(send, line, decision))) settled += 1;
    }
    return { settled };
  }

  private async settle(send: SendRecord, line: LineRecord, decision: Decision): Promise<boolean> {
    // Some of several bubbles that were seen say that it was sent.
    if (send.settledMessages > 0) return false;
    const user = await this.unitOfWork.read.users.byId(send.userId);
    if (!user) return false;
    try {
      for (const { value } of user.handles) {
        if (await this.wasSent(line, value, send)) return false;
      }
    } catch (error) {
      if (!(error instanceof ProviderProblem)) throw error;
      this.logger.warn({ what: 'A thread was not read back', sendId: send.id, kind: error.kind });
      return false;
    }
    const closed = await this.unitOfWork.read.sends.close(send.id, 'released', decision.now);
    if (closed) await this.ledger.release(send.lineId, send.id, decision.now);
    return closed;
  }

  private async wasSent(line: LineRecord, handle: string, send: SendRecord): Promise<boolean> {
    for (const { chatId } of await this.provider.chatsWith(line.phoneNumber, handle)) {
      const chat = { chatId, linePhoneNumber: line.phoneNumber };
      if (await this.isIn(chat, send)) return true;
    }
    return false;
  }

  /** The provider promises no order, so the thread is read to its end. */
  private async isIn(
    chat: { readonly chatId: string; readonly linePhoneNumber: string },
    send: SendRecord,
  ): Promise<boolean> {
    let cursor: string | null = null;
    for (let page = 0; page < MAX_PAGES; page += 1) {
      const { rows, unreadable, next }: Page = await this.provider.messagesOf(chat, cursor);
      // A row that cannot be read might be the one.
      if (unreadable > 0 || rows.some((row) => isSince(row, send))) return true;
      if (next === null) return false;
      cursor = next;
    }
    // Too long to be sure.
    return true;
  }
}

type Page = Awaited<ReturnType<MessagingProvider['messagesOf']>>;

function isSince({ direction, madeAt }: ListedMessage, { admittedAt }: SendRecord): boolean {
  return direction === 'out' && madeAt >= admittedAt - SKEW_MS;
}
