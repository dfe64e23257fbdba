import type { ObservedLine, Stores } from '@linekeeper/application';
import { DEFAULT_FLEET_POLICY as policy, epochHour } from '@linekeeper/domain';
import fc from 'fast-check';
import { StoreStage } from '../../../../test/support/store-stage';
import { PrismaDatabase } from './database';
import { SecureRandom } from '../system/chance';
import { PrismaUnitOfWork } from './unit-of-work';

const NOW = Date.UTC(2026, 9, 6, 12);
const AT = { now: NOW, day: '2026-10-06', policy };
const LINES = 4;

/** What may happen to a line, and whether by us, in a transaction that is read in and may fail, or by another process. */
interface Step {
  readonly line: number;
  readonly what: 'load' | 'health' | 'use' | 'day';
  readonly by: 'us' | 'another' | 'us, read meanwhile' | 'us, broken off';
}

const STEP = fc.record<Step>({
  line: fc.nat(LINES - 1),
  what: fc.constantFrom('load', 'health', 'use', 'day'),
  by: fc.constantFrom('us', 'another', 'us, read meanwhile', 'us, broken off'),
});

describe('Lines that are read by the versions of their rows', () => {
  let stage: StoreStage;
  let other: PrismaDatabase;
  let another: PrismaUnitOfWork;
  const ids: string[] = [];
  let count = 0;

  beforeAll(async () => {
    stage = await StoreStage.open(NOW);
    for (let i = 0; i < LINES; i += 1) ids.push(await stage.line());
    other = new PrismaDatabase(stage.testDatabase.url);
    another = new PrismaUnitOfWork(other, new SecureRandom(), { write: () => undefined });
  });

  afterAll(async () => {
    await other.close();
    await stage.close();
  });

  const views = (stores: Stores): Promise<ObservedLine[]> => stores.lines.views(stage.poolId, AT);
  /** Read by somebody who has read nothing before. */
  const afresh = (): Promise<ObservedLine[]> =>
    views(
      new PrismaUnitOfWork(other, new SecureRandom(), {
        write: () => undefined,
      }).read,
    );

  async function change(stores: Stores, { line, what }: Step): Promise<void> {
    const id = ids[line] ?? '';
    count += 1;
    if (what === 'load') {
      const delta = { users: 1, meanMilli: 10, varianceMilli: 5, fallbackUsers: 0, newUsers: 1 };
      await stores.lines.addLoad([{ lineId: id, ...delta }], AT.day, NOW + count);
    } else if (what === 'health') {
      const change = { healthReason: `for the ${count}th time` };
      await stores.lines.change(id, change, { at: NOW + count, raiseEpoch: true });
    } else if (what === 'use') {
      const hour = { lineId: id, hour: epochHour(NOW), in: 1, out: count % 3, started: 0 };
      await stores.usage.add([hour], []);
    } else {
      // Closing a day writes the line.
      await stores.lines.change(id, { goodDays: count }, { at: NOW + count, raiseEpoch: false });
    }
  }

  async function take(step: Step): Promise<void> {
    if (step.by === 'another') return change(another.read, step);
    if (step.by === 'us') return stage.unitOfWork.run((stores) => change(stores, step));
    const failing = step.by === 'us, broken off';
    const done = stage.unitOfWork.run(async (stores) => {
      await change(stores, step);
      const [before] = (await views(stores)).filter(({ id }) => id === ids[step.line]);
      // The same transaction writes the line once more, and what it reads then is no older.
      await change(stores, step);
      const [after] = (await views(stores)).filter(({ id }) => id === ids[step.line]);
      expect(after).not.toEqual(before);
      if (failing) throw new Error('broken off');
    });
    await (failing ? expect(done).rejects.toThrow('broken off') : done);
  }

  it('are what whoever reads them for the first time sees, whatever happens to them and by whom', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(STEP, { minLength: 1, maxLength: 8 }), async (steps) => {
        for (const step of steps) {
          await take(step);
          const seen = await views(stage.unitOfWork.read);
          expect(seen).toEqual(await afresh());
          const all = await stage.unitOfWork.read.lines.all();
          expect(seen).toMatchObject(all.map(({ newUsersToday: _of, ...line }) => line));
          expect(await stage.unitOfWork.read.lines.list()).toEqual(all);
        }
      }),
      { numRuns: 15 },
    );
  });
});
