import { Injectable, Logger } from '@nestjs/common';
import { HOUR_MS, MINUTE_MS, whyCannotSend } from '@linekeeper/domain';
import { automation } from '../../actor';
import { type ChatRecord, MessagingProvider, ProviderProblem, UnitOfWork } from '../../ports';
import { type Decision, Decisions } from '../shared';
import { LineCards } from './line-cards';

/** Threads in one run: the next run comes soon enough for the others. */
const MAX_SHARES = 50;

/** Shares the line's own contact card into threads that are alive, once a day each and a few times in all. */
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
    if (environment?.actuators.share !== 'auto' || environment.frozenAt !== null) {
      return { shared: 0, failed: 0 };
    }
    const lines = await this.unitOfWork.read.lines.list();
    const chats = await this.unitOfWork.read.conversations.chatsToShare({
      // Nobody asked for the card just now, so it leaves only where a proactive message might.
      lineIds: lines
        .filter((line) => whyCannotSend(line, 'proactive') === null)
        .map(({ id }) => id),
      activeSince: now - policy.cards.shareActiveWithinMinutes * MINUTE_MS,
      sharedBefore: now - policy.cards.shareEveryHours * HOUR_MS,
      maxShares: policy.cards.maxShares,
      limit: MAX_SHARES,
    });
    let shared = 0;
    for (const chat of chats) if (await this.share(chat, decision)) shared += 1;
    return { shared, failed: chats.length - shared };
  }

  private async share(chat: ChatRecord, decision: Decision): Promise<boolean> {
    try {
      await this.lineCards.ensure(chat.lineId, decision);
      await this.provider.shareContactCard(chat.id);
    } catch (error) {
      if (!(error instanceof ProviderProblem)) throw error;
      this.logger.warn({
        what: 'A card could not be shared',
        chatId: chat.id,
        kind: error.kind,
        code: error.code,
      });
      return false;
    }
    await this.unitOfWork.read.conversations.saveChats([
      { ...chat, lastSharedAt: decision.now, shares: chat.shares + 1 },
    ]);
    return true;
  }
}
