import { SECOND_MS } from '@linekeeper/domain';
import type { LineRecord, MessageRecord, Stores } from '../../ports';
import { announce, type Decision, lastFour, note } from '../shared';

/**
 * A message was counted of which no webhook told in its time: the app hears of it with its age, so that it treats it as
 * history. Call it once a message, in the transaction that counts it.
 */
export async function tellRecovered(
  stores: Stores,
  message: MessageRecord,
  line: LineRecord,
  decision: Decision,
): Promise<void> {
  const { id: messageId, chatId, userId, lineId, direction, at } = message;
  const ageSeconds = Math.max(0, Math.floor((decision.now - at) / SECOND_MS));
  await announce(stores, decision, 'message.recovered', {
    ...{ messageId, chatId, userId, lineId, direction },
    ...{ recovered: true, ageSeconds },
  });
  note(stores, decision, {
    kind: 'recovery',
    outcome: direction,
    ...(userId === null ? {} : { userId }),
    lineId,
    line: lastFour(line.phoneNumber),
    reasons: ['no webhook told of it'],
    inputs: { messageId, ageSeconds },
  });
}
