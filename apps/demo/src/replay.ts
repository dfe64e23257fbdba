import { type BookEntry, checkCeilings } from './ceilings';
import { inParallel, onboard, readFleet } from './fleet';
import type { Stage } from './story';
import { progress, say, sayTitle } from './terminal';
import { readTrace, type TraceMessage } from './trace';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
/** Messages of a virtual hour come in one step of the clock; each keeps its own instant. */
const QUANTUM_SECONDS = 3_600;
const LINES = Array.from({ length: 12 }, (_, i) => `+1202555${String(200 + i).padStart(4, '0')}`);

/**
 * Plays a trace through the whole service: every message a person of it sent reaches one of 12 mature lines as a
 * signed webhook, and the sample app answers each once. At the end the books are compared; throws when anything differs.
 */
export async function replayTrace(stage: Stage, path: string): Promise<void> {
  const messages = await readTrace(path);
  const days = Math.ceil(((messages.at(-1)?.seconds ?? 0) * 1_000 + 1) / DAY_MS);
  sayTitle(
    `Replaying ${messages.length} messages of ${days} days on 12 mature lines, one answer each.`,
  );
  await raiseLines(stage);
  const { now } = await stage.simulator.get<{ now: string }>('/__sim/clock');
  // The trace begins at a midnight, so its hours are whole epoch hours.
  const start = (Math.floor(Date.parse(now) / DAY_MS) + 1) * DAY_MS;
  await advance(stage, start);
  const handles = new Map<string, { handle: string; line: string }>();
  const begun = process.hrtime.bigint();
  for (let day = 0; day < days; day += 1) {
    const from = day * 86_400;
    const today = messages.filter(({ seconds }) => seconds >= from && seconds < from + 86_400);
    await introduce(stage, handles, today);
    await stage.simulator.post('/__sim/script', {
      events: today.map(({ seconds, user }) => {
        const { handle, line } = handles.get(user) ?? { handle: '', line: '' };
        return {
          at: new Date(start + seconds * 1_000).toISOString(),
          from: handle,
          to: line,
          text: 'Hello',
        };
      }),
    });
    await advanceDay(stage, start + day * DAY_MS);
    progress(
      `day ${day + 1} of ${days}: ${stage.sample.counts.received} received, ${stage.sample.counts.answered} answered`,
      day % 20 === 19,
    );
  }
  // The last put-off answers come within the hour.
  for (let i = 0; i < 24 && stage.sample.waiting > 0; i += 1)
    await advance(stage, start + days * DAY_MS + (i + 1) * HOUR_MS);
  const seconds = Number(process.hrtime.bigint() - begun) / 1e9;
  await compare(stage, messages, handles, start, seconds);
}

async function raiseLines({ admin, simulator }: Stage): Promise<void> {
  await simulator.post('/__sim/lines', { phoneNumbers: LINES });
  await simulator.post('/__sim/config', { receipts: false });
  await admin.post('/v1/admin/lines/import', { start: 'mature', reason: 'the lines of the trace' });
  // Each message of the trace has one answer, and every message of ours is compared with those: no cards besides.
  const { policy } = await admin.get<{ policy: { cards: object } }>('/v1/admin/policy');
  const changed = { ...policy, cards: { ...policy.cards, sendAsMessage: false } };
  await admin.put('/v1/admin/policy', { policy: changed, reason: 'only what the trace says' });
}

/** People are onboarded on the day of their first message; whoever finds no room texts a line as a stranger. */
async function introduce(
  { app }: Stage,
  handles: Map<string, { handle: string; line: string }>,
  today: readonly TraceMessage[],
): Promise<void> {
  const fresh = [...new Set(today.map(({ user }) => user))].filter((user) => !handles.has(user));
  await inParallel(fresh, 4, async (user) => {
    const handle = `+1415${String(2_000_000 + Number(user))}`;
    const placed = await onboard(app, handle, { perDay: 8, givesCard: true });
    const line = placed?.lineNumber ?? LINES[handles.size % LINES.length] ?? '';
    handles.set(user, { handle, line });
  });
}

