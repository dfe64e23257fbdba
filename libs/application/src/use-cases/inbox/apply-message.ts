import { budgetDay, epochHour, type EpochMs, onInbound, onOutbound } from '@linekeeper/domain';
import type {
  ChatRecord,
  Digest,
  HandleParser,
  LineRecord,
  MessageRecord,
  ParsedHandle,
  RateRule,
  SendRecord,
  Throttle,
  UsageHour,
  UserDay,
  UserRecord,
} from '../../ports';
import { versionOfId } from '../../ports';
import { codesIn } from '../people/codes';
import { bindStranger, type Bound, claimReservation } from '../people/strangers';
import { confirmAssignment } from '../people/tie';
import {
  EarlyEvent,
  type IntakeEvent,
  type MessageEvent,
  sendIdOf,
  statusOf,
  UnusableEvent,
} from './intake-event';
import { healthOf, heedPasserBy, heedThread, heedWords } from './heed-opt-out';
import { followGroup } from './follow-group';
import { imessageSeenAt } from './note-outcome';
import { followPull } from './pull';
import { noteOwedCard } from './re-issue';
import type { Workspace } from './workspace';

type Inbound = Extract<IntakeEvent, { kind: 'message-received' }>;
type Failed = Extract<IntakeEvent, { kind: 'message-failed' }>;
type ChatCreated = Extract<IntakeEvent, { kind: 'chat-created' }>;

/** A person writes the code of their link once or twice; more of what looks like codes is guessing, and is not looked at. */
const CODES_OF_SENDER: RateRule = { name: 'codes-of-sender', requests: 10, windowSeconds: 3_600 };

/** What it takes to find out who wrote. */
export interface Recognition {
  readonly handles: HandleParser;
  readonly digest: Digest;
  readonly throttle: Throttle;
}

/** A person wrote to us. */
export async function applyInbound(
  space: Workspace,
  event: Inbound,
  recognition: Recognition,
): Promise<void> {
  const line = lineOf(space, event.linePhoneNumber);
  if (space.messages.has(event.messageId)) return;
  const handle = event.isGroup ? null : recognition.handles.parse(event.from);
  const bound = handle && (await personOf(space, event, line, handle, recognition));
  const userId = bound?.user.id ?? null;
  addMessage(space, event, line, userId, null, false);
  const conversation = userId === null ? null : space.conversation(userId, line.poolId);
  saveChat(space, event, line, conversation?.id ?? null, 'inbound');
  if (!bound || !conversation) return;
  space.learn(bound.user.id, line.id);
  const newTurn =
    conversation.lastInboundAt === null ||
    event.at - conversation.lastInboundAt >= space.decision.policy.sends.turnGapSeconds * 1_000;
  const latest = conversation.lastInboundAt === null || event.at >= conversation.lastInboundAt;
  space.saveConversation({
    ...conversation,
    ...onInbound(conversation, event.at),
    activeLineId: latest ? line.id : conversation.activeLineId,
  });
  await heedThread(space, event, line.poolId, userId);
  await heedWords(space, bound.user.id, event, conversation.lastInboundAt);
  let { assignment } = bound;
  const { state, lineId } = assignment;
  if (state === 'needs-introduction' || (state === 'reserved' && lineId === line.id)) {
    const reason = 'the person wrote on this line';
    assignment = await confirmAssignment(space.stores, assignment, reason, space.decision);
    space.keepAssignment(assignment);
    if (state === 'reserved') return;
  }
  await followPull(space, { user: bound.user, assignment }, line, event.at, newTurn);
  noteOwedCard(space, space.assignment(bound.user.id, assignment.poolId) ?? assignment);
}

