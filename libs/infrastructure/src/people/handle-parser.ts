import { HandleParser, type ParsedHandle } from '@linekeeper/application';
import { parsePhoneNumberFromString } from 'libphonenumber-js';

/** RFC 5321 lets an address be 254 characters long. */
const MAX_EMAIL = 254;
const EMAIL = /^[^\s@"(),:;<>[\\\]]{1,64}@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/;
/** Enough for any number with its separators; longer texts are not even looked at. */
const MAX_PHONE = 40;

const MOST_KEPT = 10_000;

/** Phone numbers by libphonenumber's metadata, in international form only: a national one would have to be guessed. */
export class LibphonenumberHandleParser extends HandleParser {
  /** What was parsed last: each number comes again with every message, and its country's patterns take their time. */
  private readonly parsed = new Map<string, ParsedHandle | null>();

  parse(text: string): ParsedHandle | null {
    if (text.length > MAX_EMAIL) return this.read(text);
    let handle = this.parsed.get(text);
    if (handle === undefined) {
      handle = this.read(text);
      if (this.parsed.size >= MOST_KEPT) this.parsed.clear();
      this.parsed.set(text, handle);
    }
    return handle;
  }

  private read(text: string): ParsedHandle | null {
    const trimmed = text.trim();
    if (trimmed.includes('@')) {
      const value = trimmed.toLowerCase();
      return value.length <= MAX_EMAIL && EMAIL.test(value) ? { kind: 'email', value } : null;
    }
    if (!trimmed.startsWith('+') || trimmed.length > MAX_PHONE) return null;
    if (!/^\+[\d\s().-]+$/.test(trimmed)) return null;
    const number = parsePhoneNumberFromString(trimmed);
    return number?.isPossible() ? { kind: 'phone', value: number.number } : null;
  }
}
