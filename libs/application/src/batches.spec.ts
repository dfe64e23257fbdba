import { Batches } from './batches';
import { Refusal } from './refusal';

/** Work that ends when it is told to. */
class SlowWork {
  readonly batches: string[][] = [];
  poison: string | null = null;
  private readonly ends: (() => void)[] = [];

  readonly work = async (items: readonly string[]): Promise<string[]> => {
    this.batches.push([...items]);
    await new Promise<void>((done) => this.ends.push(done));
    if (this.poison !== null && items.includes(this.poison)) throw new Error('It cannot be done');
    return items.map((item) => `${item} is done`);
  };

  /** Ends all that is under way, and what follows from it. */
  async end(): Promise<void> {
    while (this.ends.length > 0) {
      for (const end of this.ends.splice(0)) end();
      await new Promise((done) => setImmediate(done));
    }
  }
}

describe('batches', () => {
  let slow: SlowWork;
  let batches: Batches<string, string>;

  beforeEach(() => {
    slow = new SlowWork();
    batches = new Batches(slow.work, { most: 4, inFlight: 2 });
  });

  const doAll = (items: readonly string[]): Promise<string>[] =>
    items.map((item) => batches.do(item).catch((error: unknown) => String(error)));

  it('begin at once while there is room, and take together what came meanwhile', async () => {
    const answers = doAll(['a', 'b', 'c', 'd', 'e']);
    expect(slow.batches).toEqual([['a'], ['b']]);
    expect(batches.length).toBe(3);
    await slow.end();
    expect(slow.batches).toEqual([['a'], ['b'], ['c', 'd', 'e']]);
    expect(await Promise.all(answers)).toEqual(
      ['a', 'b', 'c', 'd', 'e'].map((each) => `${each} is done`),
    );
    expect(batches.length).toBe(0);
  });

  it('are never larger than they may be', async () => {
    const answers = doAll('abcdefghijk'.split(''));
    await slow.end();
    await Promise.all(answers);
    expect(slow.batches.map((items) => items.length)).toEqual([1, 1, 4, 4, 1]);
  });

  it('do the others when one cannot be done', async () => {
    slow.poison = 'bad';
    const answers = doAll(['a', 'b', 'c', 'bad', 'd']);
    await slow.end();
    expect(await Promise.all(answers)).toEqual([
      'a is done',
      'b is done',
      'c is done',
      'Error: It cannot be done',
      'd is done',
    ]);
    const later = doAll(['later']);
    await slow.end();
    expect(await later[0]).toBe('later is done');
  });

  it('are given up together when what failed is about all of them', async () => {
    let tries = 0;
    const away = new Batches(
      async (items: readonly string[]): Promise<string[]> => {
        tries += 1;
        await Promise.resolve();
        throw new Refusal('service.unavailable', `${items.length} have to wait`);
      },
      { most: 4, inFlight: 1 },
    );
    const answers = await Promise.allSettled(
      ['a', 'b', 'c', 'd', 'e'].map((each) => away.do(each)),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array(5).fill('rejected'));
    // The first by itself, then the four that came meanwhile.
    expect(tries).toBe(2);
  });

  it('wait after one of several for those who come again, as long as somebody does', async () => {
    const looks: number[] = [];
    const coming = ['f', 'g', '', 'h'];
    const again: Promise<string>[] = [];
    const gathering = new Batches(slow.work, {
      most: 4,
      inFlight: 1,
      gather: {
        stepMs: 3,
        steps: 9,
        pause: {
          for: (ms: number) => {
            looks.push(ms);
            const item = coming.shift();
            if (item) again.push(gathering.do(item));
            return Promise.resolve();
          },
        },
      },
    });
    const answers = ['a', 'b', 'c', 'd'].map((each) => gathering.do(each));
    await slow.end();
    await Promise.all(answers);
    // The first was alone before anybody came, and those after it wait for nobody.
    expect([slow.batches, looks]).toEqual([[['a'], ['b', 'c', 'd']], []]);
    const first = gathering.do('e');
    await new Promise((done) => setImmediate(done));
    await slow.end();
    await Promise.all([first, ...again]);
    expect(slow.batches.slice(2)).toEqual([['e', 'f', 'g']]);
    expect(looks).toEqual([3, 3, 3]);
    const alone = gathering.do('i');
    await new Promise((done) => setImmediate(done));
    await slow.end();
    await alone;
    expect(slow.batches.slice(3)).toEqual([['i', 'h']]);
  });

  it('wait no longer than they may, and not when they are full', async () => {
    let looks = 0;
    const gathering = new Batches(slow.work, {
      most: 4,
      inFlight: 1,
      gather: {
        stepMs: 1,
        steps: 2,
        pause: {
          for: () => {
            looks += 1;
            void gathering.do(`late ${looks}`);
            return Promise.resolve();
          },
        },
      },
    });
    const answers = ['a', 'b', 'c'].map((each) => gathering.do(each));
    await slow.end();
    await Promise.all(answers);
    void gathering.do('d');
    await new Promise((done) => setImmediate(done));
    expect(slow.batches.slice(2)).toEqual([['d', 'late 1', 'late 2']]);
    for (const each of ['e', 'f', 'g', 'h']) void gathering.do(each);
    await slow.end();
    expect([slow.batches.slice(3), looks]).toEqual([[['e', 'f', 'g', 'h']], 2]);
  });
});
