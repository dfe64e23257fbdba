import type { EpochMs } from '@linekeeper/domain';

/** Why an endpoint did not answer. */
export type PostFault = 'address' | 'timeout' | 'unreachable';

export interface PostedEvent {
  readonly url: string;
  /** The same for every try of an event. */
  readonly id: string;
  /** The instant of this try, as the receiver's clock tells it. */
  readonly at: EpochMs;
  readonly body: string;
  /** In the form `whsec_<base64>`. Each signs: during a rotation there are two. */
  readonly secrets: readonly string[];
  readonly timeoutMs: number;
}

export type PostOutcome =
  | { readonly status: number; readonly latencyMs: number }
  | { readonly fault: PostFault; readonly detail: string; readonly latencyMs: number };

/** Posts signed events to addresses of customers, and never to one of ours. */
export abstract class EventPoster {
  /** Why events cannot be posted to this address, in words for whoever gave it; null: they can. Looks its host up. */
  abstract refusal(url: string): Promise<string | null>;
  /**
   * One try. Never throws for what the endpoint does. The address is looked up and checked anew each time, the connection
   * goes to the address that was checked, nothing is followed, and no more than a few kB of the answer are read.
   */
  abstract post(event: PostedEvent): Promise<PostOutcome>;
}
