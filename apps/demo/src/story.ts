import { Chance } from './chance';
import { type Fleet, inParallel, onboard, readFleet, short } from './fleet';
import type { JsonClient } from './http';
import type { SampleApp } from './sample-app';
import { clockText, say, sayTitle } from './terminal';

export interface Stage {
  readonly admin: JsonClient;
  readonly app: JsonClient;
  readonly simulator: JsonClient;
  readonly sample: SampleApp;
}

interface Person {
  readonly handle: string;
  readonly perDay: number;
  line: string;
}

const HOURS = 36;
const FIRST_PEOPLE = 200;
/** A person of the story says about so much a day; the sample app answers each time. */
const INBOUND_PER_DAY = { low: 2, high: 7 };
const TEXTS = [
  'Hi!',
  'Any news?',
  'What about tomorrow?',
  'Can you book it?',
  'Thanks',
  'And the price?',
  'ok great',
];
/** Events within ten virtual minutes come to pass in one step. */
const QUANTUM_SECONDS = 600;

const LINES = Array.from({ length: 12 }, (_, i) => `+1202555${String(100 + i).padStart(4, '0')}`);

/** Two minutes that stand for a day and a half of a fleet. */
export async function tellStory(stage: Stage): Promise<void> {
  const chance = new Chance(7);
  sayTitle('A fleet of 12 lines, and a day and a half of its life in about two minutes.');
  await raiseFleet(stage);
  const people = await seedPeople(stage, chance);
  await crowdOneLine(stage);
  const start = Date.parse((await readFleet(stage.admin)).now);
  await scriptTalk(stage, people, start, chance);
  say('');
  say('  time         users   24 h messages   coverage   what happens');
  let flagged: string | null = null;
  for (let hour = 3; hour <= HOURS; hour += 3) {
    await advanceTo(stage, start + hour * 3_600_000);
    const notes: string[] = [];
    if (hour === 3) notes.push(await cardNews(stage));
    if (hour === 6 || hour === 27) notes.push(await newcomers(stage, chance, hour));
    if (hour === 9) {
      flagged = busiest(await readFleet(stage.admin));
      await stage.simulator.post(`/__sim/lines/${flagged}/status`, { status: 'FLAGGED' });
      await advanceTo(stage, start + hour * 3_600_000 + 60_000);
      notes.push(`the provider flags ${short(flagged)}, our busiest line`);
    }
    if (hour === 12 && flagged !== null) notes.push(await failoverNews(stage));
    if (hour === 18) notes.push(await rebalanceNews(stage));
    if (hour === 33 && flagged !== null) {
      await stage.simulator.post(`/__sim/lines/${flagged}/status`, { status: 'ACTIVE' });
      notes.push(`${short(flagged)} is active again; it ramps anew, and nobody is moved back`);
    }
    await report(stage, notes.join('; '));
  }
  await summary(stage);
}

/** Lines in mixed states, through the admin API. */
async function raiseFleet({ admin, simulator }: Stage): Promise<void> {
  await simulator.post('/__sim/lines', { phoneNumbers: LINES });
  for (const [i, phoneNumber] of LINES.entries()) {
    const ramping = i >= 9;
    const line = await admin.post<{ id: string }>('/v1/admin/lines', {
      phoneNumber,
      ...(ramping ? { start: 'new' } : { start: 'mature', carriedPerDay: 1_400 + 150 * i }),
      reason: 'the fleet of the story',
    });
    if (i === 9 || i === 10) {
      await admin.post(`/v1/admin/lines/${line.id}/activate`, {
        reason: 'warmed elsewhere',
        waiveWarming: true,
      });
    }
    if (i === 8)
      await admin.post(`/v1/admin/lines/${line.id}/cordon`, { reason: 'kept for later' });
  }
  say('  12 lines: 8 mature, 1 cordoned, 2 ramping, 1 still warming');
}

async function seedPeople({ app, simulator }: Stage, chance: Chance): Promise<Person[]> {
  const people = Array.from({ length: FIRST_PEOPLE }, (_, i): Person => ({
    handle: `+1415555${String(1_000 + i)}`,
    perDay: 2 * chance.between(INBOUND_PER_DAY.low, INBOUND_PER_DAY.high),
    line: '',
  }));
  await simulator.post('/__sim/people', {
    people: people.map(({ handle }) => ({
      handle,
      device: chance.next() < 0.8 ? 'iphone' : 'android',
    })),
  });
  let placed = 0;
  await inParallel(people, 4, async (person) => {
    const given = await onboard(app, person.handle, {
      perDay: person.perDay,
      givesCard: Number(person.handle.slice(-2)) % 20 !== 0,
    });
    if (!given) return;
    person.line = given.lineNumber;
    placed += 1;
  });
  say(
    `  ${placed} people placed, each on a line with three fallbacks; the app gave 95 % their contact card`,
  );
  return people.filter(({ line }) => line !== '');
}

