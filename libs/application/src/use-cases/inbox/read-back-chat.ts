import { Injectable } from '@nestjs/common';
import type { EpochMs } from '@linekeeper/domain';
import {
  Clock,
  type ListedChat,
  type ListedMessage,
  type ListPage,
  MessagingProvider,
  ProviderEventWriter,
  ProviderProblem,
  UnitOfWork,
} from '../../ports';
import type { CallBudget } from './call-budget';
import { missedChat, missedEventsOf } from './missed-events';
import { reachesBack } from './reaches-back';

/** Five thousand messages of one thread in one gap: more is a list that does not end. */
const MAX_PAGES = 50;

/** What a chat holds that no webhook told of. */
export interface Missed {
  readonly bodies: readonly Buffer[];
  /** Rows of the list that could not be read, or that did not fit. */
  readonly unreadable: number;
}

/** Compares the messages of one chat with ours. Writes nothing. */
@Injectable()
export class ReadBackChat {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly provider: MessagingProvider,
    private readonly writer: ProviderEventWriter,
    private readonly clock: Clock,
  ) {}

  /** What was sent at or after `since` and is missing, oldest first. May throw {@link ProviderProblem}. */
  async execute(chat: ListedChat, since: EpochMs, budget: CallBudget): Promise<Missed> {
    const { rows, unreadable } = await this.messages(chat, since, budget);
    if (rows.length === 0) return { bodies: [], unreadable };
    const { read } = this.unitOfWork;
    const ids = rows.map(({ messageId }) => messageId);
    const known = new Map((await read.messages.byIds(ids)).map((each) => [each.id, each]));
    const events = rows
      .sort((one, other) => one.at - other.at)
      .flatMap((message) => missedEventsOf(chat, message, known.get(message.messageId)));
    const [first] = events;
    if (first === undefined) return { bodies: [], unreadable };
    const [thread] = await read.conversations.chats([chat.chatId]);
    const all = [...(thread ? [] : [missedChat(chat, first.at)]), ...events];
    const now = this.clock.now();
    return { bodies: all.map((event) => this.writer.write(event, now)), unreadable };
  }

  /** Pages of the chat until one reaches back to `since`, each message once. */
  private async messages(
    chat: ListedChat,
    since: EpochMs,
    budget: CallBudget,
  ): Promise<{ rows: ListedMessage[]; unreadable: number }> {
    const found = new Map<string, ListedMessage>();
    let cursor: string | null = null;
    let unreadable = 0;
    for (let pages = 0; pages < MAX_PAGES; pages += 1) {
      budget.spend();
      const page = await this.page(chat, cursor);
      if (page === null) return { rows: [], unreadable };
      unreadable += page.unreadable;
      for (const each of page.rows) if (each.at >= since) found.set(each.messageId, each);
      const instants = page.rows.map(({ madeAt }) => madeAt);
      if (page.next === null || reachesBack(instants, since)) {
        return { rows: [...found.values()], unreadable };
      }
      cursor = page.next;
    }
    return { rows: [...found.values()], unreadable: unreadable + 1 };
  }

  /** Null for a chat that is gone or cannot be asked for: nothing can be read back from it. */
  private async page(
    chat: ListedChat,
    cursor: string | null,
  ): Promise<ListPage<ListedMessage> | null> {
    try {
      return await this.provider.messagesOf(chat, cursor);
    } catch (error) {
      const kind = error instanceof ProviderProblem ? error.kind : null;
      if (kind === 'not-found' || (kind === 'invalid' && cursor === null)) return null;
      throw error;
    }
  }
}
