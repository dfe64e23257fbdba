import { InboxSignal } from '@linekeeper/application';

/** Within one process. Other processes find out at their next heartbeat. */
export class LocalInboxSignal extends InboxSignal {
  private readonly listeners: (() => void)[] = [];

  notify(): void {
    for (const listener of this.listeners) listener();
  }

  onNotify(listener: () => void): void {
    this.listeners.push(listener);
  }
}
