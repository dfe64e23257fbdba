import { hash32 } from '../kernel/hash';
import { foldLine } from './fold';

/** Who the card says we are. */
export interface CardProfile {
  readonly poolId: string;
  readonly name: string;
  readonly organization?: string;
  readonly title?: string;
  readonly note?: string;
  readonly emails?: readonly string[];
  readonly urls?: readonly string[];
  readonly addresses?: readonly CardAddress[];
  /** A square JPEG. */
  readonly photoJpegBase64?: string;
  /** RFC 3339; the card's REV. */
  readonly revisedAt: string;
}

export interface CardAddress {
  readonly street: string;
  readonly city: string;
  readonly region?: string;
  readonly postalCode?: string;
  readonly country?: string;
}

/** E.164, in the order they stand on the card: the primary first. */
export type CardNumbers = readonly string[];

/**
 * The card as vCard 3.0 (RFC 2426), which iOS, Android and a strict parser read: the primary number preferred,
 * backups labelled, CRLF, folded at 75 octets between characters. It depends on nothing but its two arguments.
 * Numbers must be E.164; anything else is a fault.
 */
export function renderVCard(profile: CardProfile, numbers: CardNumbers): string {
  const lines = [
    'BEGIN:VCARD',
    'VERSION:3.0',
    'PRODID:-//Linekeeper//Contact Card//EN',
    `UID:urn:uuid:${profile.poolId}`,
    `REV:${escapeText(profile.revisedAt)}`,
    `N:${escapeText(profile.name)};;;;`,
    `FN:${escapeText(profile.name)}`,
    ...optional('ORG', profile.organization),
    ...optional('TITLE', profile.title),
    ...numbers.flatMap(telephone),
    ...(profile.emails ?? []).map((email) => `EMAIL;TYPE=INTERNET:${escapeText(email)}`),
    ...(profile.urls ?? []).map((url) => `URL:${escapeText(url)}`),
    ...(profile.addresses ?? []).map(address),
    ...optional('NOTE', profile.note),
    ...(profile.photoJpegBase64 ? [`PHOTO;ENCODING=b;TYPE=JPEG:${profile.photoJpegBase64}`] : []),
    'END:VCARD',
  ];
  return lines.map((line) => `${foldLine(line)}\r\n`).join('');
}

/**
 * A version for the content of a card: equal exactly when pool identity and ordered numbers are. 64 bits, for
 * telling cards apart and not against forgery.
 */
export function cardVersion(profile: CardProfile, numbers: CardNumbers): string {
  const content = renderVCard(profile, numbers);
  return [`a${content}`, `b${content}`]
    .map((salted) => hash32(salted).toString(16).padStart(8, '0'))
    .join('');
}

const E164 = /^\+[1-9]\d{6,14}$/;

function telephone(number: string, index: number): string[] {
  if (!E164.test(number)) throw new Error('A card holds E.164 numbers only');
  if (index === 0) return [`TEL;TYPE=CELL,VOICE,PREF:${number}`];
  // Grouped with a label: iOS shows the label, others ignore it and keep the number.
  return [`item${index}.TEL;TYPE=CELL:${number}`, `item${index}.X-ABLabel:Backup ${index}`];
}

function address(place: CardAddress): string {
  const parts = [
    '',
    '',
    place.street,
    place.city,
    place.region ?? '',
    place.postalCode ?? '',
    place.country ?? '',
  ];
  return `ADR;TYPE=WORK:${parts.map(escapeText).join(';')}`;
}

function optional(property: string, value: string | undefined): string[] {
  return value === undefined || value === '' ? [] : [`${property}:${escapeText(value)}`];
}

/** Control characters, but not the line feed. */
// eslint-disable-next-line no-control-regex -- to find them is the point
const CONTROL = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/g;

/** Escapes what would end a value or a line, and drops control characters that no card needs. */
export function escapeText(text: string): string {
  return (
    text
      .replace(/\r\n?|[\u2028\u2029]/g, '\n')
      // Half a surrogate pair cannot be written as UTF-8.
      .toWellFormed()
      .replace(CONTROL, '')
      .replace(/\\/g, '\\\\')
      .replace(/;/g, '\\;')
      .replace(/,/g, '\\,')
      .replace(/\n/g, '\\n')
  );
}
