import type { explainFailover, explainRebalance } from '@linekeeper/domain';
import { closedBecause, DAY, dayAtRisk, HOUR, type Line, MINUTE } from './numbers';

interface Load {
  mean: number;
  variance: number;
}

interface Ranked {
  readonly users: readonly {
    readonly userId: string;
    readonly ranks: readonly { readonly lineId: string; readonly rank: number }[];
  }[];
}

const rankIn = ({ users }: Ranked, id: string, line: string): number =>
  users.find(({ userId }) => userId === id)!.ranks.find(({ lineId }) => lineId === line)!.rank;

/** The plan without words and contact slots, which follow from each target's own pace: see {@link keepsPace}. */
export function moveAgain({ inputs, policy, steps }: ReturnType<typeof explainFailover>) {
  const { now, lineId: lost, lines, risk } = inputs;
  const open = lines.filter((line) => line.id !== lost && closedBecause(line, now) === null);
  const loads = new Map<string, Load>(
    lines.map(({ id, meanMilli, varianceMilli }) => [
      id,
      { mean: meanMilli, variance: varianceMilli },
    ]),
  );
  const within = (at: number | null, ms: number): boolean => at !== null && now - at <= ms;
  type User = (typeof inputs.users)[number];
  const priorityOf = ({ lastInboundAt: heard, lastOutboundAt: spoke }: User): number => {
    const waits = heard !== null && (spoke === null || spoke < heard);
    if (within(heard, 15 * MINUTE) || (waits && within(heard, DAY))) return 0;
    if (within(spoke, HOUR)) return 1;
    return within(heard, 3 * DAY) || within(spoke, 3 * DAY) ? 2 : 3;
  };
  const users = inputs.users
    .map((user) => ({ user, priority: priorityOf(user) }))
    .sort((a, b) => a.priority - b.priority || (a.user.userId < b.user.userId ? -1 : 1));
  const moves = [];
  const stranded = [];
  for (const { user, priority } of users) {
    const { userId, knownLineIds } = user;
    const rated = open
      .filter(({ id }) => knownLineIds.includes(id))
      .map((line) => {
        const load = loads.get(line.id)!;
        const mean = load.mean + user.meanMilli;
        const cap = Math.max(1, line.todayCap);
        const variance = load.variance + user.varianceMilli;
        return {
          id: line.id,
          share: dayAtRisk(mean, variance, risk, policy.epsilon) / cap,
          fits: mean / 1_000 / cap <= 1,
          young: line.activatedAt === null || now - line.activatedAt < 7 * DAY,
          rank: rankIn(steps, userId, line.id),
        };
      })
      .sort((a, b) => a.share - b.share || b.rank - a.rank);
    const roomy = rated.filter(({ share }) => share <= policy.targetMaxShare);
    const best = roomy.find(({ young }) => !young) ?? roomy[0] ?? rated.find(({ fits }) => fits);
    if (!best) {
      const others = knownLineIds.some((id) => id !== lost);
      const none = others ? 'no-usable-number' : 'no-known-number';
      stranded.push({ userId, priority, reason: rated.length > 0 ? 'no-capacity' : none });
      continue;
    }
    const load = loads.get(best.id)!;
    load.mean += user.meanMilli;
    load.variance += user.varianceMilli;
    const theirs =
      ['CRITICAL', 'AT_RISK', 'OPTED_OUT'].includes(user.chatHealth ?? '') ||
      user.unansweredTurns >= 2 ||
      !within(user.lastInboundAt, policy.silentDays * DAY);
    moves.push({ userId, toLineId: best.id, priority, mode: theirs ? 'pull-only' : 'push' });
  }
  return { moves, stranded };
}

/** Whether first contacts have slots exactly where we begin, within each target's pace, up to the instant told. */
export function keepsPace({
  inputs,
  policy,
  verdict,
}: ReturnType<typeof explainFailover>): boolean {
  const given = verdict.moves.every(
    ({ mode, contactSlotAt }) => (mode === 'push') === (contactSlotAt !== null),
  );
  const slots = verdict.moves.map(({ contactSlotAt }) => contactSlotAt ?? inputs.now);
  const paced = inputs.lines.every(({ id }) => {
    const own = verdict.moves.filter(({ toLineId }) => toLineId === id);
    const at = own.flatMap(({ contactSlotAt }) => contactSlotAt ?? []);
    const most = (ms: number): number =>
      Math.max(0, ...at.map((end) => at.filter((slot) => slot <= end && slot > end - ms).length));
    return most(HOUR) <= policy.outboundPerLinePerHour && most(DAY) <= policy.outboundPerLinePer24h;
  });
  return given && paced && verdict.etaAt === Math.max(inputs.now, ...slots);
}

export function rebalanceAgain({ inputs, policy, steps }: ReturnType<typeof explainRebalance>) {
  const { now, lines, risk } = inputs;
  const loads = new Map<string, Load>(
    lines.map(({ id, meanMilli, varianceMilli }) => [
      id,
      { mean: meanMilli, variance: varianceMilli },
    ]),
  );
  const shareOf = (line: Line, mean = 0, variance = 0): number => {
    const load = loads.get(line.id)!;
    const use = dayAtRisk(load.mean + mean, load.variance + variance, risk, policy.epsilon);
    return use / Math.max(1, line.todayCap);
  };
  const hot = lines
    .filter((line) => line.managed && line.users > 0 && shareOf(line) > policy.highShare)
    .map((line) => ({ line, share: shareOf(line) }))
    .sort((a, b) => b.share - a.share || (a.line.id < b.line.id ? -1 : 1));
  const targets = lines.filter(
    (line) => !hot.some((each) => each.line === line) && closedBecause(line, now) === null,
  );
  let left = Math.floor(policy.maxUsersShare * inputs.fleetUsers);
  const moves: { userId: string; fromLineId: string; toLineId: string }[] = [];
  const remedies = hot.map(({ line, share }) => {
    const may = inputs.users
      .filter((user) => user.lineId === line.id && !user.pinned)
      .filter(({ lastMovedAt: at }) => at === null || now - at >= policy.cooldownDays * DAY)
      .filter(({ lastMessageAt: at }) => at === null || now - at >= policy.idleHours * HOUR)
      .sort((a, b) => b.meanMilli - a.meanMilli || (a.userId < b.userId ? -1 : 1));
    for (const { userId, meanMilli, varianceMilli, knownLineIds } of may) {
      if (left <= 0 || shareOf(line) <= policy.lowShare) break;
      const best = targets
        .filter(({ id }) => knownLineIds.includes(id))
        .map(({ id, ...rest }) => ({
          id,
          share: shareOf({ ...rest, id }, meanMilli, varianceMilli),
        }))
        .filter((target) => target.share <= policy.targetMaxShare)
        .sort(
          (a, b) => a.share - b.share || rankIn(steps, userId, b.id) - rankIn(steps, userId, a.id),
        )[0];
      if (!best) continue;
      const [from, to] = [loads.get(line.id)!, loads.get(best.id)!];
      from.mean = Math.max(0, from.mean - meanMilli);
      from.variance = Math.max(0, from.variance - varianceMilli);
      to.mean += meanMilli;
      to.variance += varianceMilli;
      left -= 1;
      moves.push({ userId, fromLineId: line.id, toLineId: best.id });
    }
    const above = Math.round((shareOf(line) - policy.lowShare) * line.todayCap);
    return { lineId: line.id, share, usersThatMayMove: may.length, remaining: Math.max(0, above) };
  });
  return { remedies, moves };
}
