import { eventIdIn } from '@linekeeper/application';
import { z } from 'zod';
import { id, optionalFlag, optionalId, optionalText } from '../linq/event-fields';
import { fullNumber } from './ids';

/** Texts in the examples, whole numbers in answers: either will do. */
const number = z
  .union([z.int().positive().transform(String), z.string()])
  .pipe(z.string().regex(/^[1-9]\d{0,14}$/));
const phone = id.transform(fullNumber);
const handles = z.array(z.object({ identifier: phone, is_me: optionalFlag }));

export const envelope = z.object({
  event_type: id,
  /** V2 need not take others than V3: ours tells the version. */
  event_id: id.transform((text) => eventIdIn('v2', text)),
  created_at: optionalText,
  data: z.unknown().optional(),
});

/** message.sent and message.received. */
export const message = z.object({
  id: number,
  chat_id: number,
  text: optionalText,
  sent_at: optionalText,
  from_phone: phone.nullish().catch(null),
  service: optionalId,
  chat_handles: handles,
});

/** Its payload is published nowhere: what is not as here is left alone. */
export const chatCreated = z.object({
  id: number,
  group: optionalFlag,
  service: optionalId,
  created_at: optionalText,
  chat_handles: handles,
});
