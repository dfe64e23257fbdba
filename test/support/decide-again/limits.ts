import type { explainCanary, explainLimits } from '@linekeeper/domain';
import { MINUTE } from './numbers';

export function canaryAgain({ inputs, policy }: ReturnType<typeof explainCanary>): string {
  const { now } = inputs;
  const window = policy.canaryMinutes * MINUTE;
  const known = inputs.probes.filter(({ at }) => at <= now && now - at <= 3 * window);
  const isReached = (handle: string, at: number): boolean => {
    const near = known
      .filter((probe) => probe.from === 'control' && probe.handle === handle)
      .map((probe) => ({ ok: probe.ok, away: Math.abs(probe.at - at) }));
    const least = Math.min(...near.map(({ away }) => away));
    return near.length > 0 && near.every(({ ok, away }) => away > least || ok);
  };
  const heard = known.filter((probe) => probe.from === 'line' && isReached(probe.handle, probe.at));
  const healthy = Math.min(
    policy.maxBadRate,
    Math.max(policy.minBadRate, Math.sqrt(policy.minBadRate * policy.maxBadRate)),
  );
  const sick = policy.flaggedBadRate;
  const handles = [...new Set(heard.map(({ handle }) => handle))].map((handle) => {
    const own = heard.filter((probe) => probe.handle === handle).sort((a, b) => a.at - b.at);
    let against = 0;
    for (const { ok } of own) {
      const odds = ok ? (1 - sick) / (1 - healthy) : sick / healthy;
      against = Math.max(0, against + Math.log(odds));
    }
    const newest = Math.max(...own.map(({ at }) => at));
    const lost = own.some(({ at, ok }) => at === newest && !ok);
    return { against, lost, fresh: now - newest <= window };
  });
  const fresh = handles.filter((handle) => handle.fresh);
  if (fresh.filter(({ lost, against }) => lost && against >= 4.5).length >= policy.canaryHandles) {
    return 'fails';
  }
  const clear = handles.every(({ against }) => against === 0);
  return clear && fresh.length >= policy.canaryHandles ? 'works' : 'unknown';
}

export function limitsAgain({ inputs, policy }: ReturnType<typeof explainLimits>) {
  const { now, lines, lost, alarms, capacity, demand } = inputs;
  // Panic: looked for from the last quiet spell on, by whichever alarm first completed enough domains.
  const known = alarms.filter(({ at }) => at <= now);
  let begin = 0;
  known.forEach(({ at }, i) => {
    const before = known[i - 1];
    if (before && at - before.at >= policy.panicCleanMinutes * MINUTE) begin = i;
  });
  const isQuiet = known.length === 0 || now - known.at(-1)!.at >= policy.panicCleanMinutes * MINUTE;
  const first = known.findIndex(({ at }, i) => {
    const near = known
      .slice(0, i + 1)
      .filter((each) => at - each.at <= policy.panicMinutes * MINUTE);
    const domains = new Set(near.map(({ failureDomain }) => failureDomain));
    return i >= begin && domains.size >= policy.panicDomains;
  });
  const order = ['reply', 'transactional', 'introduction', 'proactive'] as const;
  const asked = order.reduce((sum, each) => sum + demand[each], 0);
  const isBrown = capacity < policy.brownoutShare * asked;
  const fitting = order.filter((each, i) => {
    const upTo = order.slice(0, i + 1).reduce((sum, other) => sum + demand[other], 0);
    return each === 'reply' || upTo <= capacity;
  });
  // What does not fit takes those behind it along.
  const cut = order.findIndex((each) => !fitting.includes(each));
  const brown = cut < 0 ? order.slice(0, -1) : order.slice(0, cut);
  return {
    mayEject:
      inputs.ejectedByInference < Math.max(1, Math.floor(policy.maxInferredEjectionShare * lines)),
    contagion: lost >= policy.contagionLines && lost >= policy.contagionShare * lines,
    panicSince: isQuiet || first < 0 ? null : known[first]!.at,
    served: capacity <= 0 ? [] : isBrown ? brown : [...order],
  };
}
