import type { Snapshot } from './snapshot-shape';
import type { Chat, Line, Message, Person } from './types';
import { STRANGER } from './world';

type Old<T> = Partial<T> & Record<string, unknown>;

/** A world saved before there were groups, attachments and the like: what is missing is as it was meant then. */
export function upgraded(saved: Partial<Snapshot>): Snapshot {
  const lines = (saved.lines ?? []) as Old<Line>[];
  const chats = (saved.chats ?? []) as Old<Chat>[];
  const messages = (saved.messages ?? []) as Old<Message>[];
  const people = (saved.people ?? []) as Old<Person>[];
  return {
    version: 2,
    now: saved.now ?? 0,
    chance: saved.chance ?? 1,
    config: saved.config ?? {},
    lines: lines.map(
      (line) =>
        ({
          ...{ eligible: true, checkFailures: { iMessage: null, RCS: null }, audits: [] },
          ...line,
        }) as unknown as Line,
    ),
    chats: chats.map(chatOf),
    messages: messages.map(messageOf),
    people: people.map((person) => ({ ...STRANGER, ...person }) as Person),
    optedOut: saved.optedOut ?? [],
    blocked: [],
    attachments: [],
    subscriptions: saved.subscriptions ?? [],
    answers: (saved.answers ?? []).map(([key, answer]) => [
      key,
      { ...answer, at: 0, messageId: '', fingerprint: '' },
    ]),
    checks: [],
    faults: { armed: [], made: 0, chance: 2 },
    events: saved.events ?? [],
    deliveries: (saved.deliveries ?? []).map((each) => ({ ...each, firstAt: null })),
  };
}

function chatOf({ handleIds, ...chat }: Old<Chat>): Chat {
  const handles = [chat.line ?? '', ...(chat.people ?? [])];
  const ids = (handleIds ?? []) as string[];
  const members = handles.map((handle, i) => ({
    id: ids[i] ?? '',
    handle,
    joinedAt: chat.createdAt ?? 0,
    leftAt: null,
    status: 'active',
  }));
  return { icon: null, left: false, ...chat, members } as unknown as Chat;
}

function messageOf({ text, ...message }: Old<Message>): Message {
  const sentAt = message.status === 'pending' ? null : message.at;
  return {
    ...{ parts: [{ type: 'text', value: text }], sentAt, failure: null, extras: null },
    ...{ edits: 0, editedAt: null, deleted: false },
    ...message,
  } as unknown as Message;
}
