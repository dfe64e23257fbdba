import { AsyncResource } from 'node:async_hooks';
import { InboxSignal } from '@linekeeper/application';

/** Within one process. Other processes find out at their next heartbeat. */
export class LocalInboxSignal extends InboxSignal {
  private readonly listeners: (() => void)[] = [];

  notify(): void {
    for (const listener of this.listeners) listener();
  }

  /** The listener works on its own account: whoever notifies may hold a lease, which must not follow into that work. */
  onNotify(listener: () => void): void {
    this.listeners.push(AsyncResource.bind(listener));
  }
}
