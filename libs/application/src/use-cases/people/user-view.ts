import { DAY_MS } from '@linekeeper/domain';
import type {
  AssignmentRecord,
  CardLinks,
  CardRecord,
  LineRecord,
  PoolRecord,
  Stores,
  UserRecord,
} from '../../ports';
import type { Decision } from '../shared';
import { cardFor, cardLines } from './card';

/** A card link is for the message that carries it; a month later the app asks for a new one. */
const CARD_LINK_MS = 30 * DAY_MS;

/** A user with their place in a pool, as the API shows it. */
export interface UserView {
  readonly user: UserRecord;
  readonly pool: PoolRecord;
  readonly assignment: AssignmentRecord;
  readonly line: LineRecord;
  readonly fallbacks: readonly LineRecord[];
  readonly card: Pick<CardRecord, 'version'> & { readonly url: string };
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
  return {
    ...of,
    line: lines.primary,
    fallbacks: lines.fallbacks,
    card: { version, url: links.url(version, decision.now + CARD_LINK_MS) },
  };
}
