import { cleanBlock, cleanComponent, cleanLine } from './text';

/** Who the cards of a pool say we are. Every text may be anything: what goes on a card is {@link cleanProfile} of it. */
export interface CardProfile {
  readonly name: string;
  readonly organization?: string;
  readonly title?: string;
  readonly note?: string;
  readonly emails?: readonly string[];
  readonly urls?: readonly string[];
  readonly addresses?: readonly CardAddress[];
  /** What the numbers behind the first are called, followed by 1, 2, ...; {@link BACKUP_LABEL} when it is not said. */
  readonly backupLabel?: string;
}

export interface CardAddress {
  readonly street: string;
  readonly city: string;
  readonly region?: string;
  readonly postalCode?: string;
  readonly country?: string;
}

export const BACKUP_LABEL = 'Backup';

/**
 * The largest card, in octets. A card also goes to people without an iPhone, as MMS or RCS, and what carriers take for sure is
 * some 300 kB, older gateways 100 kB; importers of contacts read far more.
 */
export const MAX_CARD_OCTETS = 100_000;
/**
 * The largest photo, in octets of JPEG: base64 makes 4 of 3, folding 77 of 74, so it takes 69.4 kB on the card, and the
 * texts below fit beside it even when every character takes four octets.
 */
export const MAX_PHOTO_OCTETS = 50_000;

/** The most code points of each text, and how many of a list. Phones cut names far earlier; 254 is RFC 5321's longest address. */
export const CARD_LIMITS = {
  name: 100,
  organization: 100,
  title: 100,
  note: 1_000,
  email: 254,
  emails: 5,
  url: 500,
  urls: 5,
  addressPart: 100,
  addresses: 3,
  backupLabel: 30,
} as const;

/** A profile as its card shows it. */
export interface CleanCardProfile extends CardProfile {
  readonly addresses?: readonly Required<CardAddress>[];
}

/**
 * The profile as its card shows it: harmful characters gone, texts and lists cut to {@link CARD_LIMITS}, what is empty left
 * out. Idempotent.
 */
export function cleanProfile(profile: CardProfile): CleanCardProfile {
  const line = (text: string | undefined, max: number) => cleanLine(text ?? '', max);
  const lines = (texts: readonly string[] = [], max: number, most: number) =>
    texts
      .slice(0, most)
      .map((text) => cleanLine(text, max))
      .filter((text) => text !== '');
  return withoutEmpty({
    name: cleanComponent(profile.name, CARD_LIMITS.name),
    organization: cleanComponent(profile.organization ?? '', CARD_LIMITS.organization),
    title: line(profile.title, CARD_LIMITS.title),
    note: cleanBlock(profile.note ?? '', CARD_LIMITS.note),
    emails: lines(profile.emails, CARD_LIMITS.email, CARD_LIMITS.emails),
    urls: lines(profile.urls, CARD_LIMITS.url, CARD_LIMITS.urls),
    addresses: (profile.addresses ?? []).slice(0, CARD_LIMITS.addresses).map(cleanAddress),
    backupLabel: line(profile.backupLabel, CARD_LIMITS.backupLabel),
  });
}

function cleanAddress(place: CardAddress): Required<CardAddress> {
  const part = (text: string | undefined) => cleanComponent(text ?? '', CARD_LIMITS.addressPart);
  return {
    street: part(place.street),
    city: part(place.city),
    region: part(place.region),
    postalCode: part(place.postalCode),
    country: part(place.country),
  };
}

function withoutEmpty(profile: Required<CleanCardProfile>): CleanCardProfile {
  const { name, ...rest } = profile;
  return {
    name,
    ...Object.fromEntries(Object.entries(rest).filter(([, value]) => value.length > 0)),
  };
}
