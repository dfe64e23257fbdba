import { type EpochMs, HOUR_MS, MINUTE_MS, NOTHING_SAID, SECOND_MS } from '@linekeeper/domain';
import { MESSAGE_STATUSES, versionOfId } from '../../ports';
import type {
  AssignmentRecord,
  ChatRecord,
  ConversationRecord,
  HandleParser,
  KnownNumberRecord,
  LineRecord,
  MessageAdvance,
  MessageRecord,
  OpenOutcome,
  ParsedHandle,
  RecipientOutcome,
  SendRecord,
  Stores,
  UsageHour,
  UserDay,
  UserRecord,
} from '../../ports';
import type { Decision } from '../shared';
import { type IntakeEvent, PoolsNeeded, sendIdOf } from './intake-event';
import { NewsOfLines } from './news-of-lines';
import { tellRecovered } from './tell-recovered';

/** V2 tells whole seconds, and the provider's clock may go a little differently from ours. */
const TOLERANCE_MS = 5 * SECOND_MS;
/** Most messages have arrived by then. */
const FIRST_ASK_MS = MINUTE_MS;

/** A message of this batch with what counting it would add; counted only when its row is new. */
interface NewMessage {
  readonly message: MessageRecord;
  readonly hour: UsageHour;
  readonly day: UserDay | null;
  /** It was read back: no webhook told of it in its time. */
  readonly recovered: boolean;
  /** What the ledger has not heard of yet: a message, and a thread, that no hold announced. */
  readonly unannounced: { readonly recipient: string | null; readonly thread: string | null };
}

/**
 * The rows a batch of events touches: read in a handful of queries, changed in memory, written in a handful of
 * statements. Conversations are locked, so that two batches never overwrite each other's counters.
 */
export class Workspace {
  readonly lines = new Map<string, LineRecord>();
  readonly linesById = new Map<string, LineRecord>();
  readonly messages = new Map<string, MessageRecord>();
  readonly chats = new Map<string, ChatRecord>();
  readonly sends = new Map<string, SendRecord>();
  private readonly users = new Map<string, UserRecord>();
  private readonly userIdsByHandle = new Map<string, string>();
  private readonly assignments = new Map<string, AssignmentRecord>();
  private readonly conversations = new Map<string, ConversationRecord>();
  private readonly conversationsById = new Map<string, ConversationRecord>();
  private readonly known = new Map<string, KnownNumberRecord>();
  private keyless: SendRecord[] = [];

  private newMessages: NewMessage[] = [];
  private advances: MessageAdvance[] = [];
  private movedHours: UsageHour[] = [];
  private movedDays: UserDay[] = [];
  private seen: { id: string; messages: number }[] = [];
  private learned: KnownNumberRecord[] = [];
  private outcomes: RecipientOutcome[] = [];
  private readonly pools = new Set<string>();
  private readonly owing = new Map<string, AssignmentRecord>();
  private readonly dirtyChats = new Set<string>();
  private readonly dirtyConversations = new Set<string>();

  /** What the ledger is told once the transaction stands. */
  readonly news = new NewsOfLines();

  private constructor(
    readonly stores: Stores,
    readonly zones: ReadonlyMap<string, string>,
    readonly decision: Decision,
    private readonly handles: HandleParser,
    private readonly keys: ReturnType<typeof keysOf>,
  ) {}

  /** Reads everything the events may touch. `zones` are those of the pools, by pool id. */
  static async load(
    stores: Stores,
    events: readonly IntakeEvent[],
    handles: HandleParser,
    zones: ReadonlyMap<string, string>,
    decision: Decision,
  ): Promise<Workspace> {
    const space = new Workspace(stores, zones, decision, handles, keysOf(events, handles));
    for (const line of await stores.lines.all()) {
      space.lines.set(line.phoneNumber, line);
      space.linesById.set(line.id, line);
    }
    await space.read();
    return space;
  }

  /** Everything but the lines as it stands now. Call it after {@link flush} when people have become one. */
  async reload(): Promise<void> {
    const { users, userIdsByHandle, assignments, conversations, conversationsById, known } = this;
    const read = [users, userIdsByHandle, assignments, conversations, conversationsById, known];
    for (const map of [...read, this.messages, this.chats, this.sends]) map.clear();
    await this.read();
  }