/** Hour by hour: a call for a busy day outlasts an HTTP client's patience on a slow machine. */
async function advanceDay(stage: Stage, from: number): Promise<void> {
  for (let hour = 1; hour <= 24; hour += 1) await advance(stage, from + hour * HOUR_MS);
}

async function advance({ simulator }: Stage, at: number): Promise<void> {
  await simulator.post('/__sim/clock', {
    advanceTo: new Date(at).toISOString(),
    quantumSeconds: QUANTUM_SECONDS,
  });
}

interface Hour {
  readonly line: string;
  readonly epochHour: number;
  readonly in: number;
  readonly out: number;
}

/** Ours, the simulator's and the trace's counts, by line and epoch hour. */
async function compare(
  { admin, simulator, sample }: Stage,
  messages: readonly TraceMessage[],
  handles: ReadonlyMap<string, { line: string }>,
  start: number,
  seconds: number,
): Promise<void> {
  const books = new Map(
    (await simulator.get<Hour[]>('/__sim/books/hours')).map((hour) => [
      `${hour.line} ${hour.epochHour}`,
      hour,
    ]),
  );
  const expected = new Map<string, number>();
  for (const { user, seconds: at } of messages) {
    const key = `${handles.get(user)?.line ?? ''} ${Math.floor((start + at * 1_000) / 3_600_000)}`;
    expected.set(key, (expected.get(key) ?? 0) + 1);
  }
  const { lines } = await readFleet(admin);
  let hours = 0;
  let wrong = 0;
  const seen = new Set<string>();
  for (const line of lines) {
    const usage = await admin.get<{ hours: { epochHour: number; in: number; out: number }[] }>(
      `/v1/admin/lines/${line.id}/usage?hours=${24 * 400}`,
    );
    for (const hour of usage.hours) {
      const key = `${line.phoneNumber} ${hour.epochHour}`;
      const book = books.get(key);
      hours += 1;
      seen.add(key);
      if (book?.in !== hour.in || book.out !== hour.out || hour.in !== (expected.get(key) ?? 0))
        wrong += 1;
    }
  }
  const missing = [...books.keys()].filter((key) => !seen.has(key)).length;
  const { received, answered, deferred, refused } = sample.counts;
  say('');
  say(
    `  ${received} received, ${answered} answered (${deferred} put off at first), ${refused} refused`,
  );
  say(
    `  ${hours} line-hours compared with the simulator's books and the trace: ${wrong + missing} differ`,
  );
  const ceilings = await readCeilings(admin);
  const budgets = new Map(lines.map((line) => [line.phoneNumber, line.budgetPerDay]));
  const { unasked, over, unadmitted } = checkCeilings(
    await allBooks(simulator),
    sample.classes,
    (line, sendClass) => (ceilings[sendClass] ?? 0) * (budgets.get(line) ?? 0),
  );
  say(
    `  ${unasked} messages of ours were no replies: ${over} of them took a line over their class's share of its budget`,
  );
  say(
    `  ${seconds.toFixed(0)} s, ${Math.round((received + answered) / seconds)} messages a second`,
  );
  if (wrong + missing + over + unadmitted === 0) return;
  throw new Error(
    `The replay shows differences: ${wrong + missing} line-hours, ${over} messages over a ceiling, ` +
      `${unadmitted} messages that the gate did not let out`,
  );
}

/** The share of a line's day up to which each class is let out. */
async function readCeilings(admin: Stage['admin']): Promise<Readonly<Record<string, number>>> {
  const { policy } = await admin.get<{
    policy: { budget: { ceilings: Readonly<Record<string, number>> } };
  }>('/v1/admin/policy');
  return policy.budget.ceilings;
}

const PAGE = 50_000;

async function allBooks(simulator: Stage['simulator']): Promise<BookEntry[]> {
  const all: BookEntry[] = [];
  for (;;) {
    const { messages } = await simulator.get<{ messages: BookEntry[] }>(
      `/__sim/books?offset=${all.length}&limit=${PAGE}`,
    );
    all.push(...messages);
    if (messages.length < PAGE) return all;
  }
}
