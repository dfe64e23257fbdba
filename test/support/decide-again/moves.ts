import {
  budgetDay,
  budgetDayStart,
  type explainFailover,
  type explainRebalance,
  nextDay,
  nextWakingInstant,
} from '@linekeeper/domain';
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
  const came = new Map(lines.map(({ id }) => [id, 0]));
  for (const { lineId, meanMilli } of inputs.movedIn) came.set(lineId, meanMilli);
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
    .sort(
      (a, b) =>
        a.priority - b.priority ||
        b.user.meanMilli - a.user.meanMilli ||
        (a.user.userId < b.user.userId ? -1 : 1),
    );
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
        const before = line.meanMilli - came.get(line.id)!;
        const least = 1_000 * Math.min(policy.spikeFloor, line.todayCap);
        return {
          id: line.id,
          growth: (mean - before) / Math.max(before, least),
          share: dayAtRisk(mean, variance, risk, policy.epsilon) / cap,
          mean: mean / 1_000,
          cap,
          young: line.activatedAt === null || now - line.activatedAt < 7 * DAY,
          rank: rankIn(steps, userId, line.id),
        };
      })
      .sort((a, b) => b.rank - a.rank);
    const roomy = rated
      .filter(({ share }) => share <= policy.targetMaxShare)
      .sort((a, b) => a.growth - b.growth);
    const loose = rated
      .filter((each) => each.mean <= policy.targetMaxShare * each.cap)
      .sort((a, b) => a.growth - b.growth);
    const tight = rated.filter((each) => each.mean <= each.cap).sort((a, b) => a.share - b.share);
    const best = roomy.find(({ young }) => !young) ?? roomy[0] ?? loose[0] ?? tight[0];
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

type Failover = ReturnType<typeof explainFailover>;

/**
 * Whether a line will have room at an instant, beside first contacts at others: under its ceiling over 25 epoch hours and
 * under the shape of its hour, if for two days each hour brings three quarters of what it brought a day before.
 */
function roomOf(line: Line, { inputs, policy }: Failover) {
  const { now, zone } = inputs;
  const carried = inputs.contacts.find(({ lineId }) => lineId === line.id)?.carried;
  if (!carried) return null;
  const hourOf = (at: number): number => Math.floor(at / HOUR);
  const seen = (hour: number): number => {
    const counted = carried.hours.find((each) => each.hour === hour);
    return counted ? counted.in + counted.out : 0;
  };
  const by = (hour: number, until: number): number => {
    const first = hourOf(now);
    if (hour < first) return seen(hour);
    if (hour > first + 48) return 0;
    const back = 24 * Math.floor((hour - first) / 24 + 1);
    const since = Math.max(now, hour * HOUR);
    const rest = Math.ceil(0.75 * seen(hour - back) * ((until - since) / HOUR));
    return (hour === first ? seen(hour) : 0) + rest;
  };
  const whole = (from: number, to: number): number =>
    Array.from({ length: to - from }, (_, i) => by(from + i, (from + i + 1) * HOUR)).reduce(
      (sum, each) => sum + each,
      0,
    );
  let changesAt = Infinity;
  let capThen = carried.sendCap;
  if (zone !== null) {
    const today = budgetDay(now, zone, policy.dayStartHour);
    const begins = budgetDayStart(today, zone, policy.dayStartHour);
    changesAt = budgetDayStart(nextDay(today), zone, policy.dayStartHour);
    const ofDay = whole(hourOf(begins), hourOf(changesAt));
    const most = Math.round(policy.growth * Math.max(ofDay, line.meanMilli / 1_000));
    const grown = Math.min(capOf(line, policy), Math.max(policy.spikeFloor, most));
    capThen = Math.max(capThen, grown);
  }
  const ceilingOf = (cap: number): number => Math.floor(cap * policy.introductionCeiling);
  const shapeOf = (cap: number): number =>
    Math.max(policy.hourFloor, Math.floor(policy.hourShare * cap));
  const neverOpen = Math.min(ceilingOf(carried.sendCap), shapeOf(carried.sendCap)) < 1;
  if (neverOpen) return null;
  const fits = (at: number, others: readonly number[]): boolean => {
    const all = [...others, at];
    return all
      .filter((each) => each >= at || hourOf(each) === hourOf(at))
      .filter((each) => hourOf(each) - hourOf(at) <= 24)
      .every((each) => {
        const hour = hourOf(each);
        const inHour = all.filter((o) => hourOf(o) === hour);
        const ofHour = by(hour, Math.max(...inHour)) + inHour.length;
        const before = all.filter((o) => hourOf(o) < hour && hourOf(o) >= hour - 24).length;
        const cap = Math.max(...inHour) < changesAt ? carried.sendCap : capThen;
        const used = whole(hour - 24, hour) + before + ofHour;
        return ofHour <= shapeOf(cap) && used <= ceilingOf(cap);
      });
  };
  return { fits, steps: (at: number) => [(hourOf(at) + 1) * HOUR, changesAt] };
}

/** The instants of first contacts, user by user: the first that the target's pace and room and the person's day allow. */
export function slotsAgain(why: Failover) {
  const { inputs, policy, steps, verdict } = why;
  const { now } = inputs;
  const rooms = new Map(inputs.lines.map((line) => [line.id, roomOf(line, why)]));
  const promised = new Map(
    inputs.contacts.map(({ lineId, scheduled = [] }) => [
      lineId,
      scheduled.map((at) => Math.max(at, now)),
    ]),
  );
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
      if (free > slot) {
        slot = free;
        continue;
      }
      const room = rooms.get(toLineId);
      const others = promised.get(toLineId) ?? [];
      if (!room || room.fits(slot, others)) break;
      const at = slot;
      slot = Math.min(...room.steps(at).filter((each) => each > at)) + jitter;
    }
    own.push(slot);
    promised.set(toLineId, [...(promised.get(toLineId) ?? []), slot]);
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
