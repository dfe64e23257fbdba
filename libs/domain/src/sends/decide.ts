import { ceilingFor, hourCapFor } from '../budget/ceilings';
import type { ReserveLimits } from '../budget/types';
import { nextEscalationAt } from '../failover/escalation';
import { type FleetPolicy, unaskedPer24h } from '../fleet-policy';
import { at } from '../kernel/at';
import { nextWakingInstant } from '../kernel/budget-day';
import { type EpochMs, HOUR_MS, MINUTE_MS, SECOND_MS } from '../kernel/time';
import { type SendClass, whyCannotSend } from '../line/availability';
import { classify } from './classify';
import type { LineView } from '../placement/types';
import type { GateDecision, GateReason, GateRequest, GateSnapshot } from './types';

/** What one rule says of a message: nothing, or no, or not before an instant. */
type Verdict =
  | { readonly kind: 'refuse'; readonly reason: GateReason }
  | { readonly kind: 'defer'; readonly retryAt: EpochMs; readonly reason: GateReason }
  | null;

export type Rule = (sendClass: SendClass, snapshot: GateSnapshot, policy: FleetPolicy) => Verdict;

const refuse = (code: string, detail: string): Verdict => ({
  kind: 'refuse',
  reason: { code, detail },
});
const defer = (retryAt: EpochMs, code: string, detail: string): Verdict => ({
  kind: 'defer',
  retryAt,
  reason: { code, detail },
});

/** Whoever said stop is left alone by the whole fleet; a later ordinary message of theirs may be answered for a day. */
const suppression: Rule = (sendClass, { suppressedAt, replyAllowedUntil, now }) => {
  if (suppressedAt === null) return null;
  const mayAnswer = sendClass === 'reply' && replyAllowedUntil !== null && now < replyAllowedUntil;
  return mayAnswer ? null : refuse('suppressed', 'The person opted out');
};

/**
 * The provider's verdict on any thread with the person: it is the person who opted out, whatever line we write from.
 * It holds until they take it back, and a later message of theirs may be answered.
 */
const threadOptOut: Rule = (sendClass, { threads, liftedAt, counters }) => {
  const wroteAt = sendClass === 'reply' ? counters.lastInboundAt : null;
  const takenBackAt = Math.max(liftedAt ?? -Infinity, wroteAt ?? -Infinity);
  const optedOut = threads.some(
    ({ health, since }) => health === 'OPTED_OUT' && (since === null || since >= takenBackAt),
  );
  return optedOut ? refuse('chat-opted-out', 'A thread with the person is opted out') : null;
};

/**
 * CRITICAL: replies only. A thread on another line counts too, as long as the person has not come to this one by
 * themselves: moving to another line must not be a way around it.
 */
const criticalThread: Rule = (sendClass, { chat, threads, wroteHere }) => {
  if (sendClass === 'reply') return null;
  const counted = wroteHere && chat ? [chat] : threads;
  return counted.some(({ health }) => health === 'CRITICAL')
    ? refuse('chat-critical', 'A thread with the person is CRITICAL: replies only')
    : null;
};

const unassigned: Rule = (_sendClass, { assignmentState }) =>
  assignmentState === 'released'
    ? refuse('not-assigned', 'The person has no line any more: onboard them again')
    : null;

/** How long to wait for a line that cannot send: its ban is the best guess there is. */
const UNKNOWN_WAIT_MS = HOUR_MS;

/**
 * When to ask again for whom a lost line keeps waiting: at the end of its ban or, if that comes sooner, when the operators
 * are told again; else in an hour.
 */
export function nextHelpAt(since: EpochMs, line: LineView, now: EpochMs): EpochMs {
  const banEnds = line.bannedUntil !== null && line.bannedUntil > now ? line.bannedUntil : null;
  const ahead = [nextEscalationAt(since, now), banEnds].filter((each) => each !== null);
  return ahead.length === 0 ? now + UNKNOWN_WAIT_MS : Math.min(...ahead);
}

