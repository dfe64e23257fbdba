import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { APIError, LinqAPIV3 } from '@linqapp/sdk';
import { HttpFailure, type JsonClient } from './http';

interface SendAnswer {
  readonly decision: 'send' | 'defer' | 'refuse';
  readonly class: string;
  readonly line?: { readonly phoneNumber: string };
  readonly chatId?: string;
  readonly reservationId?: string;
  readonly idempotencyKey?: string;
  readonly retryAt?: string;
  readonly firstText?: string;
  readonly reasons: readonly { readonly code: string }[];
}

interface ReceivedEvent {
  readonly event_type: string;
  readonly event_id: string;
  readonly data: {
    readonly sender_handle: { readonly handle: string };
    readonly parts: readonly { readonly type: string; readonly value?: string }[];
  };
}

export interface SampleCounts {
  received: number;
  answered: number;
  deferred: number;
  refused: number;
}

const ANSWERS = [
  'Good question, let me look.',
  'Done!',
  'Here is what I found.',
  'Noted, thank you.',
  'On it.',
];
/** Calls to the service at a time: an app of this size has a handful of workers. */
const WORKERS = 8;

/**
 * A conversational product in small: Linq tells it what people write, it asks Linekeeper whether and from where to
 * answer, and answers through Linq's own SDK.
 */
export class SampleApp {
  readonly counts: SampleCounts = { received: 0, answered: 0, deferred: 0, refused: 0 };
  /** The class under which the gate let each message out, by its key. */
  readonly classes = new Map<string, string>();
  private readonly linq: LinqAPIV3;
  private readonly seen = new Set<string>();
  /** People who wait for an answer. */
  private readonly backlog: string[] = [];
  private later: { readonly handle: string; readonly at: number }[] = [];
  private secret = '';
  private server: Server | null = null;
  private working = 0;
  private idleListeners: (() => void)[] = [];
  private turn = 0;

  constructor(
    private readonly api: JsonClient,
    simulatorUrl: string,
    simulatorToken: string,
  ) {
    this.linq = new LinqAPIV3({
      apiKey: simulatorToken,
      baseURL: `${simulatorUrl}/api/partner`,
      maxRetries: 0,
    });
  }

  /** Listens on a free port and subscribes to what people write. */
  async start(): Promise<void> {
    const port = await this.listen();
    const target = `http://127.0.0.1:${port}/sample-app?version=2026-02-03`;
    // Subscriptions of earlier starts point at ports that nobody listens on any more.
    const { subscriptions } = await this.linq.webhookSubscriptions.list();
    for (const each of subscriptions) {
      if (each.target_url.includes('/sample-app'))
        await this.linq.webhookSubscriptions.delete(each.id);
    }
    const created = await this.linq.webhookSubscriptions.create({
      target_url: target,
      subscribed_events: ['message.received'],
    });
    this.secret = created.signing_secret;
  }

  stop(): void {
    this.server?.close();
  }

  /** Answers everything that waits at `nowMs`; the instant at which a put-off answer may be tried again. */
  async workUntilIdle(nowMs: number): Promise<number | null> {
    const due = this.later.filter(({ at }) => at <= nowMs);
    this.later = this.later.filter(({ at }) => at > nowMs);
    for (const { handle } of due) this.enqueue(handle);
    if (this.working > 0) await new Promise<void>((resolve) => this.idleListeners.push(resolve));
    return this.later.length === 0 ? null : Math.min(...this.later.map(({ at }) => at));
  }

  /** Answers that the gate put off and that are still to come. */
  get waiting(): number {
    return this.later.length;
  }

  /** Writes to a person on the app's own account. Answers whether the gate let it. */
  async writeTo(handle: string, text: string): Promise<SendAnswer['decision']> {
    const answer = await this.api.post<SendAnswer>('/v1/sends', { handle, class: 'proactive' });
    if (answer.decision === 'send') await this.send(handle, answer, text);
    return answer.decision;
  }

  private listen(): Promise<number> {
    return new Promise((resolve) => {
      const server = createServer((request, response) => {
        void readBody(request).then((body) => {
          const genuine = this.isSigned(request, body);
          response.writeHead(genuine ? 204 : 401).end();
          if (genuine) this.take(JSON.parse(body) as ReceivedEvent);
        });
      });
      server.listen(0, '127.0.0.1', () => {
        const address = server.address();
        resolve(typeof address === 'object' && address ? address.port : 0);
      });
      this.server = server;
    });
  }

