import type { LockoutRule, RateRule, Role } from '../../ports';

const MINUTE = 60;
const HOUR = 3_600;

/*
 * Keys are 256 random bits, so nobody finds one by trying. The limits bound what trying costs us, and what a leaked
 * beginning of a key is good for; their numbers are generous to a person with a mistyped key and stop a script at once.
 * Each names what it counts by, so that whoever is locked out is locked out alone.
 */

/** One key's beginning from one address: somebody who has the wrong key configured, or guesses the rest of a known one. */
export const BAD_KEY_HERE: LockoutRule = {
  name: 'bad-key-here',
  tries: 5,
  windowSeconds: 15 * MINUTE,
  lockSeconds: 30,
  maxLockSeconds: HOUR,
};

/** One address, whatever keys it tries. */
export const BAD_KEYS_OF_ADDRESS: LockoutRule = {
  name: 'bad-keys-of-address',
  tries: 20,
  windowSeconds: 15 * MINUTE,
  lockSeconds: MINUTE,
  maxLockSeconds: HOUR,
};

/**
 * One key's beginning, from wherever it is tried. It locks nobody out who has not failed: while it runs, an address
 * that fails once with this beginning is shut out by {@link BAD_KEY_UNDER_ATTACK}.
 */
export const BAD_KEYS_OF_PREFIX: LockoutRule = {
  name: 'bad-keys-of-prefix',
  tries: 50,
  windowSeconds: HOUR,
  lockSeconds: 10 * MINUTE,
  maxLockSeconds: HOUR,
};

export const BAD_KEY_UNDER_ATTACK: LockoutRule = {
  name: 'bad-key-under-attack',
  tries: 1,
  windowSeconds: HOUR,
  lockSeconds: 5 * MINUTE,
  maxLockSeconds: HOUR,
};

/** Sign-in links that were never made. */
export const BAD_LINKS: LockoutRule = {
  name: 'bad-links',
  tries: 10,
  windowSeconds: 15 * MINUTE,
  lockSeconds: MINUTE,
  maxLockSeconds: HOUR,
};

/** Page cookies that do not hold. A page left open asks with its old one every few seconds, and is not guessing. */
export const BAD_COOKIES: LockoutRule = {
  name: 'bad-cookies',
  tries: 120,
  windowSeconds: MINUTE,
  lockSeconds: 10,
  maxLockSeconds: MINUTE,
};

const REQUEST_WINDOW_SECONDS = 10;

/**
 * Requests of one key, counted by each process: an app asks before every message of everybody, so its limit is above
 * what one process can answer for long, and stops a loop gone wild; people and their scripts need far less.
 */
export function requestsOf(role: Role): RateRule {
  return {
    name: `requests-${role}`,
    requests: role === 'app' ? 200_000 : 3_000,
    windowSeconds: REQUEST_WINDOW_SECONDS,
  };
}