/** Who wrote: known, or by the code in the text, or a stranger who is bound to the line they chose. */
async function personOf(
  space: Workspace,
  event: Inbound,
  line: LineRecord,
  handle: ParsedHandle,
  recognition: Recognition,
): Promise<Bound | null> {
  const { digest } = recognition;
  const claimed = await userByCode(space, event, handle, recognition);
  const known = claimed ?? space.userByHandle(handle);
  const assignment = known && space.assignment(known.id, line.poolId);
  if (known && assignment) return { user: known, assignment };
  if (known && known.erasedAt !== null) return null;
  if (line.managed) space.needsPools([line.poolId]);
  // What follows reads and writes the same rows through the stores, so it must find them as they are.
  await space.flush();
  if (!line.managed) {
    // A line that is only watched takes nobody, but whoever says stop on it is heeded.
    if (known) await heedWords(space, known.id, event, null);
    else await heedPasserBy(space, handle, event, digest);
    return null;
  }
  const bound = await bindStranger(space.stores, line, handle, known, digest, space.decision);
  space.keepUser(bound.user);
  space.keepAssignment(bound.assignment);
  return bound;
}

/** Whom the code in the text makes of the sender; null when there is no open one. */
async function userByCode(
  space: Workspace,
  event: Inbound,
  handle: ParsedHandle,
  { digest, throttle }: Recognition,
): Promise<UserRecord | null> {
  if (codesIn(event.text).length === 0) return null;
  const sender = digest.keyed(`code-sender:${handle.value}`);
  if ((await throttle.take(CODES_OF_SENDER, sender)) > 0) return null;
  await space.flush();
  const known = space.userByHandle(handle);
  const bound = await claimReservation(
    space.stores,
    event.text,
    { handle, known },
    digest,
    space.decision,
  );
  if (!bound) return null;
  // Two people may have become one: what was read before is of no use any more.
  await space.reload();
  space.keepUser(bound.user);
  space.keepAssignment(bound.assignment);
  return bound.user;
}

/** A message left one of our lines: ours, or a person's at the provider's dashboard. */
export async function applyOutbound(
  space: Workspace,
  event: Exclude<MessageEvent, Inbound>,
): Promise<void> {
  const line = lineOf(space, event.linePhoneNumber);
  const known = space.messages.get(event.messageId);
  const send =
    sendOf(space, event.idempotencyKey) ?? (known ? null : openSendOf(space, event, line));
  const isGroup = event.isGroup || (send?.groupChatId ?? null) !== null;
  const userId = isGroup ? null : (send?.userId ?? recipientOf(space, event, line));
  await heedThread(space, event, line.poolId, userId);
  if (known) {
    const sendId = known.sendId === null ? (send?.id ?? null) : null;
    if (send && sendId !== null) space.noteSeen(send);
    const retimed = known.status === 'accepted' && event.kind !== 'message-accepted';
    if (retimed) moveCount(space, known, line, event.at);
    space.advanceMessage(known, {
      id: known.id,
      status: statusOf(event),
      failureCode: null,
      sendId,
      at: retimed ? event.at : null,
    });
    noteThread(space, event, line, send);
    if (send) await followGroup(space, send, event, line);
    return;
  }
  const conversation = userId === null ? null : space.conversation(userId, line.poolId);
  // Of groups one is begun by us alone: that which is made anew under a hold.
  const begins = !isGroup || send?.newConversation === true;
  const starts = begins && (space.chats.get(event.chatId)?.startedBy ?? null) === null;
  addMessage(space, event, line, userId, send, starts);
  saveChat(space, event, line, conversation?.id ?? null, 'outbound');
  if (send) space.noteSeen(send);
  if (send) await followGroup(space, send, event, line);
  if (userId === null || !conversation) return;
  space.saveConversation({
    ...conversation,
    ...onOutbound(conversation, event.at, space.decision.policy),
  });
  if (starts) await space.stores.failovers.markContacted(userId, line.id, event.at);
  const assignment = space.assignment(userId, line.poolId);
  if (assignment?.state === 'reserved' && assignment.lineId === line.id) {
    space.keepAssignment(
      await confirmAssignment(
        space.stores,
        assignment,
        'a message left on this line',
        space.decision,
      ),
    );
  }
}

