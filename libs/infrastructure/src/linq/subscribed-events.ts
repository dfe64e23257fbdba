/** What this service needs to hear of. Typing, reactions and calls count nothing and are not asked for. */
export const SUBSCRIBED_EVENTS = [
  'message.sent',
  'message.received',
  'message.delivered',
  'message.read',
  'message.failed',
  'chat.created',
  'phone_number.status_updated',
] as const;
