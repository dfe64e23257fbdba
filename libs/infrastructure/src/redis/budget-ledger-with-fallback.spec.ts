import { BudgetLedger, type Metrics } from '@linekeeper/application';
import type { LineUse } from '@linekeeper/domain';
import { Logger } from '@nestjs/common';
import { BudgetLedgerWithFallback } from './budget-ledger-with-fallback';

const LATE = new Error('late');
const metrics: Metrics = { count: () => undefined, time: () => () => undefined } as never;

/** Answers with its name; fails as often as it is told to. */
class Named extends BudgetLedger {
  readonly asked: string[] = [];
  failures = 0;

  constructor(private readonly name: string) {
    super();
  }

  private step<T>(what: string, answer: T): Promise<T> {
    this.asked.push(what);
    if (this.failures === 0) return Promise.resolve(answer);
    this.failures -= 1;
    return Promise.reject(LATE);
  }

  reserve(): never {
    throw new Error('Not asked for here');
  }
  release(): Promise<void> {
    return this.step('release', undefined);
  }
  record(): Promise<void> {
    return this.step('record', undefined);
  }
  usage(): Promise<Map<string, LineUse>> {
    return this.step('usage', new Map([[this.name, {} as LineUse]]));
  }
  rebuild(): Promise<void> {
    return this.step('rebuild', undefined);
  }
}

describe('A ledger with a fallback', () => {
  beforeAll(() => {
    jest.spyOn(Logger.prototype, 'warn').mockReturnValue(undefined);
  });

  afterAll(() => jest.restoreAllMocks());

  const stage = (): {
    fast: Named;
    exact: Named;
    now: { ms: number };
    who: () => Promise<string>;
  } => {
    const [fast, exact] = [new Named('fast'), new Named('exact')];
    const now = { ms: 0 };
    const ledger = new BudgetLedgerWithFallback(fast, exact, () => now.ms, metrics);
    return { fast, exact, now, who: async () => [...(await ledger.usage([], 0)).keys()].join() };
  };

  it('asks the fast one again when one answer was late, and goes on with it', async () => {
    const { fast, exact, who } = stage();
    fast.failures = 1;
    expect([await who(), await who()]).toEqual(['fast', 'fast']);
    expect(fast.asked).toEqual(['usage', 'usage', 'usage']);
    expect(exact.asked).toEqual([]);
  });

  it('lets the exact one decide after two, and for a second nobody waits for the fast one', async () => {
    const { fast, now, who } = stage();
    fast.failures = 2;
    expect(await who()).toBe('exact');
    now.ms = 999;
    expect(await who()).toBe('exact');
    expect(fast.asked).toEqual(['usage', 'usage']);
  });

  it('believes the fast one again only once it has forgotten what it held', async () => {
    const { fast, now, who } = stage();
    fast.failures = 3;
    await who();
    now.ms = 1_000;
    expect(await who()).toBe('exact');
    now.ms = 2_000;
    expect(await who()).toBe('fast');
    expect(fast.asked.slice(2)).toEqual(['rebuild', 'rebuild', 'usage']);
  });
});
