export interface ParsedHandle {
  readonly kind: 'phone' | 'email';
  /** E.164, or the lower-cased email address. */
  readonly value: string;
}

/** Normalises what a person is reached by. */
export abstract class HandleParser {
  /** Null when the text is neither a possible phone number in international form nor an email address. */
  abstract parse(text: string): ParsedHandle | null;
}
