import fc from 'fast-check';
import { randomUUID } from 'node:crypto';
import { bodyOf, InboxAlone } from '../support/inbox-alone';
import { StoreStage } from '../support/store-stage';

const START = Date.UTC(2026, 2, 3, 9);
const LINES = ['+14155551001', '+14155551002'];
const TEXTS = ['Hello there', 'How are you?', 'STOP', 'START', 'ok'];
const KINDS = ['received', 'sent', 'delivered', 'read', 'failed', 'twice'] as const;

/** One step of a made-up conversation, with numbers that choose among what there is. */
interface Step {
  readonly kind: (typeof KINDS)[number];
  readonly person: number;
  readonly line: number;
  readonly text: number;
  readonly minutes: number;
  readonly late: boolean;
}

const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom(...KINDS),
  person: fc.nat(2),
  line: fc.nat({ max: 3 }).map((n) => (n === 3 ? 1 : 0)),
  text: fc.nat(TEXTS.length - 1),
  minutes: fc.nat(90),
  late: fc.boolean(),
});

const HANDLE = 'LEFT JOIN handles h ON h.user_id = x.user_id';
const LINE = 'JOIN lines l ON l.id = x.line_id';
const ROWS = {
  messages: `SELECT x.id, l.phone_number, x.chat_id, h.value, x.direction, x.at, x.status, x.failure_code,
    x.idempotency_key, x.send_id, x.class FROM messages x ${LINE} ${HANDLE} ORDER BY x.id`,
  hours: `SELECT l.phone_number, x.hour, x."in", x.out, x.started FROM line_hours x ${LINE} ORDER BY 1, 2`,
  days: `SELECT h.value, x.day, x."in", x.out FROM user_days x ${HANDLE} ORDER BY 1, 2`,
  conversations: `SELECT h.value, l.phone_number, x.last_inbound_at, x.last_outbound_at, x.last_unsolicited_turn_at,
    x.outbound_turns, x.unanswered_turns, x.pull_turns
    FROM conversations x ${HANDLE} LEFT JOIN lines l ON l.id = x.active_line_id ORDER BY 1`,
  chats: `SELECT x.id, l.phone_number, h.value, x.is_group, x.health, x.health_at, x.service, x.started_by,
    x.created_at, x.last_activity_at, x.imessage_seen_at
    FROM chats x ${LINE} LEFT JOIN conversations c ON c.id = x.conversation_id
    LEFT JOIN handles h ON h.user_id = c.user_id ORDER BY 1`,
  wishes: `SELECT h.value, x.suppressed_at, x.lifted_at, x.source, x.reply_allowed_until
    FROM suppressions x ${HANDLE} ORDER BY 1`,
  places: `SELECT h.value, l.phone_number, x.state, x.started_by, x.epoch, x.confirmed_at
    FROM assignments x ${HANDLE} ${LINE} ORDER BY 1`,
  known: `SELECT h.value, l.phone_number, x.sureness, x.position FROM known_numbers x ${HANDLE} ${LINE} ORDER BY 1, 2`,
  evidence: `SELECT h.value, l.phone_number, x.at, x.bad, x.taken FROM recipient_outcomes x ${HANDLE} ${LINE} ORDER BY 1, 2`,
  loads: `SELECT phone_number, users, mean_milli::text, variance_milli::text, new_users_today FROM lines ORDER BY 1`,
  inbox: `SELECT x.event_id, x.state, x.attempts FROM inbox_events x ORDER BY 1`,
};

/** What is kept, by names that two databases share. */
async function rowsOf(stage: StoreStage): Promise<unknown> {
  const all: Record<string, unknown> = {};
  for (const [name, sql] of Object.entries(ROWS)) all[name] = await stage.query(sql);
  return all;
}

/** The bodies of the steps, as the provider would tell them. */
function bodiesOf(steps: readonly Step[], run: number): string[] {
  const sent: { id: string; person: number; line: number }[] = [];
  const bodies: string[] = [];
  let at = START;
  for (const { kind, person, line, text, minutes, late } of steps) {
    at += minutes * 60_000;
    const last = sent.at(-1 - (text % 2));
    if (kind === 'twice') bodies.push(...bodies.slice(-1));
    else if (kind === 'received') {
      const when = late ? at - 3 * 60_000 : at;
      bodies.push(told('message.received', randomUUID(), person, line, when, run, TEXTS[text]));
    } else if (kind === 'sent') {
      const id = randomUUID();
      sent.push({ id, person, line });
      // Some are told of only once they have arrived.
      if (!late) bodies.push(told('message.sent', id, person, line, at, run));
    } else if (last) {
      bodies.push(told(`message.${kind}`, last.id, last.person, last.line, at, run));
    }
  }
  return bodies;
}

function told(
  type: string,
  id: string,
  person: number,
  line: number,
  at: number,
  run: number,
  text?: string,
): string {
  const chat = `chat-${run}-${person}-${line}`;
  const from = personNumber(run, person);
  return bodyOf(type, { id, chat, line: LINES[line] ?? '', from, at, ...(text ? { text } : {}) });
}

const personNumber = (run: number, person: number): string =>
  `+1720${String(5_550_000 + run * 10 + person)}`;

describe('A batch of the inbox', () => {
  let stages: StoreStage[];
  let together: InboxAlone;
  let oneByOne: InboxAlone;

  beforeAll(async () => {
    stages = await Promise.all([StoreStage.open(START), StoreStage.open(START)]);
    for (const stage of stages) for (const _ of LINES) await stage.line();
    [together, oneByOne] = stages.map((stage) => new InboxAlone(stage)) as [InboxAlone, InboxAlone];
  });

  afterAll(async () => {
    for (const stage of stages) await stage.close();
  });

  it('leaves the rows that the same events leave one by one, whatever they are', async () => {
    let run = 0;
    let events = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 12, maxLength: 30 }), async (steps) => {
        const bodies = bodiesOf(steps, (run += 1));
        events += bodies.length;
        await together.store(bodies);
        await together.drain();
        for (const body of bodies) {
          await oneByOne.store([body]);
          await oneByOne.drain();
        }
        const [a, b] = await Promise.all(stages.map(rowsOf));
        expect(a).toEqual(b);
      }),
      { numRuns: 8, seed: 4_711, endOnFailure: true },
    );
    expect(events).toBeGreaterThan(80);
  });
});
