import type { explainCapacity } from '@linekeeper/domain';
import { capOf, DAY, dayAtRisk, type Line } from './numbers';

type Told = ReturnType<typeof explainCapacity>;
interface Load {
  readonly mean: number;
  readonly variance: number;
}
interface Ramp {
  readonly goodDays: number;
  readonly budgetPerDay: number;
}

const isPaid = (line: Line): boolean => line.managed && line.adminState !== 'retired';

/** The lines that carry their users and will go on to. */
export function servingOf(lines: readonly Line[]): Line[] {
  const isOut = (line: Line): boolean =>
    ['warming', 'maintenance', 'draining'].includes(line.adminState) ||
    line.providerStatus === 'FLAGGED' ||
    line.health === 'ejected';
  return lines.filter((line) => isPaid(line) && !isOut(line));
}

/** The plan without its slowest losses and its pilot, for which see the files beside this one. */
export function planAgain({ inputs, policy }: Told) {
  const { now, prior, risk, activeUsers } = inputs;
  const { messagesPerLinePerDay: budget } = policy;
  const wholeDays = (of: number): number =>
    of <= policy.firstDayCap
      ? 0
      : Math.ceil(Math.log(of / policy.firstDayCap) / Math.log(policy.growth));
  const paid = inputs.lines.filter(isPaid);
  const serving = servingOf(inputs.lines);
  const warming = paid.filter(({ adminState }) => adminState === 'warming');
  const sum = (of: (line: Line) => number): number =>
    paid.reduce((total, line) => total + of(line), 0);
  const users = sum((line) => line.users);
  const total = {
    mean: sum((line) => line.meanMilli) / 1_000,
    variance: sum((line) => line.varianceMilli) / 1_000,
  };
  const doubt = prior.spread * (1 + prior.phi);
  const newcomer = {
    mean: Math.round(1_000 * prior.mean) / 1_000,
    variance: Math.round(1_000 * (prior.mean + prior.phi * prior.mean ** 2 + doubt)) / 1_000,
  };
  const isKnown = users > 0 && total.mean > 0;
  const user = isKnown ? { mean: total.mean / users, variance: total.variance / users } : newcomer;

  const mayCarry = (line: Ramp, load: Load, day = risk): boolean => {
    const cap = capOf(line, policy);
    if (cap < line.budgetPerDay) return load.mean <= policy.rampMeanShare * cap;
    const use = dayAtRisk(1_000 * load.mean, 1_000 * load.variance, day, policy.epsilon);
    return load.mean <= policy.maxMeanShare * cap && use <= cap;
  };
  const times = (each: Load, count: number): Load => ({
    mean: count * each.mean,
    variance: count * each.variance,
  });
  const mature = { goodDays: wholeDays(budget), budgetPerDay: budget };
  const fits = new Map<string, number>();
  const fitOn = (line: Ramp, reserve: number): number => {
    const key = `${line.goodDays} ${line.budgetPerDay} ${reserve}`;
    const known = fits.get(key) ?? countOn(line, reserve, user, risk);
    fits.set(key, known);
    return known;
  };
  const countOn = (line: Ramp, reserve: number, each: Load, day: typeof risk): number => {
    const cap = capOf(line, policy);
    let count = 0;
    for (;;) {
      const load = times(each, count + 1);
      const isReserved = reserve * load.mean <= policy.fallbackMaxShare * cap;
      if (!isReserved || !mayCarry(line, load, day)) return count;
      count += 1;
    }
  };
  const afterLoss = (lines: number, losses: number): number => {
    const pod = Math.min(lines, Math.max(policy.linesPerPod, losses + 1));
    return pod > losses ? pod / (pod - losses) : Infinity;
  };
  const needed = (load: Load, losses: number, epsilon = policy.epsilon): number => {
    if (load.mean <= 0) return 0;
    for (let count = 1; ; count += 1) {
      const share = times(load, 1 / count);
      const use = dayAtRisk(1_000 * share.mean, 1_000 * share.variance, risk, epsilon);
      const carries =
        share.mean * afterLoss(count, losses) <= policy.fallbackMaxShare * budget &&
        share.mean <= policy.maxMeanShare * budget &&
        use <= budget;
      if (carries) return count;
    }
  };

  const fleet = [...serving, ...warming].map(({ id, goodDays, budgetPerDay, ...line }) => ({
    ...{ id, goodDays, budgetPerDay, users: line.users },
    starts:
      line.adminState === 'warming'
        ? Math.max(0, Math.ceil(((line.warmingUntil ?? now) - now) / DAY))
        : 0,
  }));
  type Serving = (typeof fleet)[number];
  const fitIn = (lines: readonly Serving[], days: number, more = 0): number => {
    const there = lines.filter(({ starts }) => starts <= days);
    const count = there.length + more;
    const reserve = count > 1 ? afterLoss(count, 1) : 1;
    let all = more === 0 ? 0 : more * fitOn(mature, reserve);
    for (const { goodDays, budgetPerDay, starts } of there) {
      const then = Math.min(wholeDays(budgetPerDay), goodDays + days - starts);
      all += fitOn({ goodDays: then, budgetPerDay }, reserve);
    }
    return all;
  };
  const grown = (days: number): number => Math.ceil(users * (1 + policy.growthPerDay) ** days);
  const orderDays = policy.leadTimeDays + Math.ceil(policy.warmingDays) + wholeDays(budget);
  const toOrder = (days: number): number | null => {
    if (fitIn(fleet, days) < grown(days) && fitIn([], days, 2) === 0) return null;
    let more = 0;
    while (fitIn(fleet, days, more) < grown(days)) more += 1;
    return more;
  };
  let full: number | null = null;
  for (let day = 0; day <= 365 && full === null; day += 1) {
    if (grown(day) > fitIn(fleet, day)) full = day;
  }
  const emptiest = [...fleet].sort((a, b) => a.users - b.users || (a.id < b.id ? -1 : 1));
  const later = grown(orderDays);
  let back = 0;
  for (;;) {
    const rest = emptiest.slice(back + 1);
    const isEnough =
      back < emptiest.length &&
      rest.length >= needed(times(user, later), 1) &&
      fitIn(rest, 0) >= users &&
      fitIn(rest, orderDays) >= later;
    if (!isEnough) break;
    back += 1;
  }
  const price = policy.pricePerLinePerMonth;
  const fallbacks = Math.max(0, policy.numbersPerCard - 1);
  const held = inputs.cards.map(({ lineIds, users: count }) => ({
    count,
    left: lineIds.filter((id) => serving.some((line) => line.id === id)),
  }));
  /** Tried out: each set of so many lines. */
  const worst = (losses: number): number => {
    const ids = serving.map(({ id }) => id);
    const sets = ids.flatMap((a, i) =>
      losses === 1
        ? [[a]]
        : ids
            .slice(i + 1)
            .flatMap((b, j) =>
              losses === 2 ? [[a, b]] : ids.slice(i + j + 2).map((c) => [a, b, c]),
            ),
    );
    const lostBy = (set: readonly string[]): number =>
      held
        .filter(({ left }) => left.length > 0 && left.every((id) => set.includes(id)))
        .reduce((all, { count }) => all + count, 0);
    return Math.max(0, ...sets.map(lostBy), ids.length < losses ? lostBy(ids) : 0);
  };
  const risky = { ...risk, sigma: Math.hypot(risk.sigma, 0.6 * (1 - prior.learned)) };
  const ofNewcomers = countOn(mature, 1, newcomer, risky);
  return {
    users,
    activeUsers,
    lines: { paid: paid.length, serving: serving.length, warming: warming.length },
    meanPerDay: total.mean,
    user: { ...user, of: isKnown ? 'users' : 'newcomers' },
    usersPerLine: { ofUsers: isKnown ? countOn(mature, 1, user, risk) : ofNewcomers, ofNewcomers },
    linesNeeded: { byAdmission: needed(total, 0), withReserve: needed(total, 1) },
    daysToWholeBudget: orderDays,
    fullInDays: full,
    orderInDays: full === null ? null : full - orderDays,
    needs: [0, 7, 14, 30, 60, 90, 180].map((inDays) => ({
      inDays,
      users: grown(inDays),
      usersThatFit: fitIn(fleet, inDays),
      linesNeeded: needed(times(user, grown(inDays)), 1),
      linesToOrder: toOrder(inDays),
      orderInDays: inDays - orderDays,
    })),
    returnable: emptiest.slice(0, back).map(({ id }) => id),
    money:
      price === null
        ? null
        : {
            total: price * paid.length,
            perUser: users > 0 ? (price * paid.length) / users : null,
            perActiveUser: activeUsers > 0 ? (price * paid.length) / activeUsers : null,
            idleReserve: price * Math.max(0, paid.length - total.mean / budget),
            beyondNeed: price * Math.max(0, paid.length - needed(total, 1)),
            epsilon: {
              halved: price * (needed(total, 1, policy.epsilon / 2) - needed(total, 1)),
              doubled: price * (needed(total, 1, 2 * policy.epsilon) - needed(total, 1)),
            },
            fallbacks: {
              oneMore: price * (needed(total, fallbacks + 1) - needed(total, fallbacks)),
              oneLess:
                price * (needed(total, Math.max(0, fallbacks - 1)) - needed(total, fallbacks)),
            },
          },
    uncoveredNow: held
      .filter(({ left }) => left.length === 0)
      .reduce((all, { count }) => all + count, 0),
    uncovered: [1, 2, 3].map(worst),
  };
}
