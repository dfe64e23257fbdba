import fc from 'fast-check';
import { anyRequest, anySnapshot } from '../../../../test/support/gate-snapshots';
import { NOW } from '../../../../test/support/lines';
import { DEFAULT_FLEET_POLICY as policy } from '../fleet-policy';
import { HOUR_MS } from '../kernel/time';
import { decideSend } from './decide';
import type { GateRequest, GateSnapshot } from './types';

const forAll = (check: (request: GateRequest, snapshot: GateSnapshot) => void): void => {
  fc.assert(fc.property(anyRequest, anySnapshot, check), { numRuns: 2_000 });
};

describe('the gate, whatever it is asked', () => {
  it('lets nothing but a reply out to a person who said stop, and that only while it is open', () => {
    forAll((request, snapshot) => {
      if (snapshot.suppressedAt === null) return;
      const decision = decideSend(request, snapshot, policy);
      if (decision.kind !== 'send') return;
      expect(decision.class).toBe('reply');
      expect(snapshot.replyAllowedUntil).toBeGreaterThan(snapshot.now);
    });
  });

  it('lets nothing out to whom the provider holds for opted out, but an answer to what they wrote since', () => {
    forAll((request, snapshot) => {
      const since = snapshot.threads
        .filter(({ health }) => health === 'OPTED_OUT')
        .map((thread) => thread.since ?? NOW);
      const decision = decideSend(request, snapshot, policy);
      if (since.length === 0 || decision.kind !== 'send') return;
      const answered = decision.class === 'reply' ? snapshot.counters.lastInboundAt : null;
      const takenBack = Math.max(snapshot.liftedAt ?? -1, answered ?? -1);
      expect(takenBack).toBeGreaterThan(Math.max(...since));
    });
  });

  it('lets nothing out of a line that is flagged, ejected, warming, resting, retired or not ours', () => {
    forAll((request, snapshot) => {
      const { line } = snapshot;
      const silent =
        !line.managed ||
        line.providerStatus === 'FLAGGED' ||
        line.health === 'ejected' ||
        ['warming', 'maintenance', 'retired'].includes(line.adminState);
      if (silent) expect(decideSend(request, snapshot, policy).kind).not.toBe('send');
    });
  });

  it('says when to try again whatever is sent from a flagged line that another line would let out or put off', () => {
    forAll((request, snapshot) => {
      const flagged = { ...snapshot.line, providerStatus: 'FLAGGED', health: 'ejected' } as const;
      const fit = { ...flagged, managed: true, adminState: 'enabled' } as const;
      const healthy = { ...fit, providerStatus: 'ACTIVE', health: 'healthy' } as const;
      const decision = decideSend(request, { ...snapshot, line: fit }, policy);
      expect(decision.kind).not.toBe('send');
      const elsewhere = decideSend(request, { ...snapshot, line: healthy }, policy);
      if (elsewhere.kind === 'refuse') return;
      expect(decision.kind === 'defer' && decision.retryAt).toBeGreaterThan(snapshot.now);
    });
  });

  it('makes a reply wait for nothing but a line that cannot send', () => {
    forAll((request, snapshot) => {
      const decision = decideSend(request, snapshot, policy);
      if (decision.class !== 'reply' || decision.kind !== 'defer') return;
      expect(decision.reasons.at(-1)?.code).toMatch(/^(line-|needs-introduction$)/);
    });
  });

  it('never raises a class because the app asked for it', () => {
    const rank = { proactive: 0, introduction: 0, transactional: 1, reply: 2 } as const;
    forAll((request, snapshot) => {
      if (request.askedClass === 'transactional') return;
      const unasked = decideSend({ ...request, askedClass: null }, snapshot, policy);
      const asked = decideSend(request, snapshot, policy);
      expect(rank[asked.class]).toBeLessThanOrEqual(rank[unasked.class]);
    });
  });

  it('sends no first message of a failover to whom no number serves, and none to who was released', () => {
    forAll((request, snapshot) => {
      if (!['released', 'needs-introduction'].includes(snapshot.assignmentState)) return;
      const expected = snapshot.assignmentState === 'released' ? ['refuse'] : ['refuse', 'defer'];
      expect(expected).toContain(decideSend(request, snapshot, policy).kind);
    });
  });

  it('gives each answer its reasons, and a retry that lies ahead and within its bound', () => {
    forAll((request, snapshot) => {
      const decision = decideSend(request, snapshot, policy);
      expect(decision.reasons.length).toBeGreaterThan(0);
      for (const { code, detail } of decision.reasons) {
        expect(code).toMatch(/^[a-z][a-z-]+$/);
        expect(detail).not.toBe('');
      }
      if (decision.kind !== 'defer') return;
      expect(decision.retryAt).toBeGreaterThan(NOW);
      expect(decision.retryAt).toBeLessThanOrEqual(NOW + 24 * HOUR_MS);
    });
  });

  it('hands the ledger limits that lie within the cap of the line', () => {
    forAll((request, snapshot) => {
      const decision = decideSend(request, snapshot, policy);
      if (decision.kind !== 'send') return;
      const { ceiling, minuteCap, newConversation } = decision.limits;
      // Whatever the class: a thread that is not there yet is one that we begin.
      expect(newConversation).toBe(snapshot.chat === null);
      expect(ceiling === null).toBe(decision.class === 'reply');
      expect(ceiling ?? 0).toBeLessThanOrEqual(0.9 * snapshot.line.todayCap);
      expect(minuteCap ?? 0).toBeLessThanOrEqual(20);
    });
  });
});
