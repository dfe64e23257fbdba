import type { Role } from '../../ports';

/** Who a request comes from. */
export interface Principal {
  /** The key's id, or `page` for the operator's page. */
  readonly id: string;
  readonly role: Role;
  /** The pools it may see; empty means every pool. */
  readonly poolIds: readonly string[];
}
