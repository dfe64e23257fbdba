import type { explainSend } from '@linekeeper/domain';
import { DAY, HOUR, MINUTE } from './numbers';

type Told = ReturnType<typeof explainSend>;

/** The answer without its words: the codes of the reasons stand for them. */
export interface BareAnswer {
  readonly kind: string;
  readonly class: string;
  readonly codes: readonly string[];
  readonly retryAt?: number;
  readonly newConversation?: boolean;
  readonly firstText?: string | null;
  readonly service?: string | null;
  readonly limits?: object;
}

export function answerAgain(told: Told): BareAnswer {
  const { inputs: it, policy } = told;
  const { now, counters, line, chat } = it;
  const kind = classAgain(told);
  const reply = kind === 'reply';
  const said = (verdict: string, code: string, retryAt?: number): BareAnswer => ({
    kind: verdict,
    class: kind,
    codes: [`class-${kind}`, code],
    ...(retryAt === undefined ? {} : { retryAt }),
  });
  const lately = (at: number | null): number => at ?? -Infinity;

  const stillOpen = reply && it.replyAllowedUntil !== null && now < it.replyAllowedUntil;
  if (it.suppressedAt !== null && !stillOpen) return said('refuse', 'suppressed');
  if (it.assignmentState === 'released') return said('refuse', 'not-assigned');
  const takenBack = Math.max(
    lately(it.liftedAt),
    reply ? lately(counters.lastInboundAt) : -Infinity,
  );
  const stopped = it.threads.filter(({ health }) => health === 'OPTED_OUT');
  if (stopped.some(({ since }) => since === null || since >= takenBack)) {
    return said('refuse', 'chat-opted-out');
  }
  const counted = it.wroteHere && chat !== null ? [chat] : it.threads;
  if (!reply && counted.some(({ health }) => health === 'CRITICAL')) {
    return said('refuse', 'chat-critical');
  }
  if (it.assignmentState === 'needs-introduction') {
    const since = it.needsIntroductionSince ?? now;
    const news = [since + 4 * HOUR, since + 24 * HOUR, line.bannedUntil ?? 0];
    const ahead = news.filter((at) => at > now).sort((a, b) => a - b);
    return said('defer', 'needs-introduction', ahead[0] ?? now + HOUR);
  }
  const dead = deadBecause(told, reply);
  if (dead !== null) {
    const rests = dead === 'maintenance' && (line.maintenanceUntil ?? 0) > now;
    if (rests) return said('defer', 'line-maintenance', line.maintenanceUntil ?? 0);
    const banned = line.bannedUntil !== null && line.bannedUntil > now;
    return said('defer', `line-${dead}`, banned ? line.bannedUntil : now + HOUR);
  }
  const { unsettledUntil } = it;
  if (unsettledUntil !== null && unsettledUntil > now) {
    return said('defer', 'unsettled', unsettledUntil);
  }
  if (!reply && it.fleetFrozen) return said('defer', 'fleet-frozen', now + HOUR);
  if (it.contagion && (kind === 'introduction' || kind === 'proactive')) {
    return said('defer', 'contagion', now + HOUR);
  }
  if (it.shedClasses.some((each) => each === kind)) return said('defer', 'brown-out', now + HOUR);
  const last = Math.max(lately(counters.lastUnsolicitedTurnAt), lately(it.openUnsolicitedAt));
  const overATurnAgo = now - last >= policy.sends.turnGapSeconds * 1_000;
  if (!reply && last > -Infinity && overATurnAgo && lately(counters.lastInboundAt) <= last) {
    if (counters.unansweredTurns >= policy.sends.maxUnansweredTurns) {
      return said('refuse', 'unanswered');
    }
    const next = last + policy.sends.hoursBetweenUnsolicitedTurns * HOUR;
    if (next > now) return said('defer', 'unsolicited-pace', next);
  }
  const waking = wakingAgain(told);
  if (!reply && waking > now) return said('defer', 'quiet-hours', waking);
  const { sameTextLimit: often, sameTextMinutes } = policy.sends;
  const [oldest] = it.sameTextAt.slice(-often);
  if (!reply && oldest !== undefined && it.sameTextAt.length >= often) {
    return said('defer', 'same-text', oldest + sameTextMinutes * MINUTE);
  }

  const { budget, sends, newConversations } = policy;
  const slow = line.reputation === 'AT_RISK' || chat?.health === 'AT_RISK' ? 0.5 : 1;
  const hourly = Math.max(budget.hourFloor, Math.floor(budget.hourShare * line.todayCap));
  const overrun = budget.replies === 'overrun' ? null : line.todayCap;
  return {
    kind: 'send',
    class: kind,
    codes: [`class-${kind}`],
    newConversation: chat === null,
    firstText:
      chat === null && it.talkedBefore && !it.knowsLine && policy.firstText === 'prefix'
        ? 'prefix'
        : null,
    service:
      chat === null && it.talkedBefore && !it.knowsLine && policy.needsIntroduction === 'sms'
        ? 'sms'
        : null,
    limits: {
      ceiling: kind === 'reply' ? overrun : Math.floor(line.todayCap * budget.ceilings[kind]),
      hourCap: reply ? null : Math.floor(slow * hourly),
      minuteCap: reply ? null : Math.max(1, Math.floor(slow * budget.nonRepliesPerMinute)),
      pairPer60s: sends.pairLimitPer60s,
      loopPerHour: sends.loopLimitPerHour,
      newConversation: chat === null,
      newConversationsPer24h:
        newConversations.outboundPerLinePer24h -
        (reply ? 0 : newConversations.keptForAnswersPer24h),
      newConversationsPerHour: reply
        ? newConversations.outboundPerLinePer24h
        : newConversations.outboundPerLinePerHour,
      maxOpenHolds: budget.maxOpenHoldsPerLine,
      holdMs: budget.holdMinutes * MINUTE,
    },
  };
}

