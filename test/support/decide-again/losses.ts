import type { explainCapacity } from '@linekeeper/domain';
import { servingOf } from './capacity';
import type { Line } from './numbers';

type Told = ReturnType<typeof explainCapacity>;

interface Slowest {
  readonly lineIds: readonly string[];
  readonly users: number;
  readonly reachable: number;
  readonly hours: {
    readonly p50: number | null;
    readonly p95: number | null;
    readonly all: number | null;
  };
  readonly fullestTarget: number;
}

/** After which loss of one, two and three lines it takes longest to reach everybody: each line tried on top of those before. */
export function slowestAgain({ inputs, policy }: Told): Slowest[] {
  const serving = servingOf(inputs.lines);
  const byId = new Map(serving.map((line) => [line.id, line]));
  const cards = inputs.cards.map(({ primaryLineId, lineIds, users }) => ({
    ...{ primaryLineId, users },
    left: lineIds.filter((id, i) => byId.has(id) && lineIds.indexOf(id) === i),
  }));
  /** When one target begins each of its threads, in hours: as many an hour, and within any 24, as it may. */
  const begins: number[] = [];
  const perDay = policy.outboundPerLinePer24h - policy.keptForAnswersPer24h;
  const beginOf = (nth: number): number | null => {
    if (perDay <= 0 || policy.outboundPerLinePerHour === 0) return null;
    for (let hour = begins.at(-1) ?? 0; begins.length < nth; hour += 1) {
      const within = (hours: number): number => begins.filter((at) => at > hour - hours).length;
      while (within(1) < policy.outboundPerLinePerHour && within(24) < perDay) begins.push(hour);
    }
    return begins[nth - 1] ?? null;
  };
  const afterLossOf = (lost: readonly string[]): Slowest => {
    const contacts = new Map<string, number>();
    const messages = new Map<string, number>();
    const ownLines = lost.map((id) => byId.get(id)!);
    let reachable = 0;
    for (const line of ownLines) {
      const perUser = line.meanMilli / 1_000 / Math.max(1, line.users);
      for (const { users, left } of cards.filter((card) => card.primaryLineId === line.id)) {
        const targets = left.filter((id) => !lost.includes(id));
        if (targets.length === 0) continue;
        reachable += users;
        const before = new Map(contacts);
        const dealt = new Map(targets.map((id) => [id, 0]));
        // One by one to whom got fewest of these, and had fewest before.
        for (let user = 0; user < users; user += 1) {
          const least = targets.reduce((best, id) => {
            const fewer = dealt.get(id)! - dealt.get(best)!;
            return (fewer || (before.get(id) ?? 0) - (before.get(best) ?? 0)) < 0 ? id : best;
          });
          dealt.set(least, dealt.get(least)! + 1);
        }
        for (const [id, count] of dealt) {
          contacts.set(id, (contacts.get(id) ?? 0) + count);
          messages.set(id, (messages.get(id) ?? 0) + count * perUser);
        }
      }
    }
    const inTurn = [...contacts.values()]
      .flatMap((count) => Array.from({ length: count }, (_each, i) => i + 1))
      .sort((a, b) => a - b);
    const by = (share: number): number | null =>
      inTurn.length === 0 ? 0 : beginOf(inTurn[Math.ceil(share * inTurn.length) - 1]!);
    const fullness = ({ id, meanMilli, todayCap }: Line): number =>
      messages.has(id) ? (meanMilli / 1_000 + messages.get(id)!) / todayCap : 0;
    return {
      lineIds: lost,
      users: ownLines.reduce((sum, { users }) => sum + users, 0),
      reachable,
      hours: { p50: by(0.5), p95: by(0.95), all: by(1) },
      fullestTarget: Math.max(0, ...serving.map(fullness)),
    };
  };
  const isWorse = (one: Slowest, other: Slowest): boolean => {
    if (one.hours.all === other.hours.all) return one.users > other.users;
    if (one.hours.all === null) return true;
    return other.hours.all !== null && one.hours.all > other.hours.all;
  };
  const found: Slowest[] = [];
  for (let worst = afterLossOf([]); found.length < 3; found.push(worst)) {
    const { lineIds } = worst;
    for (const { id } of serving) {
      if (lineIds.includes(id)) continue;
      const tried = afterLossOf([...lineIds, id]);
      if (isWorse(tried, worst)) worst = tried;
    }
  }
  return found;
}

/** How many users the loss of these lines leaves without a number, who have one now. */
export function uncoveredBy({ inputs }: Told, lost: readonly string[]): number {
  const serving = servingOf(inputs.lines).map(({ id }) => id);
  return inputs.cards
    .map(({ lineIds, users }) => ({ users, left: lineIds.filter((id) => serving.includes(id)) }))
    .filter(({ left }) => left.length > 0 && left.every((id) => lost.includes(id)))
    .reduce((sum, { users }) => sum + users, 0);
}
