import type { Chat, Message } from './types';
import type { World } from './world';

const ANSWERS = [
  'ok',
  'Sounds good',
  'Thanks!',
  'Can you tell me more?',
  'Yes please',
  'Let me think about it',
];
const FAREWELLS = ['STOP', 'please stop texting me', 'Unsubscribe', 'leave me alone'];

/** How people behave. */
export class People {
  constructor(private readonly world: World) {}

  /** A person answers as often, and after as long, as is their way. */
  answer(chat: Chat, message: Message, at: number): void {
    const { chance } = this.world;
    const person = this.world.person(message.handle);
    if (person.replyRate === 0 || chance.next() >= person.replyRate) return;
    const { min, max } = person.replyDelaySeconds;
    const delayMs = Math.round((min + chance.next() * (max - min)) * 1_000);
    const leaves = chance.next() < person.optOutProbability;
    const text = chance.pick(leaves ? FAREWELLS : ANSWERS) ?? 'ok';
    this.world.queue.add({
      kind: 'inbound',
      from: person.handle,
      to: chat.line,
      text,
      at: at + delayMs,
    });
  }
}
