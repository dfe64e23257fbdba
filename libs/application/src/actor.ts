import type { ActorKind } from '@linekeeper/domain';

/** Who asks for a change: the key, the rule or the provider behind it. */
export interface Actor {
  readonly kind: ActorKind;
  /** The key's id, the job's or rule's name, or the provider's name. */
  readonly id: string;
}

/** How an actor stands in histories and audit rows: `operator:<key id>`, `automation:<job>`. */
export function actorText(actor: Actor): string {
  return `${actor.kind}:${actor.id}`;
}

export const automation = (rule: string): Actor => ({ kind: 'automation', id: rule });
export const PROVIDER_ACTOR: Actor = { kind: 'provider', id: 'linq' };
