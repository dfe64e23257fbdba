import type {
  explainAdmission,
  explainCard,
  explainFallbacks,
  explainPlacement,
} from '@linekeeper/domain';
import { capOf, closedBecause, dayAtRisk, type Line } from './numbers';

const percent = (share: number): number => Math.round(1_000 * Math.max(0, Math.min(1, share))) / 10;

export function admitAgain({ inputs, policy }: ReturnType<typeof explainAdmission>): boolean {
  const { line, load, risk } = inputs;
  if (capOf(line, policy) < line.budgetPerDay) {
    return load.mean <= policy.rampMeanShare * line.todayCap;
  }
  const use = dayAtRisk(load.mean * 1_000, load.variance * 1_000, risk, policy.epsilon);
  return load.mean <= policy.maxMeanShare * line.todayCap && use <= capOf(line, policy);
}

export function placeAgain({ inputs, policy, steps }: ReturnType<typeof explainPlacement>) {
  const { request, now, lines, risk } = inputs;
  const ramps = (line: Line): boolean => capOf(line, policy) < line.budgetPerDay;
  const meanWith = (line: Line): number => (line.meanMilli + request.meanMilli) / 1_000;
  const useWith = (line: Line): number =>
    dayAtRisk(
      line.meanMilli + request.meanMilli,
      line.varianceMilli + request.varianceMilli,
      risk,
      policy.epsilon,
    );
  const why = (line: Line): string | null => {
    if (request.onlyLineIds && !request.onlyLineIds.includes(line.id)) return 'not-asked-for';
    const closed = closedBecause(line, now);
    if (closed !== null) return closed;
    if (ramps(line)) {
      const share = line.meanMilli === 0 ? 1 : policy.rampMeanShare;
      if (meanWith(line) > share * line.todayCap) return 'full';
      const left = 0.8 * (line.todayCap - (line.meanMilli / 1_000) * policy.rampMeanShare);
      const newcomers = Math.floor(left / (inputs.newcomerPerDay * policy.noveltyFactor));
      return line.newUsersToday >= Math.max(1, newcomers) ? 'new-users-today' : null;
    }
    const fits = meanWith(line) <= policy.maxMeanShare * line.todayCap;
    return fits && useWith(line) <= capOf(line, policy) ? null : 'full';
  };
  const removed = lines.flatMap((line) => {
    const reason = why(line);
    return reason === null ? [] : [{ lineId: line.id, reason }];
  });
  let left = lines.filter((line) => why(line) === null);
  if (left.some(ramps) && !left.every(ramps)) {
    const rampingFirst = steps.percentile < 100 * policy.rampShareOfNewUsers;
    for (const { id } of left.filter((line) => ramps(line) !== rampingFirst)) {
      removed.push({ lineId: id, reason: 'ramp-share' });
    }
    left = left.filter((line) => ramps(line) === rampingFirst);
  }
  if (left.length === 0) {
    const reasons: Record<string, number> = {};
    for (const { reason } of removed) reasons[reason] = (reasons[reason] ?? 0) + 1;
    const due = removed.map(({ lineId, reason }) => {
      const line = lines.find(({ id }) => id === lineId)!;
      if (['full', 'new-users-today'].includes(reason)) return inputs.nextDayAt;
      if (reason === 'warming') return line.warmingUntil;
      return reason === 'recovering' ? line.bannedUntil : null;
    });
    const ahead = due.filter((at) => at !== null && at > now) as number[];
    const nextCapacityAt = ahead.length > 0 ? Math.min(...ahead) : null;
    return { kind: 'no-capacity', removed, reasons, nextCapacityAt };
  }
  const weights = policy.weights as Record<'headroom' | 'recent-use' | 'newcomers', number>;
  const allWeights = weights.headroom + weights['recent-use'] + weights.newcomers;
  const rankOf = (id: string): number => steps.lines.find(({ lineId }) => lineId === id)!.rank;
  const candidates = left.map((line) => {
    const cap = capOf(line, policy);
    const headroom = percent(1 - useWith(line) / cap);
    const quiet = percent(1 - line.usedLast24h / cap);
    const newcomers = percent(5 / (5 + line.newUsersToday));
    const sum =
      weights.headroom * headroom + weights['recent-use'] * quiet + weights.newcomers * newcomers;
    return {
      lineId: line.id,
      score: sum / allWeights,
      parts: [
        { scorer: 'headroom', weight: weights.headroom, score: headroom },
        { scorer: 'recent-use', weight: weights['recent-use'], score: quiet },
        { scorer: 'newcomers', weight: weights.newcomers, score: newcomers },
      ],
    };
  });
  candidates.sort((a, b) => b.score - a.score || rankOf(b.lineId) - rankOf(a.lineId));
  return { kind: 'placed', candidates, removed };
}

export function backUpAgain({ inputs, policy, steps }: ReturnType<typeof explainFallbacks>) {
  const { now, lines, primaryLineId } = inputs;
  const keys = (line: Line): [number, number, number] => [
    line.fallbackUsers / Math.max(1, line.todayCap),
    capOf(line, policy) < line.budgetPerDay ? 1 : 0,
    -steps.lines.find(({ lineId }) => lineId === line.id)!.rank,
  ];
  return lines
    .filter((line) => line.id !== primaryLineId && closedBecause(line, now) === null)
    .sort((a, b) => byKeys(keys(a), keys(b)))
    .slice(0, policy.numbersPerCard - 1)
    .map(({ id }) => id);
}

export function dealAgain({ inputs, steps }: ReturnType<typeof explainCard>): string | null {
  const held = inputs.cards.filter(({ lineIds }) => lineIds.includes(inputs.primaryLineId));
  const keys = (card: (typeof held)[number]): [number, number, number, number] => [
    -card.usableFallbackIds.length,
    card.reserveHolds ? 0 : 1,
    card.users,
    -steps.cards.find(({ cardId }) => cardId === card.cardId)!.rank,
  ];
  return [...held].sort((a, b) => byKeys(keys(a), keys(b)))[0]?.cardId ?? null;
}

/** The first key that differs decides; the lower one comes first. */
function byKeys(a: readonly number[], b: readonly number[]): number {
  const i = a.findIndex((key, k) => key !== b[k]);
  return i < 0 ? 0 : a[i]! - b[i]!;
}
