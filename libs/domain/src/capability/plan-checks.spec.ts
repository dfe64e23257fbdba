import fc from 'fast-check';
import { type CheckingLine, type DueCheck, planChecks } from './plan-checks';

const line = (id: string, of: Partial<CheckingLine> = {}): CheckingLine => ({
  ...{ id, slot: id, isFree: true, takesEmail: true },
  ...of,
});
const check = (handle: string, of: Partial<DueCheck> = {}): DueCheck => ({
  ...{ handle, kind: 'phone', ownLineId: null, isStopped: false },
  ...of,
});
const pairs = (due: DueCheck[], lines: CheckingLine[]): string[] =>
  planChecks(due, lines).begin.map((each) => `${each.handle} by ${each.line.id}`);

describe('Due checks', () => {
  it('are made by the own line first, else by any that has a free slot', () => {
    const lines = [line('a'), line('b'), line('c', { isFree: false })];
    expect(
      pairs([check('one', { ownLineId: 'b' }), check('two', { ownLineId: 'b' })], lines),
    ).toEqual(['one by b', 'two by a']);
    expect(pairs([check('one', { ownLineId: 'c' })], lines)).toEqual(['one by a']);
    expect(pairs([check('one', { ownLineId: 'gone' })], lines)).toEqual(['one by a']);
  });

  it('wait when all slots are busy, and are told apart from those that no line can make', () => {
    const busy = [line('a', { isFree: false, takesEmail: false })];
    expect(planChecks([check('one')], busy)).toEqual({ begin: [], stopped: [], unserved: [] });
    expect(planChecks([check('e', { kind: 'email' })], busy).unserved).toEqual(['e']);
    expect(planChecks([check('one')], []).unserved).toEqual(['one']);
  });

  it('of email addresses go past lines that know only numbers', () => {
    const lines = [line('old', { slot: 'v2', takesEmail: false }), line('new')];
    expect(pairs([check('e', { kind: 'email', ownLineId: 'old' })], lines)).toEqual(['e by new']);
  });

  it('use a slot once, never ask about whoever said stop, and leave no slot idle', () => {
    const lines = fc.uniqueArray(
      fc.record({
        id: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
        slot: fc.constantFrom('a', 'b', 'v2'),
        isFree: fc.boolean(),
        takesEmail: fc.boolean(),
      }),
      { selector: ({ id }) => id },
    );
    const due = fc.uniqueArray(
      fc.record({
        handle: fc.string({ minLength: 1 }),
        kind: fc.constantFrom('phone' as const, 'email' as const),
        ownLineId: fc.constantFrom(null, 'a', 'b', 'z'),
        isStopped: fc.boolean(),
      }),
      { selector: ({ handle }) => handle },
    );
    fc.assert(
      fc.property(due, lines, (checks, all) => {
        const { begin, stopped, unserved } = planChecks(checks, all);
        const slots = begin.map(({ line: { slot } }) => slot);
        expect(new Set(slots).size).toBe(slots.length);
        expect(begin.every(({ line: { isFree } }) => isFree)).toBe(true);
        const told = [...begin.map(({ handle }) => handle), ...stopped, ...unserved];
        expect(new Set(told).size).toBe(told.length);
        for (const { handle, kind, isStopped } of checks) {
          expect(stopped.includes(handle)).toBe(isStopped);
          if (told.includes(handle)) continue;
          // Whoever waits found no slot that could have served them.
          const idle = all.filter(
            ({ slot, isFree, takesEmail }) =>
              isFree && !slots.includes(slot) && (kind === 'phone' || takesEmail),
          );
          expect(idle).toEqual([]);
        }
      }),
    );
  });
});
