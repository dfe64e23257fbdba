import type { Person } from '../soak/messages';

/** Somebody with a place, and the line that it is on. */
export type Placed = Person & { readonly lineId: string };

/** A stored event of a backlog, and whom it is about. */
export interface Told {
  readonly eventId: string;
  readonly type: 'message.received' | 'message.sent' | 'message.delivered';
  readonly person: Placed;
  readonly messageId: string;
  /** The hold of the gate under which a message of ours left. */
  readonly hold: string | null;
  readonly body: string;
}
