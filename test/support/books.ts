import { linesOf } from './fleet';
import { ok } from './http';
import type { TestService } from './service';
import type { BookEntry, TestSimulator } from './simulator';

const HOUR_MS = 3_600_000;

interface UsageHour {
  readonly epochHour: number;
  readonly in: number;
  readonly out: number;
}

/** Counts by line and epoch hour, `"+1202... 496512": "in 3, out 2"`, as the simulator wrote them down. */
export async function simulatorCounts(simulator: TestSimulator): Promise<Map<string, string>> {
  return new Map(
    (await simulator.hours()).map((hour) => [`${hour.line} ${hour.epochHour}`, written(hour)]),
  );
}

/** The same, as we counted them. */
export async function ourCounts(service: Pick<TestService, 'admin'>): Promise<Map<string, string>> {
  const counts = new Map<string, string>();
  for (const { id, phoneNumber } of await linesOf(service)) {
    const path = `/v1/admin/lines/${id}/usage?hours=9600`;
    const { hours } = await ok(service.admin.get<{ hours: UsageHour[] }>(path));
    for (const hour of hours) counts.set(`${phoneNumber} ${hour.epochHour}`, written(hour));
  }
  return counts;
}

/** Both books say the same, hour by hour. */
export async function expectBooksToAgree(
  service: Pick<TestService, 'admin'>,
  simulator: TestSimulator,
): Promise<void> {
  const theirs = await simulatorCounts(simulator);
  expect(theirs.size).toBeGreaterThan(0);
  expect(sorted(await ourCounts(service))).toEqual(sorted(theirs));
}

/** The most chats that we began on one line within any window of `hours`. */
export function mostConversationsBegun(books: readonly BookEntry[], hours: number): number {
  const begun = new Map<string, number[]>();
  const seen = new Set<string>();
  for (const { chatId, direction, line, at } of [...books].sort((a, b) =>
    a.at.localeCompare(b.at),
  )) {
    if (seen.has(chatId)) continue;
    seen.add(chatId);
    if (direction === 'out') begun.set(line, [...(begun.get(line) ?? []), Date.parse(at)]);
  }
  let most = 0;
  for (const instants of begun.values()) {
    for (const end of instants) {
      const within = instants.filter((at) => at > end - hours * HOUR_MS && at <= end).length;
      most = Math.max(most, within);
    }
  }
  return most;
}

function written({ in: received, out }: { in: number; out: number }): string {
  return `in ${received}, out ${out}`;
}

function sorted(counts: ReadonlyMap<string, string>): Record<string, string> {
  return Object.fromEntries([...counts].sort(([a], [b]) => a.localeCompare(b)));
}