  /** Standard Webhooks. The clock is virtual here, so the age of the timestamp is not judged. */
  private isSigned(request: IncomingMessage, body: string): boolean {
    const {
      'webhook-id': id,
      'webhook-timestamp': at,
      'webhook-signature': given,
    } = request.headers;
    const key = Buffer.from(this.secret.replace('whsec_', ''), 'base64');
    const expected = `v1,${createHmac('sha256', key)
      .update(`${String(id)}.${String(at)}.${body}`)
      .digest('base64')}`;
    const actual = String(given);
    return (
      actual.length === expected.length &&
      timingSafeEqual(Buffer.from(actual), Buffer.from(expected))
    );
  }

  private take(event: ReceivedEvent): void {
    if (event.event_type !== 'message.received' || this.seen.has(event.event_id)) return;
    this.seen.add(event.event_id);
    this.counts.received += 1;
    this.enqueue(event.data.sender_handle.handle);
  }

  private enqueue(handle: string): void {
    this.backlog.push(handle);
    if (this.working < WORKERS) void this.work();
  }

  private async work(): Promise<void> {
    this.working += 1;
    for (let handle = this.backlog.shift(); handle; handle = this.backlog.shift()) {
      await this.answer(handle).catch((error: unknown) => {
        console.error(`sample app: ${error instanceof Error ? error.message : String(error)}`);
      });
    }
    this.working -= 1;
    if (this.working > 0) return;
    for (const listener of this.idleListeners.splice(0)) listener();
  }

  private async answer(handle: string): Promise<void> {
    const answer = await this.ask(handle);
    if (answer === null || answer.decision === 'refuse') this.counts.refused += 1;
    else if (answer.decision === 'defer') {
      this.counts.deferred += 1;
      if (answer.retryAt) this.later.push({ handle, at: Date.parse(answer.retryAt) });
    } else {
      this.turn += 1;
      const sent = await this.send(handle, answer, ANSWERS[this.turn % ANSWERS.length] ?? 'Noted.');
      this.counts[sent ? 'answered' : 'refused'] += 1;
    }
  }

  /**
   * Asks the gate. Our webhook may be a moment ahead of Linekeeper's own; then this is no reply yet, and asked again.
   */
  private async ask(handle: string): Promise<SendAnswer | null> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        const answer = await this.api.post<SendAnswer>('/v1/sends', { handle, class: 'reply' });
        const early =
          answer.decision !== 'refuse' &&
          !answer.reasons.some(({ code }) => code === 'class-reply');
        if (!early || attempt === MAX_ASKS) return answer;
        if (answer.reservationId) await this.api.post(`/v1/sends/${answer.reservationId}/release`);
      } catch (error) {
        if (!(error instanceof HttpFailure) || error.status !== 404 || attempt === MAX_ASKS)
          throw error;
      }
      await pause(ASK_AGAIN_MS * attempt);
    }
  }

  /** False: the person said stop a moment ago, and Linq knew before Linekeeper did. */
  private async send(handle: string, answer: SendAnswer, text: string): Promise<boolean> {
    const { line, chatId, reservationId, idempotencyKey } = answer;
    if (!line || !reservationId || !idempotencyKey) return false;
    this.classes.set(idempotencyKey, answer.class);
    const words = answer.firstText === 'prefix' ? `It is me, from another number. ${text}` : text;
    const message = {
      parts: [{ type: 'text' as const, value: words }],
      idempotency_key: idempotencyKey,
    };
    try {
      if (chatId) await this.linq.chats.messages.send(chatId, { message });
      else await this.linq.chats.create({ from: line.phoneNumber, to: [handle], message });
      return true;
    } catch (error) {
      await this.api.post(`/v1/sends/${reservationId}/settle`, { outcome: 'failed' });
      if (isOptedOut(error)) return false;
      throw error;
    }
  }
}

/** On a busy machine Linekeeper may be most of a second behind. */
const MAX_ASKS = 12;
const ASK_AGAIN_MS = 15;

const OPTED_OUT = 2024;

function isOptedOut(error: unknown): boolean {
  const body: unknown = error instanceof APIError ? error.error : null;
  return JSON.stringify(body).includes(`"code":${OPTED_OUT}`);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
