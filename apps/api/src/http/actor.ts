import type { Actor, Principal } from '@linekeeper/application';

/** The caller as an actor of changes: an app key acts as the app, every other key as an operator. */
export function actorOf(principal: Principal): Actor {
  return { kind: principal.role === 'app' ? 'app' : 'operator', id: principal.id };
}
