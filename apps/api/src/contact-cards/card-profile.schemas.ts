import type { CardProfileChange, CardProfileView } from '@linekeeper/application';
import { CARD_LIMITS } from '@linekeeper/domain';
import { z } from 'zod';
import { instant } from '../http/instants';

const text = (max: number) => z.string().trim().max(max);
const addressPart = text(CARD_LIMITS.addressPart);
const HTTP = /^https?$/;

const profile = {
  name: text(CARD_LIMITS.name).min(1).describe('What a phone shows above the thread'),
  organization: text(CARD_LIMITS.organization).optional(),
  title: text(CARD_LIMITS.title).optional(),
  note: text(CARD_LIMITS.note).optional(),
  emails: z.array(z.email().max(CARD_LIMITS.email)).max(CARD_LIMITS.emails).optional(),
  urls: z
    .array(z.url({ protocol: HTTP }).max(CARD_LIMITS.url))
    .max(CARD_LIMITS.urls)
    .optional(),
  addresses: z
    .array(
      z.strictObject({
        street: addressPart,
        city: addressPart,
        region: addressPart.optional(),
        postalCode: addressPart.optional(),
        country: addressPart.optional(),
      }),
    )
    .max(CARD_LIMITS.addresses)
    .optional(),
  backupLabel: text(CARD_LIMITS.backupLabel)
    .optional()
    .describe('What the fallbacks are called, followed by 1, 2, ...; default "Backup"'),
};

const photo = z
  .union([
    z.strictObject({ id: z.hash('sha256') }).describe('The photo it has'),
    z.strictObject({ base64: z.base64().max(2_800_000) }).describe('A JPEG or PNG, at most 2 MiB'),
    z.strictObject({ url: z.url().max(2_000) }).describe('At a host that PHOTO_HOSTS names'),
  ])
  .nullable()
  .default(null)
  .describe('Square, at least 200 x 200 pixels; a new JPEG is made of it. Null or left out: none');

export const cardProfileBody = z.strictObject({
  ...profile,
  photo,
  reason: z.string().trim().min(1).max(500).default('changed through the API'),
});
export const previewBody = z.strictObject({ ...profile, photo });

export const cardProfileAnswer = z.object({
  poolId: z.string(),
  ...profile,
  photo: z
    .object({
      id: z.string(),
      octets: z.number().int(),
      side: z.number().int().describe('Pixels'),
      url: z.string(),
    })
    .nullable(),
  revisedAt: z.string(),
});

export const previewAnswer = z.object({
  vcf: z.string().describe('The card with the first numbers of the pool'),
  octets: z.number().int(),
  numbers: z.array(z.string()),
});

/** zod's optional keys may be undefined, ours are then left out. */
export function changeOf(body: z.infer<typeof previewBody>): CardProfileChange {
  const { photo: wanted, ...texts } = body;
  const given = Object.entries(texts).filter(([, value]) => value !== undefined);
  return {
    profile: Object.fromEntries(given) as unknown as CardProfileChange['profile'],
    photo: wanted,
  };
}

export function profileView(view: CardProfileView): object {
  const { poolId, profile: shown, photo: kept, revisedAt } = view;
  return { poolId, ...shown, photo: kept, revisedAt: instant(revisedAt) };
}
