import { impossible } from './errors';

const WHOLE = /^[1-9]\d{0,14}$/;

/** Whether an id can be one of V2's, which are whole numbers. */
function isNumber(id: string): boolean {
  return WHOLE.test(id);
}

/**
 * V2 finds a message only within its chat, so our id of one holds both: `324324/27799380`. Answers and webhooks give
 * the same.
 */
export function messageIdOf(chatId: string, number: string): string {
  return `${chatId}/${number}`;
}

/** The two numbers of an id of ours; null for what is no message of V2. */
export function addressOf(messageId: string): { chatId: string; number: string } | null {
  const [chatId = '', number = '', ...rest] = messageId.split('/');
  return rest.length === 0 && isNumber(chatId) && isNumber(number) ? { chatId, number } : null;
}

/** An id for a path. Throws a problem, before anything is sent, for what can be none of V2's. */
export function numberOf(id: string): string {
  if (isNumber(id)) return id;
  throw impossible('An id of V2 is a whole number, and this is none: it may be one of V3');
}

/** V2 may write a number of the United States without its +1. */
export function fullNumber(told: string): string {
  return /^\d{10}$/.test(told) ? `+1${told}` : told;
}
