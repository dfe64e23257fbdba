import { Injectable } from '@nestjs/common';
import type { Actor } from '../../actor';
import { PROVIDER_ACTOR } from '../../actor';
import { CardLinks, type CardRecord, type Sureness, UnitOfWork } from '../../ports';
import { Refusal } from '../../refusal';
import { Decisions, type PoolScope, sees } from '../shared';
import { cardFor, cardLines } from './card';
import { CardShelf } from './card-shelf';
import { placeOf } from './find-user';

/** The ways a card goes to a person. */
export const CARD_CHANNELS = ['chat', 'link', 'email', 'other'] as const;

export interface CardSentReport {
  readonly userId: string;
  readonly pool?: string | undefined;
  readonly poolIds: PoolScope;
  readonly version: string;
  readonly channel: (typeof CARD_CHANNELS)[number];
  /** The app is sure that the person saved it. */
  readonly known?: boolean | undefined;
}

/** The contact card of a user, and the ledger of what each was sent: failover only goes to those numbers. */
@Injectable()
export class ContactCards {
  private readonly shelf = new CardShelf();

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly decisions: Decisions,
    private readonly links: CardLinks,
  ) {}

  /** One round trip when the same numbers were asked for lately. Refuses as {@link placeOf} does. */
  async of(userId: string, pool: string | undefined, scope: PoolScope): Promise<CardRecord> {
    const places = await this.unitOfWork.read.cards.numbersNow(userId);
    const [only, ...others] = places.filter(({ poolId }) => sees(scope, poolId));
    // Whatever is not the usual case is somebody else's to answer.
    const wanted = pool === undefined && others.length === 0 ? only : undefined;
    const known = wanted && this.shelf.get(wanted);
    if (known) return known;
    const card = await this.make(userId, pool, scope);
    if (wanted) this.shelf.put(wanted, card);
    return card;
  }

  private async make(
    userId: string,
    pool: string | undefined,
    scope: PoolScope,
  ): Promise<CardRecord> {
    const { read } = this.unitOfWork;
    const decision = await this.decisions.begin(PROVIDER_ACTOR);
    const placed = await placeOf(read, userId, pool, scope);
    const lines = await cardLines(read, placed.assignment);
    const { version } = await cardFor(read, placed.pool, lines, decision);
    const card = await read.cards.byVersion(version);
    return card ?? Promise.reject(new Error(`The card ${version} vanished while it was read`));
  }

  /** The card behind a public link; null when the link was altered, has expired or never was. */
  async byToken(token: string): Promise<CardRecord | null> {
    const decision = await this.decisions.begin(PROVIDER_ACTOR);
    const version = this.links.open(token, decision.now);
    return version === null ? null : this.unitOfWork.read.cards.byVersion(version);
  }

  /** Notes that this very card went to the person. Only a card of our making, with numbers of their pool. */
  async recordSent(
    report: CardSentReport,
    actor: Actor,
  ): Promise<{ lineIds: string[]; sureness: Sureness }> {
    const decision = await this.decisions.begin(actor);
    return this.unitOfWork.run(async (stores) => {
      await stores.merges.keepOut();
      const { pool, user } = await placeOf(stores, report.userId, report.pool, report.poolIds);
      const card = await stores.cards.byVersion(report.version);
      if (card?.poolId !== pool.id) {
        throw new Refusal(
          'card.version_unknown',
          `The card ${report.version} was never made in this pool`,
        );
      }
      const lines = await stores.lines.byPhoneNumbers(card.numbers);
      const sureness: Sureness = report.known ? 'known' : 'sent';
      await stores.cards.recordSent({
        id: decision.newId(),
        userId: user.id,
        version: report.version,
        channel: report.channel,
        actor: decision.actor,
        at: decision.now,
      });
      await stores.cards.know(
        lines.map((line) => ({
          userId: user.id,
          lineId: line.id,
          sureness,
          position: card.numbers.indexOf(line.phoneNumber),
        })),
        decision.now,
      );
      return { lineIds: lines.map(({ id }) => id), sureness };
    });
  }
}
