import { DAY_MS } from '@linekeeper/domain';
import type {
  AssignmentRecord,
  CardDue,
  CardLinks,
  CardRecord,
  LineRecord,
  PoolRecord,
  Stores,
  UserRecord,
} from '../../ports';
import type { Decision } from '../shared';
import { cardFor, cardLines, type CardLines } from './card';

/** A card link is for the message that carries it; a month later the app asks for a new one. */
const CARD_LINK_MS = 30 * DAY_MS;

/** A user with their place in a pool, as the API shows it. */
export interface UserView {
  readonly user: UserRecord;
  readonly pool: PoolRecord;
  readonly assignment: AssignmentRecord;
  readonly line: LineRecord;
  readonly fallbacks: readonly LineRecord[];
  /** `due`: why the person is to be given it now; null when they hold what they need. */
  readonly card: Pick<CardRecord, 'version'> & {
    readonly url: string;
    readonly due: CardDue | null;
  };
}

export async function viewUser(
  stores: Stores,
  links: CardLinks,
  decision: Decision,
  of: {
    readonly user: UserRecord;
    readonly pool: PoolRecord;
    readonly assignment: AssignmentRecord;
  },
): Promise<UserView> {
  const lines = await cardLines(stores, of.assignment);
  const { version } = await cardFor(stores, of.pool, lines, decision);
  const due = await stores.cards.due(of.user.id, of.pool.id);
  return viewWith(lines, { version, due }, links, decision, of);
}

/** The same with what was read already. */
export function viewWith(
  { primary, fallbacks }: CardLines,
  card: Pick<UserView['card'], 'version' | 'due'>,
  links: CardLinks,
  { now }: Decision,
  of: Pick<UserView, 'user' | 'pool' | 'assignment'>,
): UserView {
  const url = links.url(card.version, now + CARD_LINK_MS);
  return { ...of, line: primary, fallbacks, card: { ...card, url } };
}
