import fc from 'fast-check';
import { aLine, NOW } from '../../../../test/support/lines';
import { DEFAULT_FLEET_POLICY as policy } from '../fleet-policy';
import { DAY_MS, MINUTE_MS } from '../kernel/time';
import { SEND_CLASSES, whyCannotSend, whyNoNewUsers } from './availability';
import { advanceHealth, LIFECYCLE_VERBS, onProviderStatus, step } from './lifecycle';
import type { Line } from './line';

type Happening =
  | {
      readonly what: 'verb';
      readonly verb: (typeof LIFECYCLE_VERBS)[number];
      readonly by: 'operator' | 'automation';
    }
  | { readonly what: 'provider'; readonly status: 'ACTIVE' | 'FLAGGED' }
  | { readonly what: 'time'; readonly ms: number };

const happening: fc.Arbitrary<Happening> = fc.oneof(
  fc.record({
    what: fc.constant('verb'),
    verb: fc.constantFrom(...LIFECYCLE_VERBS),
    by: fc.constantFrom('operator', 'automation'),
  } as const),
  fc.record({
    what: fc.constant('provider'),
    status: fc.constantFrom('ACTIVE', 'FLAGGED'),
  } as const),
  fc.record({ what: fc.constant('time'), ms: fc.integer({ min: 0, max: 4 * DAY_MS }) } as const),
);

function happens(line: Line, now: number, event: Happening): Line {
  if (event.what === 'provider') {
    return { ...line, ...onProviderStatus(line, event.status, now, policy).next };
  }
  if (event.what === 'time') return { ...line, ...advanceHealth(line, now) };
  const answer = step(line, event.verb, event.by, now, policy);
  return answer.kind === 'ok' ? { ...line, ...answer.next } : line;
}

/** Lives through a history and looks at the line before and after each event. */
const forEachStep = (
  look: (before: Line, after: Line, now: number, event: Happening) => void,
): void => {
  const history = fc.array(happening, { maxLength: 40 });
  fc.assert(
    fc.property(history, fc.constantFrom(0, 7), (events, users) => {
      let now = NOW;
      let line: Line = aLine({ users });
      for (const event of events) {
        if (event.what === 'time') now += event.ms;
        const next = happens(line, now, event);
        look(line, next, now, event);
        line = next;
      }
    }),
    { numRuns: 1_000 },
  );
};

describe('a line, whatever happens to it', () => {
  it('sends nothing while it is ejected or flagged, and takes nobody while its ban lasts', () => {
    forEachStep((_before, after, now) => {
      const banned = after.bannedUntil !== null && now < after.bannedUntil;
      if (after.health === 'ejected' || after.providerStatus === 'FLAGGED') {
        for (const each of SEND_CLASSES) expect(whyCannotSend(after, each)).not.toBeNull();
      }
      if (banned) expect(whyNoNewUsers(after, now)).not.toBeNull();
    });
  });

  it('is ejected by a flag at once, and comes back on ACTIVE, an operator’s word, or time if we ejected it', () => {
    forEachStep((before, after, _now, event) => {
      if (event.what === 'provider' && event.status === 'FLAGGED')
        expect(after.health).toBe('ejected');
      if (before.health !== 'ejected' || after.health === 'ejected') return;
      const word =
        event.what === 'provider' ? event.status : event.what === 'verb' ? event.verb : 'time';
      if (word === 'time') {
        expect(before).toMatchObject({ healthBy: 'automation' });
        expect(before.providerStatus).not.toBe('FLAGGED');
        return;
      }
      expect(['ACTIVE', 'mark-recovered']).toContain(word);
    });
  });

  it('is never recovered by the provider when an operator ejected it', () => {
    let ejectedBy: string | null = null;
    forEachStep((before, after, _now, event) => {
      if (before.health !== 'ejected' && after.health === 'ejected') {
        ejectedBy = event.what === 'verb' ? event.by : event.what;
      }
      if (before.health !== 'ejected' || after.health === 'ejected') return;
      if (event.what === 'provider') expect(ejectedBy).toBe('provider');
    });
  });

  it('begins its ramp anew after an ejection', () => {
    forEachStep((before, after) => {
      if (before.health === 'ejected' && after.health !== 'ejected') expect(after.goodDays).toBe(0);
      if (before.health !== 'ejected' && after.health === 'ejected') expect(after.goodDays).toBe(0);
    });
  });

  it('stays retired once it is, and is never retired or warmed from under its people', () => {
    forEachStep((before, after) => {
      if (before.adminState === 'retired') expect(after.adminState).toBe('retired');
      if (before.users === 0 || before.adminState === after.adminState) return;
      expect(['retired', 'warming']).not.toContain(after.adminState);
    });
  });

  it('is never handed back by automation when an operator took it', () => {
    forEachStep((before, after, _now, event) => {
      if (event.what !== 'verb' || event.by !== 'automation') return;
      if (before.adminStateBy !== 'operator') return;
      const held = ['cordoned', 'maintenance', 'draining'].includes(before.adminState);
      if (held) expect(after.adminState).not.toBe('enabled');
    });
  });
});

describe('a line that the provider flags and lifts again and again', () => {
  it('comes into service once in a ban at most, and each ban is as long as the last one or longer', () => {
    const gap = fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 3_000 }));
    const flaps = fc.array(
      fc.tuple(gap, fc.constantFrom<'FLAGGED' | 'ACTIVE'>('FLAGGED', 'ACTIVE')),
      { maxLength: 80 },
    );
    fc.assert(
      fc.property(flaps, (events) => {
        let now = NOW;
        let line: Line = aLine();
        let flaggedAt = -Infinity;
        let ban = 0;
        for (const [minutes, status] of events) {
          const serves = whyNoNewUsers(line, now) === null;
          now += minutes * MINUTE_MS;
          const passed = { ...line, ...advanceHealth(line, now) };
          const comes = !serves && whyNoNewUsers(passed, now) === null;
          if (comes) expect(now - flaggedAt).toBeGreaterThanOrEqual(ban);
          line = { ...passed, ...onProviderStatus(passed, status, now, policy).next };
          if (status !== 'FLAGGED' || passed.health === 'ejected') continue;
          const next = line.bannedUntil! - now;
          expect(next).toBeGreaterThanOrEqual(now - flaggedAt < 30 * DAY_MS ? ban : DAY_MS);
          [flaggedAt, ban] = [now, next];
        }
      }),
      { numRuns: 1_000 },
    );
  });
});
