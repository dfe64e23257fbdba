import { type ContactUse, DAY_MS, type FailoverUser, type LineView } from '@linekeeper/domain';
import {
  type AssignmentRecord,
  type BudgetLedger,
  type PoolRecord,
  type Stores,
} from '../../ports';

/** What the failover plan must know of each user: the numbers on their card, how the talk on the
 * lost line stands, and where they live, as far as it is known. */
export async function failoverUsers(
  stores: Stores,
  lineId: string,
  pool: PoolRecord,
  assignments: readonly AssignmentRecord[],
): Promise<FailoverUser[]> {
  const ids = assignments.map(({ userId }) => userId);
  const [known, conversations, zones] = await Promise.all([
    stores.cards.known(ids),
    stores.conversations.ofUsers(ids, pool.id, lineId),
    stores.users.zones(ids),
  ]);
  const talks = new Map(conversations.map((each) => [each.userId, each]));
  const lineIds = new Map<string, string[]>();
  for (const each of known)
    lineIds.set(each.userId, [...(lineIds.get(each.userId) ?? []), each.lineId]);
  return assignments.map(({ userId, meanMilli, varianceMilli }) => {
    const talk = talks.get(userId);
    return {
      userId,
      meanMilli,
      varianceMilli,
      knownLineIds: lineIds.get(userId) ?? [],
      lastInboundAt: talk?.lastInboundAt ?? null,
      lastOutboundAt: talk?.lastOutboundAt ?? null,
      unansweredTurns: talk?.unansweredTurns ?? 0,
      chatHealth: talk?.chatHealth ?? null,
      overSms: talk?.overSms ?? false,
      zone: zones.get(userId) ?? null,
    };
  });
}

/** First contacts that each target has made lately or has promised already. */
export async function contactUses(
  stores: Stores,
  ledger: BudgetLedger,
  lines: readonly LineView[],
  now: number,
): Promise<Map<string, ContactUse>> {
  const ids = lines.map(({ id }) => id);
  const [uses, slots] = await Promise.all([
    ledger.usage(ids, now),
    stores.failovers.openSlots(ids, now - DAY_MS),
  ]);
  return new Map(
    ids.map((id) => [
      id,
      {
        last24h: uses.get(id)?.newConversations24h ?? 0,
        lastHour: uses.get(id)?.newConversationsHour ?? 0,
        scheduled: slots.filter(({ lineId }) => lineId === id).map(({ at }) => at),
      },
    ]),
  );
}
