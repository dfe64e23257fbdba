import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { SimEvent } from './event-queue';
import type { Chat, Line, Message, Person, SimConfig, Subscription } from './types';
import type { Webhooks } from './webhooks';
import type { StoredAnswer, World } from './world';

/** The world on disk. */
interface Snapshot {
  readonly now: number;
  readonly chance: number;
  readonly config: SimConfig;
  readonly lines: Line[];
  readonly chats: Chat[];
  readonly messages: Message[];
  readonly people: Person[];
  readonly optedOut: string[];
  readonly subscriptions: Subscription[];
  readonly answers: [string, StoredAnswer][];
  readonly events: SimEvent[];
  readonly deliveries: ReturnType<Webhooks['unfinished']>;
}

/** Writes the whole world, first beside and then in place, so that a kill leaves either the old or the new. */
export function save(file: string, world: World, webhooks: Webhooks): void {
  const snapshot: Snapshot = {
    now: world.clock.now(),
    chance: world.chance.position(),
    config: world.config,
    lines: [...world.lines.values()],
    chats: [...world.chats.values()],
    messages: [...world.messages.values()],
    people: [...world.people.values()],
    optedOut: [...world.optedOut],
    subscriptions: [...world.subscriptions.values()],
    answers: [...world.answers],
    events: world.queue.all(),
    deliveries: webhooks.unfinished(),
  };
  writeFileSync(`${file}.new`, JSON.stringify(snapshot));
  renameSync(`${file}.new`, file);
}

export function readSnapshot(file: string): Snapshot | null {
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Snapshot) : null;
}

export function restore(snapshot: Snapshot, world: World, webhooks: Webhooks): void {
  world.config = snapshot.config;
  for (const line of snapshot.lines) world.lines.set(line.phoneNumber, line);
  for (const chat of snapshot.chats) world.addChat(chat);
  for (const message of snapshot.messages) world.addMessage(message);
  for (const person of snapshot.people) world.people.set(person.handle, person);
  for (const handle of snapshot.optedOut) world.optedOut.add(handle);
  for (const each of snapshot.subscriptions) world.subscriptions.set(each.id, each);
  for (const [key, answer] of snapshot.answers) world.answers.set(key, answer);
  for (const event of snapshot.events) world.queue.add(event);
  webhooks.restore(snapshot.deliveries);
}