/** The provider gave a message up. It was accepted, so it counts. */
export function applyFailed(space: Workspace, event: Failed): void {
  if (event.messageId === null) throw new UnusableEvent('A failed message without its id');
  const known = space.messages.get(event.messageId);
  if (known) {
    space.advanceMessage(known, {
      id: known.id,
      status: 'failed',
      failureCode: event.code,
      sendId: null,
      at: null,
    });
    return;
  }
  const chat = event.chatId === null ? undefined : space.chats.get(event.chatId);
  const line = chat && space.linesById.get(chat.lineId);
  if (!chat || !line) throw new EarlyEvent('Neither the message nor its thread is known yet');
  const userId = space.userIdOfChat(chat.id);
  const starts = !chat.isGroup && chat.startedBy === null;
  const message: MessageRecord = {
    ...blankMessage(space, event.messageId, line, event.at),
    chatId: chat.id,
    userId,
    status: 'failed',
    failureCode: event.code,
  };
  count(space, message, line, starts, { send: null, recovered: false });
  if (starts) space.saveChat({ ...chat, startedBy: 'outbound' });
}

export function applyChatCreated(
  space: Workspace,
  event: ChatCreated,
  handles: HandleParser,
): void {
  const line = lineOf(space, event.linePhoneNumber);
  const other = event.isGroup ? undefined : event.participants[0];
  const handle = other === undefined ? null : handles.parse(other);
  const user = handle && space.userByHandle(handle);
  const placed = user && space.assignment(user.id, line.poolId);
  const conversation = user && placed ? space.conversation(user.id, line.poolId) : null;
  const known = space.chats.get(event.chatId);
  space.saveChat({
    id: event.chatId,
    conversationId: known?.conversationId ?? conversation?.id ?? null,
    lineId: line.id,
    isGroup: event.isGroup,
    health: known?.health ?? 'HEALTHY',
    healthAt: known?.healthAt ?? null,
    service: known?.service ?? event.service,
    startedBy: known?.startedBy ?? null,
    createdAt: Math.min(known?.createdAt ?? event.at, event.at),
    lastActivityAt: Math.max(known?.lastActivityAt ?? event.at, event.at),
    lastSharedAt: known?.lastSharedAt ?? null,
    shares: known?.shares ?? 0,
    imessageSeenAt: known?.imessageSeenAt ?? null,
  });
}

function lineOf(space: Workspace, phoneNumber: string): LineRecord {
  const line = space.lines.get(phoneNumber);
  if (!line) throw new UnusableEvent('The event names a number that is not ours');
  return line;
}

function sendOf(space: Workspace, key: string | null): SendRecord | null {
  const id = sendIdOf(key);
  return id === null ? null : (space.sends.get(id) ?? null);
}

/** Whom a message went to, as far as its thread or the event says. */
function recipientOf(
  space: Workspace,
  event: Exclude<MessageEvent, Inbound>,
  line: LineRecord,
): string | null {
  const known = space.userIdOfChat(event.chatId);
  if (known !== null || !('to' in event)) return known;
  const user = space.userCalled(event.to);
  return user && space.assignment(user.id, line.poolId) ? user.id : null;
}

/** A message of V2 tells no key: its hold is found by line, person and time. */
function openSendOf(
  space: Workspace,
  event: Exclude<MessageEvent, Inbound>,
  line: LineRecord,
): SendRecord | null {
  if (event.isGroup || versionOfId(event.chatId) !== 'v2') return null;
  const userId = recipientOf(space, event, line);
  return userId === null ? null : space.takeOpenSend(line.id, userId, event.at);
}

/** Later news of a message: its thread may have another health, or a person who was not known before. */
function noteThread(
  space: Workspace,
  event: MessageEvent,
  line: LineRecord,
  send: SendRecord | null,
): void {
  const chat = space.chats.get(event.chatId);
  const conversation =
    send && !send.groupChatId && !event.isGroup && !chat?.conversationId
      ? space.conversation(send.userId, line.poolId)
      : null;
  const isOldNews =
    chat === undefined ||
    (healthOf(event, chat).healthAt === chat.healthAt &&
      imessageSeenAt(event.service, event.at, chat) === chat.imessageSeenAt);
  if (!conversation && isOldNews) return;
  saveChat(space, event, line, conversation?.id ?? null, 'outbound');
}

