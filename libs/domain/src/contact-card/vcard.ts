import { hash32 } from '../kernel/hash';
import { foldLine } from './fold';
import { BACKUP_LABEL, type CardAddress, type CardProfile, cleanProfile } from './profile';
import { cleanLine, escapeText, escapeUri } from './text';

/** What a card shows beside its numbers: one for each pool, until somebody changes it. */
export interface CardIdentity {
  readonly poolId: string;
  readonly profile: CardProfile;
  /** Names the photo's content; null when there is none. */
  readonly photoId: string | null;
  /** RFC 3339; when profile or photo were last changed. */
  readonly revisedAt: string;
}

/** E.164, in the order they stand on the card: the primary first. */
export type CardNumbers = readonly string[];

/**
 * The card as vCard 3.0 (RFC 2426), the version that iOS and Android both write and read. It depends on nothing but its
 * arguments; `photoJpegBase64` is the photo that `identity.photoId` names. There is a number, and each is E.164; anything
 * else is a fault.
 * Why each line is as it is: docs/contact-card.md.
 */
export function renderVCard(
  identity: CardIdentity,
  numbers: CardNumbers,
  photoJpegBase64: string | null = null,
): string {
  const [primary] = numbers;
  if (primary === undefined) throw new Error('A card holds at least one number');
  const profile = cleanProfile(identity.profile);
  // 3.1.1: FN must be there and say something. The number is what a phone would show without it.
  const name = profile.name === '' ? primary : profile.name;
  const lines = [
    // 2.1.1 and 3.6.9: VERSION must be there; RFC 6350 section 3.3 wants it right after BEGIN, and so do readers of both.
    'BEGIN:VCARD',
    'VERSION:3.0',
    // 3.6.3: an ISO 9070 formal public identifier.
    'PRODID:-//Linekeeper//Contact Card//EN',
    // 3.6.7: persistent and globally unique; a urn is the form that RFC 6350 section 6.7.6 keeps.
    `UID:urn:uuid:${identity.poolId}`,
    // 3.6.4: a date-time in the extended format of ISO 8601; its colons are not escaped.
    `REV:${identity.revisedAt}`,
    // 3.1.2: family, given, additional, prefixes, suffixes. The whole name is the given one: phones show that when space is short.
    `N:;${escapeText(name)};;;`,
    `FN:${escapeText(name)}`,
    ...text('ORG', profile.organization),
    ...text('TITLE', profile.title),
    ...numbers.flatMap((number, index) => telephone(number, index, profile.backupLabel)),
    // 3.3.2: `internet` is the type of every address with an @.
    ...(profile.emails ?? []).map((email) => `EMAIL;TYPE=INTERNET,WORK:${escapeText(email)}`),
    ...(profile.urls ?? []).map((url) => `URL:${escapeUri(url)}`),
    ...(profile.addresses ?? []).map(address),
    ...text('NOTE', profile.note),
    // 3.1.4: inline binary in base64 says ENCODING=b and of what kind it is.
    ...(photoJpegBase64 === null ? [] : [`PHOTO;ENCODING=b;TYPE=JPEG:${photoJpegBase64}`]),
    'END:VCARD',
  ];
  // 2.4.2 and section 4: every content line ends with CRLF, the last one too.
  return lines.map((line) => `${foldLine(line)}\r\n`).join('');
}

/**
 * A version for the content of a card: equal exactly when identity and ordered numbers are, as far as a card shows them.
 * 64 bits, for telling cards apart and not against forgery. It does not need the photo itself.
 */
export function cardVersion(identity: CardIdentity, numbers: CardNumbers): string {
  const content = `${identity.photoId ?? ''}\n${renderVCard(identity, numbers)}`;
  return [`a${content}`, `b${content}`]
    .map((salted) => hash32(salted).toString(16).padStart(8, '0'))
    .join('');
}

const E164 = /^\+[1-9]\d{6,14}$/;

/** 3.3.1: `pref` names the preferred number, `cell` the kind that takes messages. */
function telephone(number: string, index: number, label = BACKUP_LABEL): string[] {
  if (!E164.test(number)) throw new Error('A card holds E.164 numbers only');
  if (index === 0) return [`TEL;TYPE=CELL,VOICE,PREF:${number}`];
  // Section 4 (`group`) ties the label to its number: iOS shows it, others ignore it and keep the number.
  const named = cleanLine(`${label} ${index}`, label.length + 4);
  return [`item${index}.TEL;TYPE=CELL:${number}`, `item${index}.X-ABLabel:${escapeText(named)}`];
}

/** 3.2.1: post office box, extended address, street, locality, region, postal code, country; the first two are for nobody. */
function address(place: Required<CardAddress>): string {
  const { street, city, region, postalCode, country } = place;
  const parts = ['', '', street, city, region, postalCode, country];
  return `ADR;TYPE=WORK:${parts.map(escapeText).join(';')}`;
}

function text(property: string, value: string | undefined): string[] {
  return value === undefined ? [] : [`${property}:${escapeText(value)}`];
}