const introduction: Rule = (_sendClass, snapshot) => {
  const { assignmentState, needsIntroductionSince, line, now } = snapshot;
  if (assignmentState !== 'needs-introduction') return null;
  return defer(
    nextHelpAt(needsIntroductionSince ?? now, line, now),
    'needs-introduction',
    'The person holds no usable number of ours: they can be written to as soon as one serves, and until then the operators are told of them after 4 and 24 hours',
  );
};

export const lineHealth: Rule = (sendClass, { line, now }) => {
  const why = whyCannotSend(line, sendClass);
  if (why === null) return null;
  if (why === 'maintenance' && line.maintenanceUntil !== null && line.maintenanceUntil > now) {
    return defer(
      line.maintenanceUntil,
      'line-maintenance',
      'The line rests until its maintenance window ends',
    );
  }
  const retryAt =
    line.bannedUntil !== null && line.bannedUntil > now ? line.bannedUntil : now + UNKNOWN_WAIT_MS;
  return defer(retryAt, `line-${why}`, `The line cannot send a ${sendClass}: ${why}`);
};

/** What may have left a lost line must not leave another one too: it waits for its webhook, for proof, or for its time. */
export const unsettled: Rule = (_sendClass, { unsettledUntil, now }) =>
  unsettledUntil !== null && unsettledUntil > now
    ? defer(
        unsettledUntil,
        'unsettled',
        'A message to this person from a line that was lost may still arrive: nothing goes out twice',
      )
    : null;

export const brakes: Rule = (sendClass, { fleetFrozen, contagion, shedClasses, now }) => {
  if (sendClass === 'reply') return null;
  if (fleetFrozen)
    return defer(now + UNKNOWN_WAIT_MS, 'fleet-frozen', 'The fleet is frozen: replies only');
  if (contagion && sendClass !== 'transactional') {
    return defer(
      now + UNKNOWN_WAIT_MS,
      'contagion',
      'Several lines were flagged: push has stopped',
    );
  }
  return shedClasses.includes(sendClass)
    ? defer(now + UNKNOWN_WAIT_MS, 'brown-out', 'Too few lines are live: replies go first')
    : null;
};

/** Who does not answer is asked less, and then no more; moving to another line resets nothing. */
const unanswered: Rule = (sendClass, snapshot, policy) => {
  if (sendClass === 'reply') return null;
  const { counters, now, openUnsolicitedAt } = snapshot;
  const gapMs = policy.sends.turnGapSeconds * SECOND_MS;
  const last = Math.max(
    counters.lastUnsolicitedTurnAt ?? -Infinity,
    openUnsolicitedAt ?? -Infinity,
  );
  if (last === -Infinity || now - last < gapMs) return null;
  const answeredSince = counters.lastInboundAt !== null && counters.lastInboundAt > last;
  if (answeredSince) return null;
  if (counters.unansweredTurns >= policy.sends.maxUnansweredTurns) {
    return refuse('unanswered', `${counters.unansweredTurns} turns in a row stayed unanswered`);
  }
  const next = last + policy.sends.hoursBetweenUnsolicitedTurns * HOUR_MS;
  return next > now
    ? defer(next, 'unsolicited-pace', 'The last unsolicited turn is less than a day old')
    : null;
};

const quietHours: Rule = (sendClass, { now, zone }, policy) => {
  if (sendClass === 'reply') return null;
  const morning = nextWakingInstant(now, zone, policy.sends.quietHours);
  return morning > now ? defer(morning, 'quiet-hours', `It is night in ${zone}`) : null;
};

/** The same text to many people in a burst is what a flag looks for, whichever lines it leaves from. */
export const sameText: Rule = (sendClass, { sameTextAt }, { sends }) => {
  if (sendClass === 'reply' || sameTextAt.length < sends.sameTextLimit) return null;
  const leaving = at(sameTextAt, sameTextAt.length - sends.sameTextLimit);
  return defer(
    leaving + sends.sameTextMinutes * MINUTE_MS,
    'same-text',
    `This text went out ${sameTextAt.length} times within ${sends.sameTextMinutes} minutes`,
  );
};

