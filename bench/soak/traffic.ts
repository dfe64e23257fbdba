import { setTimeout as pause } from 'node:timers/promises';
import { SystemClock } from '@linekeeper/infrastructure';
import type { Request } from 'autocannon';
import { nextId } from '../paths/ids';
import { sendTo, signed } from '../paths/requests';
import { messageEvent, type Person } from './messages';

/** Messages are begun so often. */
const BEAT_MS = 100;
/** The provider tries again after a while what was not acknowledged. */
const RETRY_MS = [500, 1_000, 2_000, 5_000] as const;
const DOUBLED = 0.05;
/** Of the inbound messages so many are answered, when the gate lets them. */
const ANSWERED = 0.4;
/** The provider takes up to this long to tell of what was sent; what is told meanwhile overtakes it. */
const LATE_MS = 2_000;
const ANSWER_TIMEOUT_MS = 10_000;

const clock = new SystemClock();

/** People write and are answered, and the provider tells of it until it is heard. */
export class Traffic {
  /** Messages of which at least one telling was acknowledged: each is to count once. */
  readonly acknowledged = new Set<string>();
  readonly totals = { told: 0, retried: 0, asked: 0, refused: 0, unanswered: 0 };
  private underWay = 0;
  private over = false;

  constructor(
    private readonly services: readonly string[],
    private readonly people: readonly Person[],
    private readonly perSecond: number,
    private readonly random: () => number,
  ) {}

  async run(): Promise<void> {
    const each = (this.perSecond * BEAT_MS) / 1_000 / (1 + ANSWERED);
    for (let owed = 0; !this.over;) {
      for (owed += each; owed >= 1; owed -= 1) void this.exchange(this.pick(this.people));
      await pause(BEAT_MS);
    }
  }

  /** Begins nothing more; resolves when all that was begun has been heard. */
  async end(): Promise<void> {
    this.over = true;
    while (this.underWay > 0) await pause(BEAT_MS);
  }

  private async exchange(person: Person): Promise<void> {
    this.underWay += 1;
    try {
      await this.tell(person, 'message.received', nextId(), null);
      if (this.random() < ANSWERED) await this.answer(person);
    } finally {
      this.underWay -= 1;
    }
  }

  private async answer(person: Person): Promise<void> {
    this.totals.asked += 1;
    const asked = await this.post(sendTo([person.id])()).catch(() => null);
    if (!asked?.ok) {
      this.totals.unanswered += 1;
      return;
    }
    const { decision, idempotencyKey = null } = (await asked.json()) as {
      decision: string;
      idempotencyKey?: string;
    };
    if (decision !== 'send') {
      this.totals.refused += 1;
      return;
    }
    const id = nextId();
    await Promise.all([
      this.tell(person, 'message.sent', id, idempotencyKey),
      this.tell(person, 'message.delivered', id, idempotencyKey),
    ]);
  }

  /** Tells an event until it is acknowledged; some are told once more although they were. */
  private async tell(
    person: Person,
    type: Parameters<typeof messageEvent>[0],
    messageId: string,
    key: string | null,
  ): Promise<void> {
    const at = new Date(clock.now()).toISOString();
    const event = messageEvent(type, person, messageId, at, key);
    await pause(this.random() * (type === 'message.received' ? 0 : LATE_MS));
    for (let tries = 0; ; tries += 1) {
      this.totals.told += 1;
      const answer = await this.post(signed(event, clock.now())).catch(() => null);
      if (answer?.ok) break;
      this.totals.retried += 1;
      await pause(RETRY_MS[Math.min(tries, RETRY_MS.length - 1)] ?? 0);
    }
    this.acknowledged.add(messageId);
    if (this.random() < DOUBLED) await this.post(signed(event, clock.now())).catch(() => null);
  }

  private async post({ path = '', headers, body }: Request): Promise<Response> {
    const answer = await fetch(`${this.pick(this.services)}${path}`, {
      method: 'POST',
      headers: headers as Record<string, string>,
      body: String(body),
      signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
    });
    return answer;
  }

  private pick<T>(from: readonly T[]): T {
    const picked = from[Math.floor(this.random() * from.length)];
    if (picked === undefined) throw new Error('Nothing to pick from');
    return picked;
  }
}
