import { AsyncLocalStorage } from 'node:async_hooks';
import { LocalInboxSignal } from './inbox-signal';

describe('LocalInboxSignal', () => {
  it('tells everybody who listens, outside of what the notifier is at', () => {
    const signal = new LocalInboxSignal();
    const lease = new AsyncLocalStorage<string>();
    const heard: (string | undefined)[] = [];
    signal.onNotify(() => heard.push(lease.getStore()));
    signal.onNotify(() => heard.push(lease.getStore()));
    lease.run('repair-gaps', () => signal.notify());
    expect(heard).toEqual([undefined, undefined]);
  });
});
