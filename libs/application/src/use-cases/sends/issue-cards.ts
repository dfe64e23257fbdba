import { Injectable, Logger } from '@nestjs/common';
import { DAY_MS, MINUTE_MS } from '@linekeeper/domain';
import { automation } from '../../actor';
import {
  type CardMessageNews,
  type CardOwed,
  MessagingProvider,
  ProviderProblem,
  type Stores,
  UnitOfWork,
  versionOfId,
} from '../../ports';
import { Refusal } from '../../refusal';
import { ContactCards } from '../people/contact-cards';
import { type Decision, Decisions, EVERY_POOL, poolOf, withhold } from '../shared';
import { RequestSend } from './request-send';
import type { SendAnswer } from './send-answer';
import { SettleSend } from './settle-send';

const ACTOR = automation('issue-cards');
/** Cards sent in one run: the next run comes soon enough for the others. */
const MAX_CARDS = 20;
/** People looked at in one run. The gate may hold many of them back, who must not stand before the others. */
const MAX_LOOKED_AT = 100;
/**
 * Who wrote within this time is taken for active. Three rounds of the job: one that a dying process missed, or that came just
 * before our answer, costs nobody the moment.
 */
const ACTIVE_MS = 15 * MINUTE_MS;
/** After a card message, whatever became of it, the same person gets no other for so long. */
const TRY_AGAIN_MS = DAY_MS;
/** News of a message that come later than this change nothing any more. */
const LISTEN_MS = 3 * DAY_MS;
/** Card messages looked at in one run for what has become of them. */
const MAX_NEWS = 200;

/**
 * Sends their card to people who are to be given one, as a file in the thread they are writing in: never as the first message
 * of ours, and only where the gate lets a reply out. What went counts as sent once the provider says so, and as
 * delivered once it was.
 */
@Injectable()
export class IssueCards {
  private readonly logger = new Logger('Cards');

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly decisions: Decisions,
    private readonly provider: MessagingProvider,
    private readonly cards: ContactCards,
    private readonly requestSend: RequestSend,
    private readonly settleSend: SettleSend,
  ) {}

  async execute(): Promise<{ sent: number; held: number; learned: number }> {
    const decision = await this.decisions.begin(ACTOR);
    const { now, policy } = decision;
    const { read } = this.unitOfWork;
    const done = { sent: 0, held: 0, learned: 0 };
    for (const news of await read.cards.messagesBehind(now - LISTEN_MS, MAX_NEWS)) {
      await this.unitOfWork.run((stores) => learn(stores, news, decision));
      done.learned += 1;
    }
    const environment = await read.environment.get();
    if (!policy.cards.sendAsMessage || environment?.frozenAt !== null) return done;
    const owed = await read.cards.owed({
      activeSince: now - ACTIVE_MS,
      tried: now - TRY_AGAIN_MS,
      reissued: now - policy.cards.reissueDays * DAY_MS,
      limit: MAX_LOOKED_AT,
    });
    if (environment.actuators['re-issue'] !== 'auto') {
      for (const { userId } of owed) {
        await withhold(read, decision, 're-issue', 'card.sent', userId);
      }
      return done;
    }
    for (const each of owed) {
      if (done.sent === MAX_CARDS) break;
      const sent = await this.issue(each, decision).catch(notJustNow);
      if (sent) done.sent += 1;
      else done.held += 1;
    }
    return done;
  }

  private async issue({ userId, poolId }: CardOwed, decision: Decision): Promise<boolean> {
    const { read } = this.unitOfWork;
    const { slug: pool } = await poolOf(read, poolId);
    const card = await this.cards.of(userId, pool, EVERY_POOL);
    const attachmentId = await this.uploaded(card);
    if (attachmentId === null) return false;
    const request = {
      userId,
      pool,
      poolIds: EVERY_POOL,
      askedClass: 'reply',
      messages: 1,
    } as const;
    const answer = await this.requestSend.execute(request, ACTOR);
    const sendId = answer.reservationId;
    if (sendId === null) return false;
    if (!mayCarryCard(answer) || answer.line === null) {
      await this.settleSend.release(sendId, ACTOR, EVERY_POOL);
      return false;
    }
    const { version } = card;
    await read.cards.addMessage({ sendId, userId, version, state: 'asked', at: decision.now });
    try {
      const sent = await this.provider.send({
        fromPhoneNumber: answer.line.phoneNumber,
        to: '',
        chatId: answer.chatId,
        text: '',
        attachmentId,
        idempotencyKey: sendId,
      });
      const outcome = { outcome: 'accepted', ...sent } as const;
      await this.settleSend.execute(sendId, outcome, ACTOR, EVERY_POOL);
      return true;
    } catch (error) {
      if (!(error instanceof ProviderProblem)) throw error;
      const { kind, code } = error;
      this.logger.warn({ what: 'A card was not sent', sendId, kind, code });
      // Of unknown fate, it stays as it is until its message is heard of or its hold ends.
      const outcome = kind === 'unknown-fate' ? 'unknown' : 'failed';
      await this.settleSend.execute(sendId, { outcome }, ACTOR, EVERY_POOL);
      return false;
    }
  }

  /** The provider's name of the card's file, uploaded once for everybody who gets this card; null when it took none. */
  private async uploaded(card: { version: string; vcf: string }): Promise<string | null> {
    const { cards } = this.unitOfWork.read;
    const known = await cards.attachment(card.version);
    if (known !== null) return known;
    try {
      const id = await this.provider.uploadFile({
        name: 'contact.vcf',
        contentType: 'text/vcard',
        bytes: new TextEncoder().encode(card.vcf),
      });
      await cards.keepAttachment(card.version, id);
      return id;
    } catch (error) {
      if (!(error instanceof ProviderProblem)) throw error;
      this.logger.warn({
        what: 'A card was not uploaded',
        version: card.version,
        kind: error.kind,
      });
      return null;
    }
  }
}

