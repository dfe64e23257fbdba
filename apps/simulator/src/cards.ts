import type { Message } from './types';
import { instant } from './wire';
import type { World } from './world';

/** A contact card that reached a person as a file in a chat. */
interface ReceivedCard {
  readonly messageId: string;
  readonly line: string;
  readonly at: string;
  /** Whether the phone told that it came, which it does not by SMS. */
  readonly receipt: boolean;
  /** The numbers on it, in their order. */
  readonly numbers: readonly string[];
}

/** What a person has got and done, of which no other party needs to know. */
interface Belongings {
  readonly cards: readonly ReceivedCard[];
  /** Numbers in their contacts: those of every card they got, if they save cards. */
  readonly saved: readonly string[];
  /** Numbers of lines that they wrote to, groups aside. */
  readonly texted: readonly string[];
}

const ARRIVED: readonly string[] = ['sent', 'delivered', 'read'];

export function belongingsOf(world: World, handle: string): Belongings {
  const chats = (world.chatIdsByPerson.get(handle) ?? []).filter(
    (id) => world.chats.get(id)?.isGroup === false,
  );
  const messages = chats
    .flatMap((id) => world.messageIdsByChat.get(id) ?? [])
    .flatMap((id) => world.messages.get(id) ?? []);
  const cards = messages
    .filter(({ direction, status }) => direction === 'out' && ARRIVED.includes(status))
    .flatMap((message) => cardsIn(world, message));
  const saves = world.person(handle).saves;
  const inbound = messages.filter(({ direction }) => direction === 'in');
  return {
    cards,
    saved: saves ? [...new Set(cards.flatMap(({ numbers }) => numbers))] : [],
    texted: [...new Set(inbound.map(({ line }) => line))],
  };
}

function cardsIn(world: World, message: Message): ReceivedCard[] {
  return message.parts.flatMap((part) => {
    if (part.type !== 'media' || !/vcard/i.test(part.mimeType)) return [];
    const { bytes = null } = world.attachments.get(part.id) ?? {};
    if (bytes === null) return [];
    return {
      messageId: message.id,
      line: message.line,
      at: instant(message.at),
      receipt: message.deliveredAt !== null,
      numbers: numbersOn(Buffer.from(bytes, 'base64').toString('utf8')),
    };
  });
}

/** As a phone reads them: lines put together again that were folded, then every TEL, in whatever group. */
function numbersOn(card: string): string[] {
  return card
    .replace(/\r?\n[ \t]/g, '')
    .split(/\r?\n/)
    .flatMap((line) => /^(?:[\w-]+\.)?TEL(?:;[^:]*)?:(.*)$/i.exec(line)?.[1] ?? []);
}
