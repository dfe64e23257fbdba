import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { DEFAULT_CONFIG } from './config';
import type { Snapshot } from './snapshot-shape';
import { upgraded } from './snapshot-upgrade';
import type { Webhooks } from './webhooks';
import type { World } from './world';

const VERSION = 2;

/** Writes the whole world, first beside and then in place, so that a kill leaves either the old or the new. */
export function save(file: string, world: World, webhooks: Webhooks): void {
  const { armed, made, chance } = world.faults.state();
  const snapshot: Snapshot = {
    version: VERSION,
    now: world.clock.now(),
    chance: world.chance.position(),
    config: world.config,
    lines: [...world.lines.values()],
    chats: [...world.chats.values()],
    messages: [...world.messages.values()],
    people: [...world.people.values()],
    optedOut: [...world.optedOut],
    blocked: [...world.blocked.values()],
    attachments: [...world.attachments.values()],
    subscriptions: [...world.subscriptions.values()],
    answers: [...world.answers],
    checks: [...world.checks],
    faults: { armed: [...armed], made, chance },
    v2: world.v2.save(),
    events: world.queue.all(),
    deliveries: webhooks.unfinished(),
  };
  writeFileSync(`${file}.new`, JSON.stringify(snapshot));
  renameSync(`${file}.new`, file);
}

/** What was saved last, also by an older simulator. Null when nothing was. */
export function readSnapshot(file: string): Snapshot | null {
  if (!existsSync(file)) return null;
  const saved = JSON.parse(readFileSync(file, 'utf8')) as Partial<Snapshot>;
  if (saved.version === undefined) return upgraded(saved);
  if (saved.version !== VERSION) {
    throw new Error(`${file} is of version ${saved.version}; this simulator reads ${VERSION}`);
  }
  return saved as Snapshot;
}

export function restore(snapshot: Snapshot, world: World, webhooks: Webhooks): void {
  world.config = { ...DEFAULT_CONFIG, ...snapshot.config };
  for (const line of snapshot.lines) world.lines.set(line.phoneNumber, line);
  for (const chat of snapshot.chats) world.addChat(chat);
  for (const message of snapshot.messages) world.addMessage(message);
  for (const person of snapshot.people) world.people.set(person.handle, person);
  for (const handle of snapshot.optedOut) world.optedOut.add(handle);
  for (const each of snapshot.blocked) world.blocked.set(each.handle, each);
  for (const each of snapshot.attachments) world.attachments.set(each.id, each);
  for (const each of snapshot.subscriptions) world.subscriptions.set(each.id, each);
  for (const [key, answer] of snapshot.answers) world.answers.set(key, answer);
  for (const [line, at] of snapshot.checks) world.checks.set(line, at);
  if (snapshot.v2) world.v2.restore(snapshot.v2);
  world.faults.restore(snapshot.faults.armed, snapshot.faults.made);
  for (const event of snapshot.events) world.queue.add(event);
  webhooks.restore(snapshot.deliveries);
}