  private async read(): Promise<void> {
    const { stores, keys } = this;
    if (keys.messageIds.length > 0) {
      for (const each of await stores.messages.byIds(keys.messageIds))
        this.messages.set(each.id, each);
    }
    if (keys.sendIds.length > 0) {
      for (const each of await stores.sends.byIds(keys.sendIds)) this.sends.set(each.id, each);
    }
    if (keys.chatIds.length > 0) {
      for (const each of await stores.conversations.chats(keys.chatIds))
        this.chats.set(each.id, each);
    }
    const byHandle = keys.handles.length > 0 ? await stores.users.byHandles(keys.handles) : [];
    const conversationIds = [...this.chats.values()].flatMap(
      ({ conversationId }) => conversationId ?? [],
    );
    await this.loadPeople(
      byHandle,
      [...this.sends.values()].map(({ userId }) => userId),
      conversationIds,
    );
  }

  private async loadPeople(
    users: readonly UserRecord[],
    moreUserIds: readonly string[],
    conversationIds: readonly string[],
  ): Promise<void> {
    const ids = new Set([...users.map(({ id }) => id), ...moreUserIds]);
    if (ids.size === 0 && conversationIds.length === 0) return;
    const conversations = await this.stores.conversations.lock({
      userIds: [...ids],
      ids: conversationIds,
    });
    for (const each of conversations) {
      this.keepConversation(each);
      ids.add(each.userId);
    }
    if (this.keys.areKeyless) {
      const lines = [...this.lines.values()].filter(({ apiVersion }) => apiVersion === 'v2');
      const lineIds = lines.map(({ id }) => id);
      this.keyless = await this.stores.sends.openOf([...ids], lineIds);
    }
    for (const user of users) this.keepUser(user);
    for (const each of await this.stores.assignments.ofUsers([...ids])) this.keepAssignment(each);
    // Only who wrote can have shown that they know a number.
    const writers = users.map(({ id }) => id);
    for (const each of writers.length > 0 ? await this.stores.cards.known(writers) : []) {
      this.known.set(`${each.userId} ${each.lineId}`, each);
    }
  }

  keepUser(user: UserRecord): void {
    this.users.set(user.id, user);
    for (const { value } of user.handles) this.userIdsByHandle.set(value, user.id);
  }

  keepAssignment(assignment: AssignmentRecord): void {
    this.assignments.set(`${assignment.userId} ${assignment.poolId}`, assignment);
  }

  private keepConversation(conversation: ConversationRecord): void {
    this.conversations.set(`${conversation.userId} ${conversation.poolId}`, conversation);
    this.conversationsById.set(conversation.id, conversation);
  }

  user(id: string): UserRecord | null {
    return this.users.get(id) ?? null;
  }

  userByHandle(handle: ParsedHandle): UserRecord | null {
    const id = this.userIdsByHandle.get(handle.value);
    return id === undefined ? null : this.user(id);
  }

  userCalled(text: string): UserRecord | null {
    const handle = this.handles.parse(text);
    return handle && this.userByHandle(handle);
  }

  /** The person's place in a pool; null when there is none or it was released. */
  assignment(userId: string, poolId: string): AssignmentRecord | null {
    const assignment = this.assignments.get(`${userId} ${poolId}`);
    return assignment && assignment.state !== 'released' ? assignment : null;
  }

  /** The person in whose conversation a chat is. */
  userIdOfChat(chatId: string): string | null {
    const conversationId = this.chats.get(chatId)?.conversationId;
    return conversationId ? (this.conversationsById.get(conversationId)?.userId ?? null) : null;
  }

  /** The conversation with a person, begun when there is none yet. */
  conversation(userId: string, poolId: string): ConversationRecord {
    const known = this.conversations.get(`${userId} ${poolId}`);
    if (known) return known;
    const begun: ConversationRecord = {
      ...NOTHING_SAID,
      id: this.decision.newId(),
      poolId,
      userId,
      activeLineId: null,
      pullTurns: [],
      updatedAt: this.decision.now,
    };
    this.saveConversation(begun);
    return begun;
  }

  saveConversation(conversation: ConversationRecord): void {
    this.keepConversation({ ...conversation, updatedAt: this.decision.now });
    this.dirtyConversations.add(conversation.id);
  }

