import { type explainFailover, type explainRebalance, nextWakingInstant } from '@linekeeper/domain';
import { capOf, closedBecause, DAY, dayAtRisk, HOUR, type Line, MINUTE } from './numbers';

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

/** The plan without words and contact slots, for which see {@link slotsAgain}. */
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

/** The instants of first contacts, user by user: the first that the target's pace and the person's day allow. */
export function slotsAgain({ inputs, policy, steps, verdict }: ReturnType<typeof explainFailover>) {
  const { now } = inputs;
  const limits: [count: number, window: number][] = [
    [2, (2 * HOUR) / policy.outboundPerLinePerHour],
    [policy.outboundPerLinePerHour, HOUR],
    [policy.outboundPerLinePer24h - policy.keptForAnswersPer24h, DAY],
  ];
  const taken = new Map<string, number[]>(
    inputs.contacts.map(({ lineId, last24h, lastHour, scheduled = [] }) => [
      lineId,
      [
        ...Array<number>(Math.max(0, last24h - lastHour)).fill(now - HOUR),
        ...Array<number>(lastHour).fill(now),
        ...scheduled.map((at) => Math.max(at, now)),
      ],
    ]),
  );
  // Free when no run of as many others as the limit counts lies with it in one window.
  const isFree = (slots: readonly number[], at: number): boolean =>
    limits.every(([count, window]) =>
      slots.every((_, i) => {
        const group = slots.slice(i, i + count);
        const [begin, end] = [Math.min(at, ...group), Math.max(at, ...group)];
        return group.length < count || end - begin >= window;
      }),
    );
  const slots = verdict.moves.map(({ userId, toLineId, mode }) => {
    if (mode === 'pull-only') return null;
    const zone = inputs.users.find((user) => user.userId === userId)!.zone ?? inputs.zone;
    const jitter = rankIn(steps, userId, toLineId) % (2 * MINUTE);
    const own = (taken.get(toLineId) ?? []).sort((a, b) => a - b);
    taken.set(toLineId, own);
    let slot = now + jitter;
    for (;;) {
      const awake = zone === null ? slot : nextWakingInstant(slot, zone, policy.quietHours);
      if (awake > slot) slot = awake + jitter;
      // The earliest free instant is this one, or some window after one that is taken.
      const ends = own.flatMap((at) => limits.map(([, window]) => at + window));
      const free = [slot, ...ends.filter((at) => at > slot).sort((a, b) => a - b)].find((at) =>
        isFree(own, at),
      )!;
      if (free === slot) break;
      slot = free;
    }
    own.push(slot);
    return slot;
  });
  return { slots, etaAt: Math.max(now, ...slots.map((slot) => slot ?? now)) };
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
    return use / Math.max(1, capOf(line, policy));
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
    const waiting = [...may];
    while (left > 0 && waiting.length > 0 && shareOf(line) > policy.lowShare) {
      const need = (shareOf(line) - policy.lowShare) * Math.max(1, capOf(line, policy));
      // Who takes most off for the cost: six times as much for whoever wrote within a week.
      const cost = ({ lastMessageAt: at }: (typeof may)[number]): number =>
        at !== null && now - at < 7 * DAY ? 6 : 1;
      const [next] = [...waiting].sort(
        (a, b) =>
          Math.min(b.meanMilli / 1_000, need) / cost(b) -
            Math.min(a.meanMilli / 1_000, need) / cost(a) || cost(a) - cost(b),
      );
      waiting.splice(waiting.indexOf(next!), 1);
      const { userId, meanMilli, varianceMilli, knownLineIds } = next!;
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
    const above = Math.round((shareOf(line) - policy.lowShare) * capOf(line, policy));
    return { lineId: line.id, share, usersThatMayMove: may.length, remaining: Math.max(0, above) };
  });
  return { remedies, moves };
}
