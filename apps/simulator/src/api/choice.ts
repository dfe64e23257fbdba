import type { Chat, Line } from '../types';
import type { World } from '../world';
import { LinqError } from './errors';
import { isEligible } from './send-rules';

const RANK = { HEALTHY: 0, AT_RISK: 1, CRITICAL: 2 } as const;

/** The best line for a new chat: healthier first, then the one that was used longest ago. */
export function bestLine(world: World, excluded: ReadonlySet<string>): Line {
  const eligible = [...world.lines.values()].filter(
    (line) =>
      isEligible(world, line, 'pick') &&
      (line.reputation !== 'CRITICAL' || world.config.criticalLines === 'last'),
  );
  const [best] = eligible
    .filter(({ phoneNumber }) => !excluded.has(phoneNumber))
    .sort((a, b) => RANK[a.reputation] - RANK[b.reputation] || a.lastUsedAt - b.lastUsedAt);
  if (best) return best;
  if (eligible.length > 0) throw new LinqError(400, 1005, 'exclude_from leaves no line');
  throw new LinqError(409, 2015, 'No line is eligible');
}

/** The chat with exactly these people that can be written in, or the one that is stranded, if any. */
export function chatToUse(
  world: World,
  people: readonly string[],
  excluded: ReadonlySet<string>,
): { readonly usable: Chat | null; readonly stranded: Chat | null } {
  const chats = world.chatsWithExactly(people);
  const usable = chats.filter((chat) => {
    const line = world.lines.get(chat.line);
    return line !== undefined && isEligible(world, line, 'pick');
  });
  const preferred = usable.find(({ line }) => !excluded.has(line)) ?? usable[0] ?? null;
  return { usable: preferred, stranded: preferred ? null : (chats[0] ?? null) };
}
