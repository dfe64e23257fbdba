import { anyRequest, anySnapshot } from '../../../../test/support/gate-snapshots';
import { aLine, NOW } from '../../../../test/support/lines';
import fc from 'fast-check';
import { DEFAULT_FLEET_POLICY as policy } from '../fleet-policy';
import { HOUR_MS, MINUTE_MS } from '../kernel/time';
import { whyCannotSend } from '../line/availability';
import { decideGroupSend, type GroupSnapshot, holdGroup, losesItsGroups } from './decide-group';

const anyGroup: fc.Arbitrary<GroupSnapshot> = anySnapshot.map(({ counters, ...snapshot }) => ({
  ...snapshot,
  lastInboundAt: counters.lastInboundAt,
}));
const aGroup = (of: Partial<GroupSnapshot> = {}): GroupSnapshot => ({
  ...{ now: NOW, line: aLine(), chat: { id: 'group-1', health: 'HEALTHY' }, knowsLine: false },
  ...{ transactionalToday: 0, fleetFrozen: false, contagion: false, sameTextAt: [] },
  ...{ unsettledUntil: null, shedClasses: [], lastInboundAt: NOW - MINUTE_MS },
  ...of,
});
const UNASKED = { askedClass: null, messages: 1 } as const;

describe('The gate, asked for a group', () => {
  it('lets nothing leave a line that cannot send it, and refuses nothing but for that it waits', () => {
    fc.assert(
      fc.property(anyRequest, anyGroup, (request, group) => {
        const decision = decideGroupSend(request, group, policy);
        expect(decision.kind).not.toBe('refuse');
        if (decision.kind !== 'send') return;
        expect(whyCannotSend(group.line, decision.class)).toBeNull();
        expect(losesItsGroups(group.line)).toBe(false);
        expect(decision.newConversation).toBe(group.chat === null);
        expect(decision.service).toBeNull();
      }),
    );
  });

  it('lets no word, night or silence of one person count', () => {
    fc.assert(
      fc.property(
        anyRequest,
        anyGroup,
        fc.constantFrom('Asia/Tokyo', 'UTC'),
        (request, group, zone) => {
          const of = {
            ...group,
            zone,
            suppressedAt: NOW,
            threads: [{ health: 'OPTED_OUT', since: null }],
          };
          expect(decideGroupSend(request, of, policy)).toEqual(
            decideGroupSend(request, group, policy),
          );
        },
      ),
    );
  });

  it('takes what follows a word in it for a reply for a day', () => {
    const at = (lastInboundAt: number | null): string =>
      decideGroupSend(UNASKED, aGroup({ lastInboundAt }), policy).class;
    expect([at(NOW - 24 * HOUR_MS), at(NOW - 24 * HOUR_MS - 1), at(null)]).toEqual([
      'reply',
      'proactive',
      'proactive',
    ]);
  });
});

describe('A group on a lost line', () => {
  const lost = { health: 'ejected', ejectedAt: NOW - HOUR_MS } as const;

  it.each([
    ['waits until the operators are told again', lost, 'group-held', 'defer', NOW + 3 * HOUR_MS],
    [
      'counts from now when nobody noted since when',
      { ...lost, ejectedAt: null },
      'group-held',
      'defer',
      NOW + 4 * HOUR_MS,
    ],
    ['waits for room on another', lost, 'group-no-line', 'defer', NOW + 3 * HOUR_MS],
    ['is over with its line', { adminState: 'retired' }, 'group-held', 'refuse', undefined],
    [
      'of a retired line waits for room',
      { adminState: 'retired', ejectedAt: null },
      'group-no-line',
      'defer',
      NOW + 4 * HOUR_MS,
    ],
  ] as const)('%s', (_what, line, why, kind, retryAt) => {
    const group = aGroup({ line: aLine(line) });
    expect(losesItsGroups(group.line)).toBe(true);
    const decision = holdGroup(UNASKED, group, policy, why);
    expect(decision).toMatchObject({ kind, class: 'reply', reasons: [{ code: why }] });
    expect(decision.kind === 'defer' ? decision.retryAt : undefined).toBe(retryAt);
  });

  it('is held unless something else is said', () => {
    const group = aGroup({ line: aLine(lost) });
    expect(holdGroup(UNASKED, group, policy)).toEqual(
      holdGroup(UNASKED, group, policy, 'group-held'),
    );
  });

  it('is lost by a flag alone, and by nothing less', () => {
    expect(losesItsGroups(aLine({ providerStatus: 'FLAGGED' }))).toBe(true);
    expect(losesItsGroups(aLine({ health: 'suspect', adminState: 'draining' }))).toBe(false);
  });
});
