import type { LinqAPIV3 } from '@linqapp/sdk';
import type { TestDatabase } from './database';
import { onboard, personNumber, type SendAnswer } from './fleet';
import { ok } from './http';
import type { TestService } from './service';
import type { TestSimulator } from './simulator';
import { readStrictly } from './strict-vcard';
import { sdkOf } from './webhook-catcher';

export type Degree = 'none' | 'sent' | 'delivered' | 'known';
const RANK: readonly Degree[] = ['none', 'sent', 'delivered', 'known'];

/** What the simulated person has, by the simulator's own record. */
interface Belongings {
  readonly cards: readonly { readonly receipt: boolean; readonly numbers: readonly string[] }[];
  readonly saved: readonly string[];
  readonly texted: readonly string[];
}

/** A person, and what passed between them and the app without the provider. */
export interface Holder {
  readonly handle: string;
  readonly userId: string;
  writesTo: string;
  /** Numbers on the card that they opened by its link. */
  linked: readonly string[];
  /** Numbers that they told the app they have saved. */
  confirmed: readonly string[];
  stopped: boolean;
}

/** People with phones of their own, the app that talks with them, and what each of them really holds. */
export class CardHolders {
  readonly all: Holder[] = [];
  private readonly linq: LinqAPIV3;

  constructor(
    private readonly service: TestService,
    private readonly simulator: TestSimulator,
    private readonly database: TestDatabase,
  ) {
    this.linq = sdkOf(simulator);
  }

  async join(phone: { device: 'iphone' | 'android'; saves: boolean }): Promise<Holder> {
    const handle = personNumber(this.all.length);
    await ok(this.simulator.control.post('/people', { people: [{ handle, ...phone }] }));
    const { user, assignment } = await onboard(this.service, handle, { expectedMessagesPerDay: 4 });
    const writesTo = assignment.line.phoneNumber;
    const holder = { handle, userId: user.id, writesTo, linked: [], confirmed: [], stopped: false };
    this.all.push(holder);
    return holder;
  }

  /** The person opens the link of their card, and the app tells so. */
  async openLink(holder: Holder): Promise<void> {
    const { contactCard } = await onboard(this.service, holder.handle);
    const link = new URL(contactCard.url);
    const vcf = await (await fetch(new URL(link.pathname, this.service.url))).text();
    holder.linked = readStrictly(vcf)
      .filter(({ name }) => name === 'TEL')
      .map(({ parts }) => parts[0] ?? '');
    await this.tell(holder, { version: contactCard.version, channel: 'link' });
  }

  /** The person tells the app that they have saved the card they got last, if they have. */
  async confirm(holder: Holder): Promise<void> {
    const { cards, saved } = await this.belongings(holder);
    const numbers = cards.at(-1)?.numbers ?? [];
    const [last] = await this.database.query<{ version: string }>(
      `SELECT z.version FROM cards_sent z JOIN cards k USING (version)
       WHERE z.user_id = $1::uuid AND k.numbers = $2 ORDER BY z.at DESC LIMIT 1`,
      [holder.userId, numbers],
    );
    if (!last || saved.length === 0) return;
    holder.confirmed = [...holder.confirmed, ...numbers];
    await this.tell(holder, { version: last.version, channel: 'chat', known: true });
  }

  write(holder: Holder, to: string, text = 'Hello'): Promise<unknown> {
    return this.simulator.text(holder.handle, to, text);
  }

  /** The app answers, if the gate lets it, in the thread that the gate names. */
  async answer({ handle }: Holder): Promise<void> {
    const gate = await ok(this.service.app.post<SendAnswer>('/v1/sends', { handle }));
    if (gate.decision !== 'send' || gate.chatId === undefined) return;
    const parts = [{ type: 'text' as const, value: 'Noted' }];
    await this.linq.chats.messages.send(gate.chatId, {
      message: { parts, idempotency_key: gate.idempotencyKey ?? '' },
    });
  }

  belongings({ handle }: Holder): Promise<Belongings> {
    return ok(this.simulator.control.get<Belongings>(`/people/${encodeURIComponent(handle)}`));
  }

  /** How surely each number is theirs, as far as anybody but themselves can tell. Numbers they do not hold are left out. */
  async held(holder: Holder): Promise<Map<string, Degree>> {
    const { cards, texted } = await this.belongings(holder);
    const degrees = new Map<string, Degree>();
    const raise = (numbers: readonly string[], degree: Degree): void => {
      for (const number of numbers) {
        const before = degrees.get(number) ?? 'none';
        if (RANK.indexOf(degree) > RANK.indexOf(before)) degrees.set(number, degree);
      }
    };
    raise(holder.linked, 'sent');
    for (const { numbers, receipt } of cards) raise(numbers, receipt ? 'delivered' : 'sent');
    raise([...texted, ...holder.confirmed], 'known');
    return degrees;
  }

  /** The same by the ledger of the service, of everybody. */
  async ledger(): Promise<Map<string, Map<string, Degree>>> {
    const rows = await this.database.query<{ handle: string; number: string; degree: Degree }>(
      `SELECT h.value AS handle, l.phone_number AS number, k.sureness AS degree
       FROM known_numbers k JOIN handles h USING (user_id) JOIN lines l ON l.id = k.line_id`,
    );
    const ledger = new Map<string, Map<string, Degree>>();
    for (const { handle, number, degree } of rows) {
      const numbers = ledger.get(handle) ?? new Map<string, Degree>();
      ledger.set(handle, numbers.set(number, degree));
    }
    return ledger;
  }

  /** Where everybody is now. */
  async places(): Promise<Map<string, { line: string; state: string }>> {
    const rows = await this.database.query<{ handle: string; line: string; state: string }>(
      `SELECT h.value AS handle, l.phone_number AS line, a.state
       FROM assignments a JOIN handles h USING (user_id) JOIN lines l ON l.id = a.line_id
       WHERE a.state <> 'released'`,
    );
    return new Map(rows.map(({ handle, ...place }) => [handle, place]));
  }

  private tell({ userId }: Holder, report: object): Promise<unknown> {
    return ok(this.service.app.post(`/v1/users/${userId}/contact-card/sent`, report));
  }
}