  saveChat(chat: ChatRecord): void {
    this.chats.set(chat.id, chat);
    this.dirtyChats.add(chat.id);
  }

  addMessage(entry: NewMessage): void {
    this.messages.set(entry.message.id, entry.message);
    this.newMessages.push(entry);
  }

  advanceMessage(message: MessageRecord, advance: MessageAdvance): void {
    this.messages.set(message.id, {
      ...message,
      sendId: message.sendId ?? advance.sendId,
      at: advance.at ?? message.at,
      status: message.status === 'accepted' ? advance.status : message.status,
    });
    this.advances.push(advance);
  }

  /** One message counts in another hour than it was counted in. */
  moveHour(from: UsageHour, to: UsageHour): void {
    this.movedHours.push({ ...from, in: -from.in, out: -from.out }, to);
  }

  /** The same for the day of its person. */
  moveDay(from: UserDay, to: UserDay): void {
    this.movedDays.push({ ...from, in: -from.in, out: -from.out }, to);
  }

  /** One message of a send was seen at the provider. */
  noteSeen(send: SendRecord): void {
    this.seen.push({ id: send.id, messages: 1 });
  }

  /** How a message ended, for the detectors. */
  noteOutcome(outcome: RecipientOutcome): void {
    this.outcomes.push(outcome);
  }

  /**
   * The hold of a message whose key nobody tells: the first on its line for its person that was open at that time and is
   * not taken by another message. It may be the hold of another message to them, which then takes the next one.
   */
  takeOpenSend(lineId: string, userId: string, at: EpochMs): SendRecord | null {
    const found = this.keyless.find(
      (send) =>
        send.lineId === lineId &&
        send.userId === userId &&
        at >= send.admittedAt - TOLERANCE_MS &&
        at <= send.expiresAt &&
        send.settledMessages < send.messages,
    );
    if (!found) return null;
    const taken = { ...found, settledMessages: found.settledMessages + 1 };
    this.keyless = this.keyless.map((send) => (send === found ? taken : send));
    return found;
  }

  knows(userId: string, lineId: string): boolean {
    return this.known.get(`${userId} ${lineId}`)?.sureness === 'known';
  }

  /** The person has texted this number: nothing is surer. */
  learn(userId: string, lineId: string): void {
    if (this.knows(userId, lineId)) return;
    const entry = { userId, lineId, sureness: 'known', position: 0 } as const;
    this.known.set(`${userId} ${lineId}`, entry);
    this.learned.push(entry);
  }

  /** The lock of this pool is held from before anything was read. */
  holdsPool(poolId: string): void {
    this.pools.add(poolId);
  }

  /** Call it before what follows is done under the lock of pools. Throws {@link PoolsNeeded} when one is not held. */
  needsPools(poolIds: readonly string[]): void {
    const missing = poolIds.filter((id) => !this.pools.has(id));
    if (missing.length > 0) throw new PoolsNeeded(new Set([...this.pools, ...missing]));
  }

  /** The person of this place may be owed a card; who all are is looked at once the events are applied. */
  noteOwing(assignment: AssignmentRecord): void {
    this.owing.set(assignment.id, assignment);
  }

  /** Their places as they are now. */
  takeOwing(): AssignmentRecord[] {
    const owing = [...this.owing.values()];
    this.owing.clear();
    return owing.flatMap(({ userId, poolId }) => this.assignment(userId, poolId) ?? []);
  }

