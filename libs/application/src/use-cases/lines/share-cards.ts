import { Injectable, Logger } from '@nestjs/common';
import { DAY_MS, HOUR_MS, MINUTE_MS, whyCannotSend, whyNotShare } from '@linekeeper/domain';
import { automation } from '../../actor';
import {
  type LineRecord,
  MessagingProvider,
  ProviderProblem,
  type ProviderProblemKind,
  type ShareCandidate,
  UnitOfWork,
} from '../../ports';
import { type Decision, Decisions, withhold } from '../shared';
import { LineCards } from './line-cards';

/** Threads in one run: the next run comes soon enough for the others. */
const MAX_SHARES = 50;
/** Threads looked at in one run. Most may be too early or not due yet, and must not stand before those that are. */
const MAX_CANDIDATES = 1_000;

/** What says nothing about the thread: it is tried again while it is active. */
const PASSING: readonly ProviderProblemKind[] = ['unavailable', 'rate-limited', 'unauthorized'];

/**
 * Shares the line's own contact card into threads that are alive, by the preset of what the line speaks: once a day each, a
 * few times in all, again when it changes. A thread that the provider refuses it for is backed off from.
 */
@Injectable()
export class ShareCards {
  private readonly logger = new Logger('Cards');

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly decisions: Decisions,
    private readonly provider: MessagingProvider,
    private readonly lineCards: LineCards,
  ) {}

  async execute(): Promise<{ shared: number; failed: number }> {
    const decision = await this.decisions.begin(automation('share-contact-cards'));
    const { now, policy } = decision;
    const environment = await this.unitOfWork.read.environment.get();
    if (environment?.frozenAt !== null) return { shared: 0, failed: 0 };
    const acts = environment.actuators.share === 'auto';
    const lines = new Map<string, LineRecord>();
    for (const line of await this.unitOfWork.read.lines.list()) {
      // Nobody asked for the card just now, so it leaves only where a proactive message might.
      if (whyCannotSend(line, 'proactive') !== null) continue;
      // On V2 there may be none to share, in any thread of the line; the question costs no call there.
      const isSetUp = line.apiVersion === 'v3' || line.contactCardActive;
      if (isSetUp || (acts && (await this.lineCards.ensure(line.id, decision)))) {
        lines.set(line.id, line);
      }
    }
    const candidates = await this.unitOfWork.read.conversations.chatsToShare({
      lineIds: [...lines.keys()],
      activeSince: now - policy.cards.shareActiveWithinMinutes * MINUTE_MS,
      sharedBefore: now - policy.cards.shareEveryHours * HOUR_MS,
      refusedBefore: now - DAY_MS,
      maxShares: policy.cards.maxShares,
      limit: MAX_CANDIDATES,
    });
    const due = candidates
      .filter((each) => {
        const line = lines.get(each.chat.lineId);
        if (!line) return false;
        return whyNotShare({ ...stateOf(each), apiVersion: line.apiVersion }, now, policy) === null;
      })
      .slice(0, MAX_SHARES);
    if (!acts) {
      const { read } = this.unitOfWork;
      for (const { chat } of due) await withhold(read, decision, 'share', 'card.shared', chat.id);
      return { shared: 0, failed: 0 };
    }
    let shared = 0;
    for (const each of due) if (await this.share(each, decision)) shared += 1;
    return { shared, failed: due.length - shared };
  }

  private async share(candidate: ShareCandidate, decision: Decision): Promise<boolean> {
    const { chat, share, identity } = candidate;
    const { conversations } = this.unitOfWork.read;
    const isChanged = stateOf(candidate).changedSince;
    const before = { chatId: chat.id, identity, shares: isChanged ? 0 : share.shares };
    try {
      await this.lineCards.ensure(chat.lineId, decision);
    } catch (error) {
      // That is the line's trouble and not the thread's.
      this.told(error, chat.id);
      return false;
    }
    try {
      await this.provider.shareContactCard(chat.id);
    } catch (error) {
      if (PASSING.includes(this.told(error, chat.id).kind)) return false;
      const refusals = isChanged ? 1 : share.refusals + 1;
      await conversations.saveShare({ ...before, refusals, refusedAt: decision.now });
      return false;
    }
    const shared = { ...before, shares: before.shares + 1, refusals: 0, refusedAt: null };
    await conversations.saveShare(shared);
    await conversations.saveChats([
      { ...chat, lastSharedAt: decision.now, shares: chat.shares + 1 },
    ]);
    return true;
  }

  private told(error: unknown, chatId: string): ProviderProblem {
    if (!(error instanceof ProviderProblem)) throw error;
    const { kind, code } = error;
    this.logger.warn({ what: 'A card could not be shared', chatId, kind, code });
    return error;
  }
}

function stateOf({ chat, share, identity, hasInbound, hasOutbound }: ShareCandidate) {
  const { shares, refusals, refusedAt } = share;
  return {
    chatId: chat.id,
    ...{ hasInbound, hasOutbound, shares, refusals, refusedAt },
    lastActivityAt: chat.lastActivityAt,
    lastSharedAt: chat.lastSharedAt,
    changedSince: share.identity !== null && identity !== null && share.identity !== identity,
  };
}
