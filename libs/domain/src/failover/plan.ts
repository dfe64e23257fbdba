import { type FleetPolicy, unaskedPer24h } from '../fleet-policy';
import { projectedUse } from '../forecast/quantile';
import { rendezvousRank } from '../kernel/hash';
import { DAY_MS, type EpochMs, HOUR_MS, MINUTE_MS } from '../kernel/time';
import { whyNotUsableAsFallback } from '../line/availability';
import type { LineView } from '../placement/types';
import { ContactSchedule } from './contact-schedule';
import type {
  FailoverInput,
  FailoverPlan,
  FailoverUser,
  PlannedMove,
  Priority,
  StrandedUser,
} from './types';

/** Load that moves have put on a target so far, in thousandths. */
interface RunningLoad {
  meanMilli: number;
  varianceMilli: number;
}

/**
 * Where each user of a lost line goes: the least loaded usable line among the numbers that this very person holds.
 * All pointers move at once; a first contact of ours takes a slot in its target's pace, where the gate is expected to let
 * it through, and in the person's waking hours. Nobody is dropped: whoever cannot be moved comes back as stranded. Deterministic.
 */
export function planFailover(input: FailoverInput, policy: FleetPolicy): FailoverPlan {
  const { now } = input;
  const usable = new Map(
    input.lines
      .filter((line) => line.id !== input.lineId && whyNotUsableAsFallback(line, now) === null)
      .map((line) => [line.id, line]),
  );
  const loads = new Map<string, RunningLoad>();
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
        (a.user.userId < b.user.userId ? -1 : 1),
    );
  for (const { user, priority } of ordered) {
    const candidates = user.knownLineIds.flatMap((id) => usable.get(id) ?? []);
    const target = bestTarget(user, candidates, loads, input, policy);
    if (target === null) {
      stranded.push({
        userId: user.userId,
        priority,
        reason: whyStranded(user, input, candidates),
      });
      continue;
    }
    addLoad(loads, target.id, user);
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
      reason: pull ?? 'the least loaded usable number on the card',
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

function bestTarget(
  user: FailoverUser,
  candidates: readonly LineView[],
  loads: ReadonlyMap<string, RunningLoad>,
  input: FailoverInput,
  policy: FleetPolicy,
): LineView | null {
  const rated = candidates.map((line) => rate(line, user, loads.get(line.id), input, policy));
  // In order of preference: room by quantile on a line older than a week, room on a young one, room by mean alone.
  for (const fits of [
    (target: Rated) => target.share <= policy.failover.targetMaxShare && !target.young,
    (target: Rated) => target.share <= policy.failover.targetMaxShare,
    (target: Rated) => target.meanShare <= 1,
  ]) {
    const best = rated.filter(fits).sort((a, b) => a.share - b.share || b.tie - a.tie)[0];
    if (best) return best.line;
  }
  return null;
}

interface Rated {
  readonly line: LineView;
  /** Projected use over the cap, with everything that has been moved there so far. */
  readonly share: number;
  readonly meanShare: number;
  readonly young: boolean;
  readonly tie: number;
}

function rate(
  line: LineView,
  user: FailoverUser,
  moved: RunningLoad | undefined,
  { now, outlook }: FailoverInput,
  policy: FleetPolicy,
): Rated {
  const mean = (line.meanMilli + (moved?.meanMilli ?? 0) + user.meanMilli) / 1_000;
  const variance = (line.varianceMilli + (moved?.varianceMilli ?? 0) + user.varianceMilli) / 1_000;
  const cap = Math.max(1, line.todayCap);
  return {
    line,
    share: projectedUse({ mean, variance }, policy, outlook) / cap,
    meanShare: mean / cap,
    young: line.activatedAt === null || now - line.activatedAt < 7 * DAY_MS,
    tie: rendezvousRank(user.userId, line.id),
  };
}

function addLoad(loads: Map<string, RunningLoad>, lineId: string, user: FailoverUser): void {
  const load = loads.get(lineId) ?? { meanMilli: 0, varianceMilli: 0 };
  load.meanMilli += user.meanMilli;
  load.varianceMilli += user.varianceMilli;
  loads.set(lineId, load);
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
