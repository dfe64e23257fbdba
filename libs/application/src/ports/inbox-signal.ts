/** Says that the inbox has something new, so that nobody has to wait for the next heartbeat. A lost signal is harmless. */
export abstract class InboxSignal {
  abstract notify(): void;
  abstract onNotify(listener: () => void): void;
}
