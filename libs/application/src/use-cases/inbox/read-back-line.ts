import { Injectable } from '@nestjs/common';
import { type EpochMs, HOUR_MS } from '@linekeeper/domain';
import {
  Clock,
  type GapReading,
  type GapRecord,
  type LineRecord,
  type ListedChat,
  MessagingProvider,
  ProviderProblem,
  spokenSince,
  UnitOfWork,
} from '../../ports';
import type { CallBudget } from './call-budget';
import { type Missed, ReadBackChat } from './read-back-chat';
import { isNewestFirst, reachesBack } from './reaches-back';
import { LineReading, SKEW_MS } from './line-reading';
import { TakeIn } from './take-in';

/**
 * Read once more although it is held for complete: a throttled message is sent up to half an hour after it was made,
 * which is what the list goes by.
 */
const OVERLAP_MS = HOUR_MS;
/** So many chats in a row that cannot be read: then it is not them, but the provider. */
const FAILURES_IN_A_ROW = 3;
/** What is said of one chat may be of that chat only. */
const OF_ONE_CHAT: readonly ProviderProblem['kind'][] = [
  'unavailable',
  'unknown-fate',
  'try-again',
];

/** Bodies that we write ourselves are of this version, whichever one the line speaks. */
const WRITTEN_IN = 'v3';

export interface LineReport {
  /** That were missing and are in the inbox now. */
  readonly events: number;
  readonly unreadable: number;
  /** Why it was not read to the end: no calls left, or what the provider said. */
  readonly stopped: 'budget' | ProviderProblem['kind'] | null;
}

/**
 * Reads the chats of a line back to where its messages are known to be complete, and puts what was missed into the inbox,
 * where it goes the way of every webhook. Each chat's events and how far the reading has come are one transaction: it
 * can be killed anywhere and goes on where it stopped; what is read twice is put in once.
 */
@Injectable()
export class ReadBackLine {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly provider: MessagingProvider,
    private readonly readBackChat: ReadBackChat,
    private readonly takeIn: TakeIn,
    private readonly clock: Clock,
  ) {}

  async execute(line: LineRecord, record: GapRecord, budget: CallBudget): Promise<LineReport> {
    const first = record.reading ?? firstPass(line, record, this.clock.now());
    const run = new LineReading(record, first);
    try {
      for (;;) {
        const reading = run.begin(this.clock.now());
        if (reading === null || !budget.isLeft) break;
        await this.page(line, reading, run, budget);
      }
    } catch (error) {
      if (!(error instanceof ProviderProblem)) throw error;
      // The cursor of a list may not outlive the list as it was: this pass begins anew.
      if (error.kind === 'invalid' && run.reading?.cursor) run.restart(this.clock.now());
      await this.unitOfWork.run((stores) => stores.gaps.save([run.record]));
      return { ...run.found, stopped: error.kind };
    }
    if (run.reading === null) return { ...run.found, stopped: null };
    await this.unitOfWork.run((stores) => stores.gaps.save([run.record]));
    return { ...run.found, stopped: 'budget' };
  }

  /** One page of the list of chats, as far as the budget goes. */
  private async page(
    line: LineRecord,
    reading: GapReading,
    run: LineReading,
    budget: CallBudget,
  ): Promise<void> {
    budget.spend();
    const page = await this.provider.chatsOf(line.phoneNumber, reading.cursor);
    run.found.unreadable += page.unreadable;
    const failed = await this.chats(page.rows, reading, run, budget);
    if (failed === 'budget') return;
    if (failed !== null && !run.givesUp(this.clock.now())) throw failed;
    const instants = page.rows.map(({ updatedAt }) => updatedAt);
    if (!isNewestFirst(instants)) run.noteDisorder();
    const isLast = page.next === null || reachesBack(instants, reading.chatsSince);
    run.pageDone(isLast ? null : page.next, this.clock.now());
    await this.unitOfWork.run((stores) => stores.gaps.save([run.record]));
  }

  /** All chats of a page that have news. One that cannot be read holds up no other; the last problem is the answer. */
  private async chats(
    rows: readonly ListedChat[],
    reading: GapReading,
    run: LineReading,
    budget: CallBudget,
  ): Promise<ProviderProblem | 'budget' | null> {
    // Who asks wants it read, whatever the counts say.
    const isAsked = run.record.cause === 'asked';
    const known = isAsked ? new Map<string, number>() : await this.knownIn(rows);
    let inARow = 0;
    let last: ProviderProblem | null = null;
    for (const chat of rows) {
      const isWhole = chat.messages !== null && chat.messages === known.get(chat.chatId);
      if (isWhole || hasNoNews(chat, reading) || run.isDone(chat)) continue;
      if (!budget.isLeft) return 'budget';
      try {
        const missed = await this.readBackChat.execute(chat, reading.messagesSince, budget);
        await this.keep(missed, run, chat);
        inARow = 0;
      } catch (error) {
        inARow += 1;
        if (!isOfOneChat(error) || inARow === FAILURES_IN_A_ROW) throw error;
        last = error;
        run.noteFailure(this.clock.now());
      }
    }
    return last;
  }

  /** The messages that we know of in the chats that tell how many they hold: on V2 nothing else says that one has news. */
  private knownIn(rows: readonly ListedChat[]): Promise<Map<string, number>> {
    const counted = rows.filter(({ messages }) => messages !== null);
    return this.unitOfWork.read.messages.countsIn(counted.map(({ chatId }) => chatId));
  }

  private async keep(
    { bodies, unreadable }: Missed,
    run: LineReading,
    chat: ListedChat,
  ): Promise<void> {
    run.chatDone(chat);
    run.found.unreadable += unreadable;
    if (bodies.length === 0) return;
    run.found.events += await this.unitOfWork.run(async (stores) => {
      await stores.gaps.save([run.record]);
      return this.takeIn.store(stores, WRITTEN_IN, bodies);
    });
    this.takeIn.notify();
  }
}

function firstPass(line: LineRecord, { completeUntil }: GapRecord, now: EpochMs): GapReading {
  // What a line carried in another version has other ids there, and was told in that one.
  const began = Math.max(line.createdAt, spokenSince(line));
  const since = Math.max(completeUntil - OVERLAP_MS, began);
  return {
    pass: 1,
    startedAt: now,
    failingSince: null,
    isSorted: true,
    chatsSince: since - SKEW_MS,
    messagesSince: since,
    cursor: null,
    pages: 0,
    done: [],
  };
}

function hasNoNews({ updatedAt }: ListedChat, { chatsSince }: GapReading): boolean {
  return updatedAt !== null && updatedAt < chatsSince;
}

function isOfOneChat(error: unknown): error is ProviderProblem {
  return error instanceof ProviderProblem && OF_ONE_CHAT.includes(error.kind);
}