/** An operator lowers one line's budget below what its people will need: something for rebalance to see. */
async function crowdOneLine({ admin }: Stage): Promise<void> {
  const { lines } = await readFleet(admin);
  const line = [...lines]
    .filter((each) => each.health === 'healthy')
    .sort((a, b) => b.users - a.users)[1];
  if (!line) return;
  const budgetPerDay = Math.max(50, Math.round(line.projectedUse * 0.6));
  await admin.patch(`/v1/admin/lines/${line.id}`, {
    budgetPerDay,
    reason: 'the story needs a crowded line',
  });
  say(`  ${short(line.phoneNumber)} gets a budget of ${budgetPerDay}, less than its people need`);
}

/** What people will say over the hours, by day more than by night. */
async function scriptTalk(
  { simulator }: Stage,
  people: readonly Person[],
  start: number,
  chance: Chance,
): Promise<void> {
  const events: { at: string; from: string; to?: string; text: string }[] = [];
  for (const { handle, line, perDay } of people) {
    const first = start + chance.between(30, 7_000) * 1_000;
    events.push({ at: new Date(first).toISOString(), from: handle, to: line, text: 'Hi!' });
    const more = Math.round((perDay / 2) * (HOURS / 24));
    for (let i = 0; i < more; i += 1) {
      const at = first + chance.between(60, HOURS * 3_600 - 8_000) * 1_000;
      const hour = new Date(at).getUTCHours();
      if (hour < 7 && chance.next() < 0.8) continue;
      events.push({
        at: new Date(at).toISOString(),
        from: handle,
        text: chance.pick(TEXTS) ?? 'Hi',
      });
    }
  }
  const leaver = people[17];
  if (leaver) {
    events.push({
      at: new Date(start + 15 * 3_600_000).toISOString(),
      from: leaver.handle,
      text: 'STOP',
    });
  }
  await simulator.post('/__sim/script', { events });
}

async function newcomers({ app, simulator }: Stage, chance: Chance, hour: number): Promise<string> {
  let placed = 0;
  for (let i = 0; i < 12; i += 1) {
    const handle = `+1628555${String(hour * 100 + i).padStart(4, '0')}`;
    const given = await onboard(app, handle, { perDay: 8, givesCard: true });
    if (!given) continue;
    placed += 1;
    await simulator.post('/__sim/script', {
      events: [
        { at: chance.between(60, 5_000), from: handle, to: given.lineNumber, text: 'Hi, I am new' },
      ],
    });
  }
  return `${placed} new people onboarded`;
}

/** Whom the app gave no card gets it from the service, in the thread they write in. */
async function cardNews({ admin }: Stage): Promise<string> {
  const { due } = await admin.get<{ due: { none: number } }>('/v1/admin/coverage');
  return `the service sends cards to those who had none and write; ${due.none} are still to get one`;
}

function busiest(fleet: Fleet): string {
  const [line] = [...fleet.lines].sort((a, b) => b.users - a.users);
  return line?.phoneNumber ?? '';
}

async function failoverNews({ admin }: Stage): Promise<string> {
  const { data } = await admin.get<{
    data: { usersMoved: number; usersStranded: number; usersTotal: number }[];
  }>('/v1/admin/failovers?limit=1');
  const [failover] = data;
  if (!failover) return '';
  const { usersMoved, usersStranded, usersTotal } = failover;
  return `failover: ${usersMoved} of ${usersTotal} now on a number of their own card, ${usersStranded} need an introduction`;
}

async function rebalanceNews({ admin }: Stage): Promise<string> {
  const { plan } = await admin.post<{
    plan: { remedies: { lineId: string; share: number }[]; moves: unknown[] };
  }>('/v1/admin/rebalance', { reason: 'the story', dryRun: false });
  const [worst] = plan.remedies;
  if (!worst) return 'rebalance: nothing to propose';
  const share = Math.round(worst.share * 100);
  return `rebalance proposes to close a line forecast at ${share} % of its cap, and ${plan.moves.length} moves`;
}

async function advanceTo({ simulator }: Stage, at: number): Promise<void> {
  await simulator.post('/__sim/clock', {
    advanceTo: new Date(at).toISOString(),
    quantumSeconds: QUANTUM_SECONDS,
  });
}

async function report({ admin }: Stage, note: string): Promise<void> {
  const fleet = await readFleet(admin);
  const messages = fleet.lines.reduce((sum, line) => sum + line.usedLast24h, 0);
  const coverage = `${(100 * fleet.coverage.sent).toFixed(1)} %`;
  say(
    `  ${clockText(fleet.now)}   ${String(fleet.users).padStart(5)}   ${messages.toLocaleString('en').padStart(13)}` +
      `   ${coverage.padStart(8)}   ${note}`,
  );
}

async function summary({ admin, sample }: Stage): Promise<void> {
  const fleet = await readFleet(admin);
  const { received, answered, deferred, refused } = sample.counts;
  say('');
  say('  line     state                 users   last 24 h / cap');
  for (const line of fleet.lines) {
    const state = line.health === 'healthy' ? line.adminState : line.health;
    say(
      `  ${short(line.phoneNumber)}    ${state.padEnd(20)} ${String(line.users).padStart(6)}` +
        `   ${String(line.usedLast24h).padStart(9)} / ${line.todayCap}`,
    );
  }
  say('');
  say(
    `  People wrote ${received} times; ${answered} were answered, ${deferred} answers had to wait, ${refused} were not allowed.`,
  );
}
