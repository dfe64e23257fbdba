import {
  type ContactUse,
  DAY_MS,
  epochHour,
  type FailoverUser,
  type HourTotal,
  todayCap,
} from '@linekeeper/domain';
import {
  type AssignmentRecord,
  type BudgetLedger,
  type PoolRecord,
  type Stores,
} from '../../ports';
import type { Decision, FleetLine } from '../shared';

/** The ledger counts the running hour and so many before it. */
const HOURS_BEFORE = 24;

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

/** Of the mean of each line whose number these people hold, what came to it by moves of the last day. */
export function movedInMeans(
  stores: Stores,
  users: readonly FailoverUser[],
  { now }: Decision,
): Promise<Map<string, number>> {
  const held = new Set(users.flatMap(({ knownLineIds }) => knownLineIds));
  return stores.assignments.movedIn([...held], now - DAY_MS);
}

/**
 * First contacts that each line whose number these people hold has made lately or has promised already, and the room that
 * the gate leaves it for more.
 */
export async function contactUses(
  stores: Stores,
  ledger: BudgetLedger,
  fleet: readonly FleetLine[],
  users: readonly FailoverUser[],
  { now, policy }: Decision,
): Promise<Map<string, ContactUse>> {
  const held = new Set(users.flatMap(({ knownLineIds }) => knownLineIds));
  const lines = fleet.filter(({ id }) => held.has(id));
  const ids = lines.map(({ id }) => id);
  const hour = epochHour(now);
  const [uses, slots, hours] = await Promise.all([
    ledger.usage(ids, now),
    stores.failovers.openSlots(ids, now - DAY_MS),
    stores.usage.hours(ids, hour - HOURS_BEFORE, hour),
  ]);
  return new Map(
    lines.map((line) => {
      const { id } = line;
      const use = uses.get(id);
      const counted = hours.filter(({ lineId }) => lineId === id);
      return [
        id,
        {
          last24h: use?.newConversations24h ?? 0,
          lastHour: use?.newConversationsHour ?? 0,
          scheduled: slots.filter(({ lineId }) => lineId === id).map(({ at }) => at),
          carried: {
            sendCap: todayCap(line, line.maxDailyUse7d, policy),
            hours: withHeld(counted, hour, use?.open ?? 0),
          },
        },
      ];
    }),
  );
}

/** What is held is as good as sent: it counts in the running hour. */
function withHeld(hours: readonly HourTotal[], running: number, open: number): HourTotal[] {
  const now = hours.find(({ hour }) => hour === running) ?? { hour: running, in: 0, out: 0 };
  const before = hours.filter(({ hour }) => hour !== running);
  return [...before, { ...now, out: now.out + open }].map((each) => ({
    hour: each.hour,
    in: each.in,
    out: each.out,
  }));
}
