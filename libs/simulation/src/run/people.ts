import { chanceOf } from '../kernel/chance';

/** What people did with their card: who it never reached, and who saved it. */
export interface People {
  /** 1 where a card was delivered. */
  readonly delivered: Uint8Array;
  /** 1 where the person saved it, and so knows all its numbers. */
  readonly saved: Uint8Array;
  /** 1 for a phone without iMessage: its messages come and go another way, and its card is a file like any other. */
  readonly android: Uint8Array;
}

/** Shares fixed by the benchmark, not by us. */
const NEVER_GOT_ONE = 0.1;
const ANDROID = 0.15;

/** `savedShare` is of those whom a card reached. The same seed makes the same people for every contender. */
export function makePeople(users: number, savedShare: number, seed: number): People {
  const chance = chanceOf(seed, 'people');
  const people = {
    delivered: new Uint8Array(users),
    saved: new Uint8Array(users),
    android: new Uint8Array(users),
  };
  for (let user = 0; user < users; user += 1) {
    const delivered = chance() >= NEVER_GOT_ONE;
    const saved = chance() < savedShare;
    people.delivered[user] = Number(delivered);
    people.saved[user] = Number(delivered && saved);
    people.android[user] = Number(chance() < ANDROID);
  }
  return people;
}
