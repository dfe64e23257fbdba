import type { SendRule } from '../config';
import type { Play } from '../play';
import type { Chat, Line } from '../types';
import type { World } from '../world';
import type { Content } from './content';
import { LinqError } from './errors';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const SANDBOX_PER_DAY = 100;

/** A send that wants to leave. */
export interface Attempt {
  /** Undefined when `from` is not one of ours. */
  readonly line: Line | undefined;
  readonly people: readonly string[];
  /** Where it goes; null when a chat would begin. */
  readonly chat: Chat | null;
  readonly content: Pick<Content, 'hasLink' | 'parts' | 'extras'>;
  /** Whether the rules for the first message of a new chat hold for this way of sending. */
  readonly firstRules: boolean;
  readonly overrideOptOut: boolean;
}

type Rule = (world: World, attempt: Attempt, play: Play) => void;

const RULES: Readonly<Record<SendRule, Rule>> = {
  ownership: (_world, { line }) => {
    if (!line)
      throw new LinqError(403, 2006, 'You do not have permission to use this phone number');
  },
  eligibility: (world, { line }) => mustBeEligible(world, line),
  inboundFirst: (world, { line, people }) => {
    if (world.config.tier === 'paid' || !line) return;
    const wrote = people.every((handle) =>
      (world.chatIdsByPerson.get(handle) ?? []).some((id) => {
        const chat = world.chats.get(id);
        return chat?.line === line.phoneNumber && chat.inbound > 0;
      }),
    );
    if (!wrote) throw new LinqError(403, 2008, 'The recipient must message this line first');
  },
  blocklist: (world, { people }) => {
    const [only] = people;
    if (people.length === 1 && only !== undefined && world.blocked.has(only)) {
      throw new LinqError(403, 2026, 'The recipient is on your blocklist');
    }
  },
  optOut: (world, { people, overrideOptOut }) => {
    const [only] = people;
    if (world.config.optOut === 'off' || overrideOptOut) return;
    if (people.length === 1 && only !== undefined && world.optedOut.has(only)) {
      throw new LinqError(403, 2024, 'The recipient has opted out');
    }
  },
  left: (_world, { chat }) => mustBeInside(chat),
  service: (world, { chat, people, content }) => {
    if (!content.parts.some(({ type }) => type === 'imessage_app')) return;
    const service = chat?.service ?? world.serviceFor(people, null);
    if (service !== 'iMessage') {
      throw new LinqError(409, 2018, 'iMessage app messages travel over iMessage only');
    }
  },
  firstMessage: (world, { chat, content, firstRules }) => {
    if (chat || !firstRules) return;
    if (content.hasLink) {
      throw new LinqError(400, 1005, 'The first message of a new chat must not contain a link');
    }
    if (world.config.firstMessage === 'links') return;
    if (content.extras?.replyTo || content.extras?.effect) {
      throw new LinqError(400, 1005, 'The first message of a new chat is neither reply nor effect');
    }
  },
  pairLimit: (world, { line, people }, play) => {
    if (!line) return;
    if (people.length > 1 && world.config.pairLimitGroups === 'exempt') return;
    for (const handle of people) refuseBusyPair(world, `${line.phoneNumber} ${handle}`);
    for (const handle of people) play.countPair(line.phoneNumber, handle, world.clock.now());
  },
  sandboxDaily: (world) => {
    if (world.config.tier !== 'sandbox') return;
    const now = world.clock.now();
    const midnight = now - (now % DAY_MS);
    let today = 0;
    for (const { direction, at } of world.messages.values()) {
      if (direction === 'out' && at >= midnight) today += 1;
    }
    if (today >= SANDBOX_PER_DAY) throw tooMany((midnight + DAY_MS - now) / 1_000);
  },
};

/** Refuses a send that breaks a rule, in the configured order. */
export function checkSend(world: World, attempt: Attempt, play: Play): void {
  for (const rule of world.config.checkOrder) RULES[rule](world, attempt, play);
}

/** For sends, and for everything else by which a line makes itself heard. */
export function mustBeEligible(world: World, line: Line | undefined): void {
  if (!line || isEligible(world, line, 'send')) return;
  throw new LinqError(403, 2027, 'This phone number is temporarily ineligible to create activity');
}

export function mustBeInside(chat: Chat | null): void {
  if (chat?.left) throw new LinqError(409, 2013, 'The chat is unavailable: your line has left it');
}

/** Whether a line may send at all, or be picked: a flagged one is never picked. */
export function isEligible(world: World, line: Line, purpose: 'send' | 'pick'): boolean {
  if (!line.eligible) return false;
  return line.status === 'ACTIVE' || (purpose === 'send' && world.config.flagged === 'fail');
}

function refuseBusyPair(world: World, pair: string): void {
  const { pairLimitWindow: window, pairLimitPer60s: limit } = world.config;
  const now = world.clock.now();
  const since = window === 'sliding' ? now - MINUTE_MS : now - (now % MINUTE_MS) - 1;
  const recent = (world.pairSends.get(pair) ?? []).filter((at) => at > since);
  world.pairSends.set(pair, recent);
  const [first] = recent;
  if (recent.length < limit || first === undefined) return;
  const free = window === 'sliding' ? first + MINUTE_MS : since + 1 + MINUTE_MS;
  throw tooMany((free - now) / 1_000);
}

export function tooMany(waitSeconds: number): LinqError {
  const seconds = Math.max(1, Math.ceil(waitSeconds));
  return new LinqError(429, 1007, `Rate limited. Try again in ${seconds} seconds.`, seconds);
}
