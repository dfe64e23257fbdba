import { CHECK_EVERY_MS, DAY_MS } from '@linekeeper/domain';
import { StoreStage } from '../../../../../test/support/store-stage';

const NOW = Date.UTC(2026, 2, 2, 10);
const HELD_MS = 30_000;

describe('Capability checks in the store', () => {
  let stage: StoreStage;
  let people = 0;

  beforeAll(async () => {
    stage = await StoreStage.open(NOW);
  });

  afterAll(() => stage.close());

  beforeEach(() => stage.query('TRUNCATE handle_checks, check_slots'));

  const person = async (kind: 'phone' | 'email' = 'phone') => {
    people += 1;
    const value = kind === 'phone' ? `+1415555${2_000 + people}` : `p${people}@example.com`;
    return { value, id: await stage.user({ kind, value }) };
  };
  const store = () => stage.unitOfWork.read.capabilities;
  const ask = (handles: readonly string[], at = NOW): Promise<void> =>
    store().ask(handles, stage.poolId, at);
  const of = async (handle: string) => (await store().of([handle]))[0];

  it('are asked for once, due at once, and not at all of somebody whom nobody knows', async () => {
    const { value } = await person();
    await ask([value, '+14155559999']);
    await ask([value], NOW + 5_000);
    expect(await store().firstDue()).toEqual([{ poolId: stage.poolId, at: NOW }]);
    expect(await store().due(stage.poolId, NOW, 10)).toEqual([
      { handle: value, kind: 'phone', ownLineId: null, isStopped: false },
    ]);
    expect(await store().due(stage.poolId, NOW - 1, 10)).toEqual([]);
  });

  it('are not asked for while an answer holds, and are afterwards', async () => {
    const { value } = await person('email');
    await ask([value]);
    const check = await store().begin(value, 'one', NOW, NOW + HELD_MS);
    const expiresAt = NOW + 60_000;
    await store().answered(check!, { imessage: true, at: NOW + 1, expiresAt });
    await ask([value], expiresAt - 1);
    expect(await of(value)).toEqual({
      ...{ handle: value, imessage: true, checkedAt: NOW + 1, expiresAt },
      ...{ nextAt: null, problem: null },
    });
    expect(await store().firstDue()).toEqual([]);
    await ask([value], expiresAt);
    expect(await of(value)).toMatchObject({ imessage: true, nextAt: expiresAt });
  });

  it('keep a slot and a handle for one process, until it ends or dies', async () => {
    const [one, other] = [await person(), await person()];
    await ask([one.value, other.value]);
    const first = await store().begin(one.value, 'slot', NOW, NOW + HELD_MS);
    expect(first).toMatchObject({ attempts: 1, askedAt: NOW });
    // The slot is taken, and so is the handle.
    expect(await store().begin(other.value, 'slot', NOW, NOW + HELD_MS)).toBeNull();
    expect(await store().begin(one.value, 'free', NOW, NOW + HELD_MS)).toBeNull();
    expect(await store().takeSlot('slot', NOW + HELD_MS - 1, NOW + 2 * HELD_MS)).toBe(false);
    // Nobody took the other slot on the way, and nobody the other handle.
    expect(await store().busySlots(NOW)).toEqual(new Map([['slot', NOW + HELD_MS]]));
    expect(await of(other.value)).toMatchObject({ nextAt: NOW });
    // The process died: another begins anew, and what the dead one says in the end is not heard.
    const later = NOW + HELD_MS;
    const second = await store().begin(one.value, 'slot', later, later + HELD_MS);
    expect(second).toMatchObject({ attempts: 2 });
    await store().answered(first!, { imessage: true, at: later, expiresAt: later + 1 });
    await store().again(first!, 0, later);
    await store().giveUp(first!, 'no-answer', later);
    await store().endSlot('slot', first!.heldUntil, later);
    expect(await of(one.value)).toMatchObject({ imessage: null, nextAt: later + HELD_MS });
    expect(await store().busySlots(later)).toEqual(new Map([['slot', later + HELD_MS]]));
    await store().endSlot('slot', second!.heldUntil, later + CHECK_EVERY_MS);
    expect(await store().takeSlot('slot', later + CHECK_EVERY_MS - 1, NOW)).toBe(false);
    expect(await store().takeSlot('slot', later + CHECK_EVERY_MS, later + DAY_MS)).toBe(true);
  });

  it('without an answer are tried again, put off, given up, and dropped', async () => {
    const [failed, unserved, old, stopped] = [
      ...[await person(), await person(), await person(), await person()],
    ] as const;
    await ask([failed.value, unserved.value, stopped.value]);
    await ask([old.value], NOW - DAY_MS - 1);
    const check = await store().begin(failed.value, 'slot', NOW, NOW + HELD_MS);
    await store().again(check!, 1, NOW + 70_000);
    expect(await of(failed.value)).toMatchObject({ nextAt: NOW + 70_000, imessage: null });
    const handles = [unserved.value, old.value, failed.value];
    await store().putOff(handles, NOW, NOW + 90_000, NOW - DAY_MS);
    expect(await of(unserved.value)).toMatchObject({ nextAt: NOW + 90_000, problem: null });
    expect(await of(old.value)).toMatchObject({ nextAt: null, problem: 'no-answer' });
    expect(await of(failed.value)).toMatchObject({ nextAt: NOW + 70_000 });
    const last = await store().begin(failed.value, 'free', NOW + 70_000, NOW + 100_000);
    await store().giveUp(last!, 'no-answer', NOW + 200_000);
    expect(await of(failed.value)).toMatchObject({
      ...{ imessage: null, nextAt: null, expiresAt: NOW + 200_000, problem: 'no-answer' },
    });
    await store().drop([stopped.value], NOW);
    expect(await of(stopped.value)).toMatchObject({ nextAt: null, problem: 'opted-out' });
  });

  it('are not begun of somebody who said stop a moment before, and go with their handle', async () => {
    const { value, id } = await person();
    await ask([value]);
    await stage.unitOfWork.read.users.suppress(id, {
      ...{ suppressedAt: NOW, liftedAt: null, replyAllowedUntil: null, updatedAt: NOW },
      ...{ source: 'api', reason: 'a test', actor: 'app' },
    });
    expect((await store().due(stage.poolId, NOW, 10))[0]).toMatchObject({ isStopped: true });
    expect(await store().begin(value, 'slot', NOW, NOW + HELD_MS)).toBeNull();
    expect(await store().busySlots(NOW)).toEqual(new Map());
    await stage.unitOfWork.run((stores) => stores.users.erase(id, NOW));
    expect(await of(value)).toBeUndefined();
    await ask([value]);
    expect(await of(value)).toBeUndefined();
  });

  it('are forgotten some days after they expired, and never while one is asked for', async () => {
    const [known, waiting] = [await person(), await person()];
    await ask([known.value, waiting.value], NOW - 3 * DAY_MS);
    const check = await store().begin(known.value, 'slot', NOW - 3 * DAY_MS, NOW);
    await store().answered(check!, { imessage: true, at: NOW, expiresAt: NOW });
    const { retention } = stage.unitOfWork.read;
    expect(await retention.forgetChecks(NOW, 10)).toBe(0);
    expect(await retention.forgetChecks(NOW + 1, 10)).toBe(1);
    expect(await of(waiting.value)).toBeDefined();
  });

  it('are begun once and take one slot, when many begin the same in different slots', async () => {
    const other = stage.another();
    try {
      const takers = [stage.unitOfWork, other.unitOfWork].map(({ read }) => read.capabilities);
      for (let round = 0; round < 10; round += 1) {
        const { value } = await person();
        await ask([value]);
        await stage.query('TRUNCATE check_slots');
        const begun = await Promise.all(
          Array.from({ length: 20 }, (_, i) =>
            takers[i % 2]!.begin(value, `slot-${i}`, NOW, NOW + HELD_MS),
          ),
        );
        const [check, ...more] = begun.flatMap((each) => each ?? []);
        expect([check?.attempts, more]).toEqual([1, []]);
        expect([...(await store().busySlots(NOW)).keys()]).toEqual([check?.slot]);
      }
    } finally {
      await other.close();
    }
  });

  /** Twenty takers in two processes, half of them for a line's own check, over forty seconds of the fleet's time. */
  it('are never two within ten seconds in a slot, however many processes take them', async () => {
    const other = stage.another();
    try {
      const handles: string[] = [];
      for (let i = 0; i < 20; i += 1) handles.push((await person()).value);
      await ask(handles);
      const begun = new Map<string, number[]>(['a', 'b', 'c'].map((slot) => [slot, []]));
      const checked: string[] = [];
      const takers = [stage.unitOfWork, other.unitOfWork].map(({ read }) => read.capabilities);
      for (let now = NOW; now <= NOW + 40_000; now += 2_500) {
        await Promise.all(
          handles.flatMap((handle, i) =>
            [...begun].map(async ([slot, times], j) => {
              const taker = takers[(i + j) % 2]!;
              const until = now + HELD_MS;
              const check = await (i % 4 === 0
                ? taker.takeSlot(slot, now, until)
                : taker.begin(handle, slot, now, until));
              if (check === false || check === null) return;
              times.push(now);
              if (check !== true) {
                checked.push(handle);
                await taker.answered(check, { imessage: true, at: now, expiresAt: now + DAY_MS });
              }
              await taker.endSlot(slot, until, now + CHECK_EVERY_MS);
            }),
          ),
        );
      }
      for (const times of begun.values()) {
        expect(times).toEqual([0, 10, 20, 30, 40].map((seconds) => NOW + 1_000 * seconds));
      }
      expect(new Set(checked).size).toBe(checked.length);
      expect(checked.length).toBeGreaterThan(0);
    } finally {
      await other.close();
    }
  });
});
