import {
  type Explanation,
  type HandleCapability,
  keptAndGivenBack,
  type MergeReport,
  type Onboarded,
  type UserRecord,
  type UserView,
  type WaitListed,
} from '@linekeeper/application';
import type { z } from 'zod';
import { instant, instantOrNull } from '../http/instants';
import type {
  assignmentAnswer,
  capabilityAnswer,
  mergeAnswer,
  onboardedAnswer,
  placedAnswer,
  userAnswer,
  waitListedAnswer,
} from './user.schemas';

export function userView(user: UserRecord): z.infer<typeof userAnswer> {
  return {
    id: user.id,
    externalId: user.externalId,
    handles: user.handles.map(({ kind, value }) => ({ kind, value })),
    timeZone: user.timeZone,
    labels: [...user.labels],
    discovered: user.discovered,
    optedOut: user.suppression !== null && user.suppression.suppressedAt !== null,
    createdAt: instant(user.createdAt),
  };
}

export function capabilityView(
  capabilities: readonly HandleCapability[],
): z.infer<typeof capabilityAnswer> {
  return capabilities.map(({ checkedAt, expiresAt, isPending, ...told }) => ({
    ...told,
    checkedAt: instantOrNull(checkedAt),
    expiresAt: instantOrNull(expiresAt),
    pending: isPending,
  }));
}

export function mergeView(report: MergeReport): z.infer<typeof mergeAnswer> {
  return {
    user: { ...userView(report.user), optedOut: report.optedOut },
    outcome: report.outcome,
    ...(report.mergedUserId === null ? {} : { mergedUserId: report.mergedUserId }),
    places: report.places.map((place) => ({ pool: place.pool.slug, ...keptAndGivenBack(place) })),
    dryRun: report.dryRun,
  };
}

export function assignmentView(view: UserView): z.infer<typeof assignmentAnswer> {
  const { assignment } = view;
  return {
    id: assignment.id,
    pool: view.pool.slug,
    line: { id: view.line.id, phoneNumber: view.line.phoneNumber },
    fallbacks: view.fallbacks.map(({ id, phoneNumber }) => ({ id, phoneNumber })),
    state: assignment.state,
    epoch: assignment.epoch,
    pinned: assignment.pinned,
    expiresAt: instantOrNull(assignment.expiresAt),
    confirmedAt: instantOrNull(assignment.confirmedAt),
    policyVersion: assignment.policyVersion,
  };
}

export function placedView(view: UserView): z.infer<typeof placedAnswer> {
  return {
    user: userView(view.user),
    assignment: assignmentView(view),
    contactCard: { url: view.card.url, version: view.card.version, due: view.card.due },
  };
}

export function onboardedView(view: Onboarded): z.infer<typeof onboardedAnswer> {
  return {
    ...placedView(view),
    ...(view.code === null ? {} : { code: view.code }),
    ...(view.wouldBe === undefined ? {} : { wouldBe: view.wouldBe }),
    deepLinks: { sms: smsLink(view.line.phoneNumber, view.code) },
  };
}

/** Opens the messages app on both platforms; with a code the text carries it. */
function smsLink(phoneNumber: string, code: string | null): string {
  return code === null
    ? `sms:${phoneNumber}`
    : `sms:${phoneNumber}?&body=${encodeURIComponent(`Hi! (${code})`)}`;
}

export function explanationView({ assignment, policyVersion, policy, history }: Explanation) {
  return {
    assignmentId: assignment.id,
    policyVersion,
    policy,
    plan: assignment.explanation,
    history: history.map((entry) => ({ ...entry, at: instant(entry.at) })),
  };
}

export function waitListedView({ user, waiting }: WaitListed): z.infer<typeof waitListedAnswer> {
  const { pool, position, since, nextCapacityAt } = waiting;
  return {
    user: userView(user),
    waitList: {
      pool,
      position,
      since: instant(since),
      nextCapacityAt: instantOrNull(nextCapacityAt),
    },
  };
}