/** Whoever was erased or merged since they were looked up, or changes too fast, gets no card in this run. */
function notJustNow(error: unknown): false {
  if (error instanceof Refusal) return false;
  throw error;
}

/** A card is a reply in a thread that is there, from a number the person need not be told about. V2 takes no files. */
function mayCarryCard(answer: SendAnswer): boolean {
  const { class: kind, chatId, newConversation, firstText, wouldBe } = answer;
  const isReply = answer.decision === 'send' && kind === 'reply' && wouldBe === null;
  const takesFiles = answer.line?.apiVersion === 'v3' && versionOfId(chatId ?? '') === 'v3';
  return isReply && chatId !== null && takesFiles && !newConversation && firstText === null;
}

/** Notes what has become of a card message: the numbers on it are held once it was sent, and not when it failed after that. */
async function learn(stores: Stores, news: CardMessageNews, decision: Decision): Promise<void> {
  const { sendId, userId, version, state, before } = news;
  await stores.merges.keepOut();
  await stores.cards.advanceMessage(sendId, state);
  if (state === 'failed' && before === 'sent') await stores.cards.takeBackSent(sendId);
  if (state !== 'sent' && state !== 'delivered') return;
  const card = await stores.cards.byVersion(version);
  const lines = card ? await stores.lines.byPhoneNumbers(card.numbers) : [];
  if (before === 'asked' || before === 'failed') {
    const { actor } = decision;
    await stores.cards.recordSent({
      id: sendId,
      userId,
      version,
      channel: 'chat',
      actor,
      at: news.at,
    });
  }
  await stores.cards.know(
    lines.map(({ id: lineId, phoneNumber }) => ({
      userId,
      lineId,
      sureness: state,
      position: card?.numbers.indexOf(phoneNumber) ?? 0,
    })),
    decision.now,
  );
}
