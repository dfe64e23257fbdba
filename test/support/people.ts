import type { LinqAPIV3 } from '@linqapp/sdk';
import { type Onboarded, personNumber, type SendAnswer } from './fleet';
import { ok } from './http';
import type { TestService } from './service';
import type { TestSimulator } from './simulator';
import { sdkOf } from './webhook-catcher';

export interface Person {
  readonly handle: string;
  readonly userId: string;
  /** Numbers on the card that they were sent; empty for who was sent none. */
  readonly card: readonly string[];
  /** The number they write to. */
  writesTo: string;
}

/** A small conversational app and the people it talks with, for tests of the whole. */
export class People {
  readonly all: Person[] = [];
  private readonly linq: LinqAPIV3;

  constructor(
    private readonly service: Pick<TestService, 'app'>,
    private readonly simulator: TestSimulator,
  ) {
    this.linq = sdkOf(simulator);
  }

  /** Onboards the next person, or null when there is no room; one in ten is never sent the card. */
  async join(perDay: number): Promise<Person | null> {
    const handle = personNumber(this.all.length);
    const answer = await this.service.app.post<Onboarded & { code?: string }>('/v1/users', {
      handle,
      startedBy: 'inbound',
      expectedMessagesPerDay: perDay,
    });
    if (answer.body.code === 'fleet.no_capacity') return null;
    const { user, assignment, contactCard } = await ok(Promise.resolve(answer));
    const getsCard = this.all.length % 10 !== 9;
    if (getsCard) {
      await ok(
        this.service.app.post(`/v1/users/${user.id}/contact-card/sent`, {
          version: contactCard.version,
          channel: 'link',
        }),
      );
    }
    const numbers = [assignment.line, ...assignment.fallbacks].map((each) => each.phoneNumber);
    const person = {
      handle,
      userId: user.id,
      card: getsCard ? numbers : [],
      writesTo: assignment.line.phoneNumber,
    };
    this.all.push(person);
    return person;
  }

  /** Each of `people` writes once. */
  async write(people: readonly Person[], text = 'Hello'): Promise<void> {
    for (const { handle, writesTo } of people) await this.simulator.text(handle, writesTo, text);
  }

  /** Asks the gate and, if it says so, sends. */
  async send(person: Person, kind: 'reply' | 'proactive', text = 'Noted'): Promise<SendAnswer> {
    const answer = await ok(
      this.service.app.post<SendAnswer>('/v1/sends', { handle: person.handle, class: kind }),
    );
    if (answer.decision !== 'send') return answer;
    const message = {
      parts: [{ type: 'text' as const, value: text }],
      idempotency_key: answer.idempotencyKey ?? '',
    };
    if (answer.chatId !== undefined) {
      await this.linq.chats.messages.send(answer.chatId, { message });
    } else {
      const from = answer.line?.phoneNumber ?? '';
      await this.linq.chats.create({ from, to: [person.handle], message });
    }
    return answer;
  }
}
