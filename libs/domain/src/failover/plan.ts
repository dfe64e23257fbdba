import { type FleetPolicy, unaskedPer24h } from '../fleet-policy';
import { DAY_MS, type EpochMs, HOUR_MS, MINUTE_MS } from '../kernel/time';
import type { LineView } from '../placement/types';
import { ContactSchedule } from './contact-schedule';
import { Targets } from './target';
import type {
  FailoverInput,
  FailoverPlan,
  FailoverUser,
  PlannedMove,
  Priority,
  StrandedUser,
} from './types';

/**
 * Where each user of a lost line goes: among the usable numbers that this very person holds and that have room, the one whose
 * line grows least by those who come to it, as a share of what it said before. Who needs an answer soonest is placed first, and of those alike who
 * says most: the others even it out. All pointers move at once; a first contact of ours takes a slot in
 * its target's pace, where the gate is expected to let it through, and in the person's waking hours. Nobody is dropped: whoever
 * cannot be moved comes back as stranded. Deterministic.
 */
export function planFailover(input: FailoverInput, policy: FleetPolicy): FailoverPlan {
  const { now } = input;
  const targets = new Targets(input, input.lines, input.lineId, policy);
  const schedule = new ContactSchedule(input, policy);
  const moves: PlannedMove[] = [];
  const stranded: StrandedUser[] = [];
  let etaAt = now;
  const ordered = input.users
    .map((user) => ({ user, priority: priorityOf(user, now) }))
    .sort(
      (a, b) =>
        smsLast(a.user, b.user) ||
        a.priority - b.priority ||
        b.user.meanMilli - a.user.meanMilli ||
        (a.user.userId < b.user.userId ? -1 : 1),
    );
  for (const { user, priority } of ordered) {
    const candidates = targets.usableOf(user.knownLineIds);
    const target = targets.take(user, candidates);
    if (target === null) {
      stranded.push({
        userId: user.userId,
        priority,
        reason: whyStranded(user, input, candidates),
      });
      continue;
    }
    const pull = whyPullOnly(user, now, policy);
    const zone = user.zone ?? input.zone ?? null;
    const contactSlotAt =
      pull === null ? schedule.next(target, { userId: user.userId, zone }) : null;
    if (contactSlotAt !== null) etaAt = Math.max(etaAt, contactSlotAt);
    moves.push({
      userId: user.userId,
      toLineId: target.id,
      priority,
      mode: pull === null ? 'push' : 'pull-only',
      contactSlotAt,
      reason: pull ?? 'the usable number on the card whose line grows least by it',
    });
  }
  return { moves, stranded, etaAt };
}

const smsLast = (one: FailoverUser, other: FailoverUser): number =>
  Number(one.overSms ?? false) - Number(other.overSms ?? false);

/** Who needs an answer soonest goes first. */
export function priorityOf(user: FailoverUser, now: EpochMs): Priority {
  const { lastInboundAt, lastOutboundAt } = user;
  const pending =
    lastInboundAt !== null && (lastOutboundAt === null || lastOutboundAt < lastInboundAt);
  if (
    lastInboundAt !== null &&
    (now - lastInboundAt <= 15 * MINUTE_MS || (pending && now - lastInboundAt <= DAY_MS))
  ) {
    return 0;
  }
  if (lastOutboundAt !== null && now - lastOutboundAt <= HOUR_MS) return 1;
  const active = Math.max(lastInboundAt ?? -Infinity, lastOutboundAt ?? -Infinity);
  return now - active <= 72 * HOUR_MS ? 2 : 3;
}

/** Why the next thread is the person's to start, or null when we may. */
function whyPullOnly(user: FailoverUser, now: EpochMs, policy: FleetPolicy): string | null {
  if (
    user.chatHealth === 'CRITICAL' ||
    user.chatHealth === 'AT_RISK' ||
    user.chatHealth === 'OPTED_OUT'
  ) {
    return `the thread is ${user.chatHealth}`;
  }
  if (Math.min(policy.newConversations.outboundPerLinePerHour, unaskedPer24h(policy)) === 0) {
    return 'the policy lets no line start a thread';
  }
  if (user.unansweredTurns >= 2) return `${user.unansweredTurns} turns stayed unanswered`;
  const silentMs = policy.failover.silentDays * DAY_MS;
  if (user.lastInboundAt === null || now - user.lastInboundAt > silentMs) {
    return `silent for more than ${policy.failover.silentDays} days`;
  }
  return null;
}

function whyStranded(
  user: FailoverUser,
  input: FailoverInput,
  usable: readonly LineView[],
): StrandedUser['reason'] {
  if (usable.length > 0) return 'no-capacity';
  return user.knownLineIds.some((id) => id !== input.lineId)
    ? 'no-usable-number'
    : 'no-known-number';
}
