import {
  type OutboundText,
  ProviderProblem,
  type ProviderProblemKind,
} from '@linekeeper/application';
import type { EpochMs } from '@linekeeper/domain';
import { CHAT_CREATED, MESSAGE_SENT } from './answers';
import type { ChatSearch } from './chat-search';
import { problemOf } from './errors';
import { expected } from '../linq/expected';
import { messageIdOf, numberOf } from './ids';
import { upstreamKey } from './keys';
import { RecentSends } from './recent-sends';
import { type Trace, traceOf } from './sent-message';
import type { V2Client, V2Request } from './v2-client';

/** Each look after a lost answer is at most three questions, so this keeps a send well within two minutes. */
const LOOK_TIMEOUT_MS = 5_000;
const SEND_TRIES = 2;
const SEND_PAUSE_MS = 1_000;
const RETRIED: ReadonlySet<ProviderProblemKind> = new Set([
  'unknown-fate',
  'unavailable',
  'try-again',
]);
/** The status of a first message that V2 took and will not send. */
const NOT_SENT = 'rate_limit_exceeded';

export interface SentText {
  readonly messageId: string;
  readonly chatId: string;
}

/** What was taken, and the word with which it was. */
interface Taken {
  readonly chatId: string;
  readonly number: string;
  readonly status: string | null;
}

export interface TextSenderOptions {
  /** The clock that the provider's times are compared with. */
  readonly now: () => EpochMs;
  /** Real waiting between two tries. */
  readonly wait: (ms: number) => Promise<void>;
  /** Milliseconds for the whole answer to one try. */
  readonly timeoutMs: number;
}

/** Sends texts over V2, and nothing a second time of which it may be that it was sent. */
export class TextSender {
  private readonly recent = new RecentSends();

  constructor(
    private readonly client: V2Client,
    private readonly search: ChatSearch,
    private readonly options: TextSenderOptions,
  ) {}

  /**
   * The key goes upstream, but how long V2 remembers one is published nowhere, and for the first message of a chat not
   * even that it does. So after a lost answer nothing is sent again before a look at the chat: a message that is there
   * is the answer, and only where there is none the same key goes out once more. What stays open is `unknown-fate`.
   */
  async send(message: OutboundText): Promise<SentText> {
    const firstTryAt = this.options.now();
    let doubtful = false;
    for (let attempt = 1; ; attempt += 1) {
      try {
        return this.noted(await this.sendOnce(message), message);
      } catch (error) {
        const problem = problemOf(error, 'unknown-fate');
        doubtful ||= problem.kind === 'unknown-fate';
        const again = attempt < SEND_TRIES && RETRIED.has(problem.kind);
        if (!doubtful && !again) throw problem;
        await this.options.wait(SEND_PAUSE_MS * 2 ** (attempt - 1));
        if (!doubtful) continue;
        const seen = await this.look(message, firstTryAt);
        if (typeof seen !== 'string') return this.noted(seen, message);
        if (seen === 'unclear' || !again) throw inDoubt(problem);
      }
    }
  }

  private async sendOnce(message: OutboundText): Promise<SentText> {
    const { timeoutMs } = this.options;
    const { chatId, status, number } =
      message.chatId === null
        ? await this.begin(message, timeoutMs)
        : await this.write(message.chatId, message, timeoutMs);
    if (status === NOT_SENT) {
      const text = 'The provider took the message and says that it is over the rate limit';
      throw new ProviderProblem('rate-limited', text, null, null, null);
    }
    return { messageId: messageIdOf(chatId, number), chatId };
  }

  /** Into the chat of the line with that person, which is made when there is none. */
  private async begin(message: OutboundText, timeoutMs: number): Promise<Taken> {
    const json = {
      send_from: message.fromPhoneNumber,
      chat: { phone_numbers: [message.to] },
      message: { text: message.text, idempotency_key: upstreamKey(message.idempotencyKey) },
    };
    const request: V2Request = { method: 'POST', path: '/chats', json, timeoutMs };
    const { data } = expected(CHAT_CREATED, await this.client.ask(request));
    const { id: number, delivery_status: status } = data.chat_messages;
    return { chatId: data.id, number, status: status ?? null };
  }

  private async write(chatId: string, message: OutboundText, timeoutMs: number): Promise<Taken> {
    const form = {
      'message[text]': message.text,
      'message[idempotency_key]': upstreamKey(message.idempotencyKey),
    };
    const path = `/chats/${numberOf(chatId)}/chat_messages`;
    const answer = await this.client.ask({ method: 'POST', path, form, timeoutMs });
    const { id: number, delivery_status: status } = expected(MESSAGE_SENT, answer).data;
    return { chatId, number, status: status ?? null };
  }

  /** A send whose answer was lost: where it is, that it is nowhere, or that this cannot be said. */
  private async look(
    message: OutboundText,
    firstTryAt: EpochMs,
  ): Promise<SentText | 'absent' | 'unclear'> {
    try {
      const { chatId, trace } = await this.traceOf(message, firstTryAt);
      if (trace.kind === 'ambiguous') return 'unclear';
      if (trace.kind === 'absent' || chatId === null) return 'absent';
      return { messageId: messageIdOf(chatId, trace.number), chatId };
    } catch {
      // Whatever kept us from looking, it tells nothing about the message.
      return 'unclear';
    }
  }

  private async traceOf(
    message: OutboundText,
    firstTryAt: EpochMs,
  ): Promise<{ readonly chatId: string | null; readonly trace: Trace }> {
    const { fromPhoneNumber, to } = message;
    const chatId =
      message.chatId ??
      (await this.search.find(fromPhoneNumber, [to], LOOK_TIMEOUT_MS))?.chatId ??
      null;
    if (chatId === null) return { chatId, trace: { kind: 'absent' } };
    const listed = (await this.search.latest(chatId, LOOK_TIMEOUT_MS)).filter(
      ({ number }) =>
        !this.recent.isOfAnotherKey(messageIdOf(chatId, number), message.idempotencyKey),
    );
    return { chatId, trace: traceOf(listed, message, firstTryAt) };
  }

  private noted(sent: SentText, { idempotencyKey }: OutboundText): SentText {
    this.recent.note(sent.messageId, idempotencyKey);
    return sent;
  }
}

/** A refusal after a try of unknown fate proves nothing about that try. */
function inDoubt(last: ProviderProblem): ProviderProblem {
  if (last.kind === 'unknown-fate') return last;
  const text = `An earlier try may have been accepted; then: ${last.message}`;
  return new ProviderProblem('unknown-fate', text, null, last.retryAfterSeconds, null);
}