/** Refusals first: a person who must not be written to is not told to wait. */
const RULES: readonly Rule[] = [
  suppression,
  unassigned,
  threadOptOut,
  criticalThread,
  introduction,
  lineHealth,
  unsettled,
  brakes,
  unanswered,
  quietHours,
  sameText,
];

/**
 * The gate's answer for one message, as far as it follows from the person, the thread and the line. What has to
 * be counted atomically comes back as {@link ReserveLimits} for the ledger, which has the last word.
 */
export function decideSend(
  request: GateRequest,
  snapshot: GateSnapshot,
  policy: FleetPolicy,
): GateDecision {
  return decideBy(RULES, request, snapshot, policy);
}

/** The same by some rules only. */
export function decideBy(
  rules: readonly Rule[],
  request: GateRequest,
  snapshot: GateSnapshot,
  policy: FleetPolicy,
): GateDecision {
  const sendClass = classify(request, snapshot, policy);
  const reasons: GateReason[] = [{ code: `class-${sendClass}`, detail: classDetail(sendClass) }];
  for (const rule of rules) {
    const verdict = rule(sendClass, snapshot, policy);
    if (verdict === null) continue;
    reasons.push(verdict.reason);
    return verdict.kind === 'refuse'
      ? { kind: 'refuse', class: sendClass, reasons }
      : { kind: 'defer', class: sendClass, retryAt: verdict.retryAt, reasons };
  }
  const newConversation = snapshot.chat === null;
  const stranger = newConversation && snapshot.talkedBefore && !snapshot.knowsLine;
  return {
    kind: 'send',
    class: sendClass,
    newConversation,
    firstText: stranger && policy.failover.firstText === 'prefix' ? 'prefix' : null,
    service: stranger && policy.failover.needsIntroduction === 'sms' ? 'sms' : null,
    limits: limitsFor(sendClass, newConversation, snapshot, policy),
    reasons,
  };
}

function classDetail(sendClass: SendClass): string {
  switch (sendClass) {
    case 'reply':
      return 'The person wrote within the reply window';
    case 'introduction':
      return 'The first message to this person from another line';
    case 'transactional':
      return 'Asked for, and within the daily allowance';
    case 'proactive':
      return 'Nobody asked for this message';
  }
}

function limitsFor(
  sendClass: SendClass,
  newConversation: boolean,
  { line, chat }: GateSnapshot,
  policy: FleetPolicy,
): ReserveLimits {
  const atRisk = line.reputation === 'AT_RISK' || chat?.health === 'AT_RISK';
  const pace = atRisk ? 0.5 : 1;
  const { outboundPerLinePer24h, outboundPerLinePerHour } = policy.newConversations;
  const hourCap = hourCapFor(sendClass, line.todayCap, policy);
  return {
    ceiling: ceilingFor(sendClass, line.todayCap, policy),
    hourCap: hourCap === null ? null : Math.floor(pace * hourCap),
    minuteCap:
      sendClass === 'reply'
        ? null
        : Math.max(1, Math.floor(pace * policy.budget.nonRepliesPerMinute)),
    pairPer60s: policy.sends.pairLimitPer60s,
    loopPerHour: policy.sends.loopLimitPerHour,
    // A thread that the person starts is there when we answer, so answers in it are never limited. One that we begin
    // looks the same to the provider whatever our reason is, so the day's limit binds all; but whoever has just written
    // is not kept waiting for the hour's pace, nor by those whom we wrote to unasked before.
    newConversation,
    newConversationsPer24h: sendClass === 'reply' ? outboundPerLinePer24h : unaskedPer24h(policy),
    newConversationsPerHour: sendClass === 'reply' ? outboundPerLinePer24h : outboundPerLinePerHour,
    maxOpenHolds: policy.budget.maxOpenHoldsPerLine,
    holdMs: policy.budget.holdMinutes * MINUTE_MS,
  };
}