  /** Writes what has changed so far. Rows that another transaction inserted first are not counted again. */
  async flush(): Promise<void> {
    const { conversations, messages, usage, cards, sends, evidence } = this.stores;
    await conversations.save(this.taken(this.dirtyConversations, this.conversationsById));
    await conversations.saveChats(this.taken(this.dirtyChats, this.chats));
    const fresh = this.newMessages;
    this.newMessages = [];
    const inserted = await messages.insert(fresh.map(({ message }) => message));
    const counted = fresh.filter(({ message }) => inserted.has(message.id));
    for (const { message, unannounced } of counted) this.announce(message, unannounced);
    for (const { message, recovered } of counted) if (recovered) await this.tell(message);
    await this.stores.outcomes.open(counted.flatMap(({ message }) => this.toAskFor(message)));
    await messages.advance(mergedAdvances(this.advances));
    this.advances = [];
    for (const { lineId, ...hold } of await sends.noteSeen(this.seen, this.decision.now)) {
      this.news.of(lineId).holds.push(hold);
    }
    this.seen = [];
    await cards.know(this.learned, this.decision.now);
    this.learned = [];
    const { recipientHours } = this.decision.policy.health.detection;
    await evidence.note(this.outcomes, recipientHours * HOUR_MS);
    this.outcomes = [];
    // Last, since every batch raises the hours of the same lines: whoever comes later waits for the commit.
    const totals = await usage.add(
      [...counted.map(({ hour }) => hour), ...this.movedHours],
      [...counted.flatMap(({ day }) => day ?? []), ...this.movedDays],
    );
    this.movedHours = [];
    this.movedDays = [];
    for (const total of totals) this.news.of(total.lineId).hours.push(total);
  }

  private announce(
    { id, lineId, at }: MessageRecord,
    { recipient, thread }: NewMessage['unannounced'],
  ): void {
    const news = this.news.of(lineId);
    if (recipient !== null) news.messages.push({ id, recipient, at });
    if (thread !== null) news.threads.push({ id: thread, at });
  }

  /** V2 tells of no message what became of it. */
  private toAskFor({ id, direction, status, at }: MessageRecord): OpenOutcome[] {
    const isOpen = direction === 'out' && (status === 'accepted' || status === 'sent');
    if (!isOpen || versionOfId(id) !== 'v2') return [];
    const nextAt = this.decision.now + FIRST_ASK_MS;
    return [{ messageId: id, sentAt: at, asked: 0, nextAt }];
  }

  private async tell(message: MessageRecord): Promise<void> {
    const line = this.linesById.get(message.lineId);
    if (line) await tellRecovered(this.stores, message, line, this.decision);
  }

  private taken<T>(ids: Set<string>, rows: ReadonlyMap<string, T>): T[] {
    const changed = [...ids].flatMap((id) => rows.get(id) ?? []);
    ids.clear();
    return changed;
  }
}

const rank = ({ status }: MessageAdvance): number => MESSAGE_STATUSES.indexOf(status);

/** One advance a message: of several the statement itself takes the highest only within one row. */
function mergedAdvances(advances: readonly MessageAdvance[]): MessageAdvance[] {
  const byId = new Map<string, MessageAdvance>();
  for (const advance of advances) {
    const earlier = byId.get(advance.id);
    const higher = earlier && rank(earlier) > rank(advance) ? earlier : advance;
    byId.set(advance.id, {
      ...higher,
      failureCode: advance.failureCode ?? earlier?.failureCode ?? null,
      sendId: advance.sendId ?? earlier?.sendId ?? null,
      at: earlier?.at ?? advance.at,
    });
  }
  return [...byId.values()];
}

function keysOf(events: readonly IntakeEvent[], handles: HandleParser) {
  const messageIds = new Set<string>();
  const chatIds = new Set<string>();
  const sendIds = new Set<string>();
  const people = new Set<string>();
  let areKeyless = false;
  const addHandle = (text: string): void => {
    const handle = handles.parse(text);
    if (handle) people.add(handle.value);
  };
  for (const event of events) {
    if ('messageId' in event && event.messageId !== null) messageIds.add(event.messageId);
    if ('chatId' in event && event.chatId !== null) chatIds.add(event.chatId);
    if ('idempotencyKey' in event) {
      const id = sendIdOf(event.idempotencyKey);
      if (id !== null) sendIds.add(id);
    }
    if (event.kind === 'message-received' && !event.isGroup) addHandle(event.from);
    if (event.kind === 'chat-created' && !event.isGroup) event.participants.forEach(addHandle);
    if ('to' in event && !event.isGroup) addHandle(event.to);
    if (isKeyless(event)) areKeyless = true;
  }
  return {
    messageIds: [...messageIds],
    chatIds: [...chatIds],
    sendIds: [...sendIds],
    handles: [...people],
    areKeyless,
  };
}

/** On V2 nobody tells the key of a message. */
function isKeyless(event: IntakeEvent): boolean {
  return (
    'idempotencyKey' in event && event.idempotencyKey === null && versionOfId(event.chatId) === 'v2'
  );
}
