import type { Play } from './play';
import type { Line, Reputation } from './types';
import type { World } from './world';

const DAY_MS = 86_400_000;
/** Below so many messages out there is nothing to judge. */
const ENOUGH = 50;

/**
 * INVENTED, and off unless `scorer` says `on`: Linq publishes no thresholds. A line that began many chats within 24
 * hours is AT_RISK; one that is hardly answered is AT_RISK, and CRITICAL when both hold. Looked at with each new chat.
 */
export function noteNewChat(world: World, play: Play, line: Line, at: number): void {
  if (world.config.scorer === 'off') return;
  const { scorerNewChatsPerDay, scorerReplyRate } = world.config;
  let begun = 0;
  let out = 0;
  let into = 0;
  for (const chat of world.chats.values()) {
    if (chat.line !== line.phoneNumber) continue;
    if (chat.createdAt > at - DAY_MS) begun += 1;
    out += chat.outbound;
    into += chat.inbound;
  }
  const crowded = begun >= scorerNewChatsPerDay;
  const unanswered = out >= ENOUGH && into / out < scorerReplyRate;
  const reputation: Reputation =
    crowded && unanswered ? 'CRITICAL' : crowded || unanswered ? 'AT_RISK' : 'HEALTHY';
  play.setStatus(line, { reputation }, at);
}