function classAgain({ inputs: it, policy }: Told): Told['steps']['class'] {
  const { lastInboundAt: heard, lastOutboundAt: spoke, outboundTurns } = it.counters;
  const { askedClass } = it.request;
  const { sends } = policy;
  const within = heard !== null && it.now - heard <= sends.replyWindowHours * HOUR;
  const sameTurn =
    spoke !== null &&
    heard !== null &&
    spoke >= heard &&
    it.now - spoke < sends.turnGapSeconds * 1_000;
  const turnsLeft = sends.replyTurns - outboundTurns + (sameTurn ? 1 : 0);
  if (within && turnsLeft > 0 && askedClass !== 'transactional' && askedClass !== 'proactive') {
    return 'reply';
  }
  const left = it.transactionalToday < sends.transactionalPerUserPerDay;
  if (askedClass === 'transactional' && left) return 'transactional';
  return it.chat === null && it.talkedBefore ? 'introduction' : 'proactive';
}

function deadBecause({ inputs: { line } }: Told, reply: boolean): string | null {
  if (!line.managed) return 'unmanaged';
  for (const state of ['retired', 'warming', 'maintenance']) {
    if (line.adminState === state) return state;
  }
  if (line.providerStatus === 'FLAGGED') return 'flagged';
  if (line.health === 'ejected') return 'ejected';
  if (!reply && line.health === 'suspect') return 'suspect';
  return !reply && line.reputation === 'CRITICAL' ? 'reputation-critical' : null;
}

/** By the clock of the zone, in quarters of an hour: every zone's offset is a multiple of one. */
function wakingAgain({ inputs: { now, zone }, policy }: Told): number {
  const clock = new Intl.DateTimeFormat('en-GB', { timeZone: zone, hour: '2-digit' });
  const { fromHour, toHour } = policy.sends.quietHours;
  const awake = (at: number): boolean => {
    const hour = Number(clock.format(at)) % 24;
    return hour >= fromHour && hour < toHour;
  };
  if (awake(now)) return now;
  let at = now - (now % (15 * MINUTE)) + 15 * MINUTE;
  while (!awake(at) && at < now + 2 * DAY) at += 15 * MINUTE;
  return at;
}
