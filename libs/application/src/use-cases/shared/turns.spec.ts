import { Turns } from './turns';

describe('Turns', () => {
  function gate(): { open: () => void; wait: Promise<void> } {
    let open = (): void => undefined;
    const wait = new Promise<void>((resolve) => (open = resolve));
    return { open, wait };
  }

  it('runs the works of one key one after the other, in their order', async () => {
    const turns = new Turns();
    const log: string[] = [];
    const first = gate();
    const a = turns.take('pool', async () => {
      log.push('a begins');
      await first.wait;
      log.push('a ends');
    });
    const b = turns.take('pool', async () => Promise.resolve(log.push('b')));
    const other = turns.take('other pool', async () => Promise.resolve(log.push('other')));
    await other;
    first.open();
    await Promise.all([a, b]);
    expect(log).toEqual(['a begins', 'other', 'a ends', 'b']);
  });

  it('goes on after a work that failed, and hands its error to its own caller', async () => {
    const turns = new Turns();
    const failing = turns.take('pool', () => Promise.reject(new Error('no')));
    const next = turns.take('pool', () => Promise.resolve('yes'));
    await expect(failing).rejects.toThrow('no');
    await expect(next).resolves.toBe('yes');
  });
});
