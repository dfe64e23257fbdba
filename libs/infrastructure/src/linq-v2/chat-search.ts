import { FOUND_CHAT, type ListedMessage, MESSAGE_PAGE, type ToldChat } from './answers';
import { expected } from '../linq/expected';
import type { V2Client } from './v2-client';

const PAGE_SIZE = 100;
/** More than the largest account we know of; beyond it a list of lines is not gone through one by one. */
const MAX_LINES = 500;

/** Finds in V2 what it does not tell outright. Throws what the client throws. */
export class ChatSearch {
  constructor(private readonly client: V2Client) {}

  /** The first chat of a line with exactly these people, or null. */
  async find(line: string, people: readonly string[], timeoutMs: number): Promise<ToldChat | null> {
    const query = [
      ['phone_number', line] as const,
      ...people.map((person) => ['phone_numbers[]', person] as const),
    ];
    const request = { method: 'GET', path: '/chats/find', query, timeoutMs } as const;
    return expected(FOUND_CHAT, await this.client.ask(request)).data.chat;
  }

  /** On which of the lines a chat is; null when it is on none. Questions: few when we have written there, else one a line. */
  async lineOf(
    chat: ToldChat,
    lines: readonly string[],
    timeoutMs: number,
  ): Promise<string | null> {
    const ours = new Set(lines);
    const [member] = chat.handles.filter((handle) => ours.has(handle));
    if (member !== undefined) return member;
    for (const { from } of await this.latest(chat.chatId, timeoutMs)) {
      if (from !== null && ours.has(from)) return from;
    }
    for (const line of lines.slice(0, MAX_LINES)) {
      const found = await this.find(line, chat.handles, timeoutMs);
      if (found?.chatId === chat.chatId) return line;
    }
    return null;
  }

  /** The latest messages of a chat, in no order: which end of the list V2 begins with is published nowhere. */
  async latest(chatId: string, timeoutMs: number): Promise<ListedMessage[]> {
    const first = await this.page(chatId, 1, timeoutMs);
    const last = first.meta.total_pages;
    return last <= 1
      ? first.data
      : [...first.data, ...(await this.page(chatId, last, timeoutMs)).data];
  }

  private async page(
    chatId: string,
    page: number,
    timeoutMs: number,
  ): Promise<ReturnType<typeof MESSAGE_PAGE.parse>> {
    const query = [
      ['page', String(page)],
      ['per_page', String(PAGE_SIZE)],
    ] as const;
    const path = `/chats/${chatId}/chat_messages`;
    const answer = await this.client.ask({ method: 'GET', path, query, timeoutMs });
    return expected(MESSAGE_PAGE, answer);
  }
}