function saveChat(
  space: Workspace,
  event: MessageEvent,
  line: LineRecord,
  conversationId: string | null,
  startedBy: 'inbound' | 'outbound',
): void {
  const known = space.chats.get(event.chatId);
  const chat: ChatRecord = {
    id: event.chatId,
    conversationId: known?.conversationId ?? conversationId,
    lineId: line.id,
    isGroup: known?.isGroup === true || event.isGroup,
    ...healthOf(event, known),
    service: event.service ?? known?.service ?? null,
    startedBy: known?.startedBy ?? startedBy,
    createdAt: known?.createdAt ?? event.at,
    lastActivityAt: Math.max(known?.lastActivityAt ?? event.at, event.at),
    lastSharedAt: known?.lastSharedAt ?? null,
    shares: known?.shares ?? 0,
    imessageSeenAt: imessageSeenAt(event.service, event.at, known),
  };
  space.saveChat(chat);
}

function blankMessage(space: Workspace, id: string, line: LineRecord, at: EpochMs): MessageRecord {
  return {
    id,
    lineId: line.id,
    chatId: null,
    userId: null,
    direction: 'out',
    at,
    status: 'sent',
    failureCode: null,
    idempotencyKey: null,
    sendId: null,
    class: null,
    recordedAt: space.decision.now,
  };
}

function addMessage(
  space: Workspace,
  event: MessageEvent,
  line: LineRecord,
  userId: string | null,
  send: SendRecord | null,
  starts: boolean,
): void {
  const message: MessageRecord = {
    ...blankMessage(space, event.messageId, line, event.at),
    chatId: event.chatId,
    userId,
    direction: event.kind === 'message-received' ? 'in' : 'out',
    status: statusOf(event),
    idempotencyKey: event.kind === 'message-received' ? null : event.idempotencyKey,
    sendId: send?.id ?? null,
    class: send?.class ?? null,
  };
  count(space, message, line, starts, { send, recovered: event.recovered });
}

/** An app told of a message before the provider did: the hour and day that the provider names are the ones it counts in. */
function moveCount(space: Workspace, message: MessageRecord, line: LineRecord, at: EpochMs): void {
  const from = placeOf(space, message, line, 0);
  const to = placeOf(space, { ...message, at }, line, 0);
  if (from.hour.hour !== to.hour.hour) space.moveHour(from.hour, to.hour);
  if (from.day && to.day && from.day.day !== to.day.day) space.moveDay(from.day, to.day);
}

/** The usage that a message adds, in the hour and the budget day in which it was sent. */
function placeOf(
  space: Workspace,
  { direction, at, userId }: MessageRecord,
  line: LineRecord,
  started: number,
): { hour: UsageHour; day: UserDay | null } {
  const zone = space.zones.get(line.poolId) ?? 'UTC';
  const units = direction === 'in' ? { in: 1, out: 0 } : { in: 0, out: 1 };
  const day = budgetDay(at, zone, space.decision.policy.budget.dayStartHour);
  return {
    hour: { lineId: line.id, hour: epochHour(at), ...units, started },
    day: userId === null ? null : { userId, day, ...units },
  };
}

/** Counts a message in the hour and the budget day in which it was sent. */
function count(
  space: Workspace,
  message: MessageRecord,
  line: LineRecord,
  starts: boolean,
  { send, recovered }: { readonly send: SendRecord | null; readonly recovered: boolean },
): void {
  // The marks of a hold stand for its messages, unless it was given back.
  const held = send !== null && send.state !== 'released';
  space.addMessage({
    message,
    recovered,
    ...placeOf(space, message, line, starts ? 1 : 0),
    unannounced: {
      recipient: message.direction === 'out' && !held ? message.userId : null,
      thread: starts && !(held && send.newConversation) ? message.chatId : null,
    },
  });
}
