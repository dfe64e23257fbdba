/** What this service needs to hear of, as far as V2 tells it: it has no events of deliveries, failures and lines. */
export const V2_SUBSCRIBED_EVENTS = [
  'message.sent',
  'message.received',
  'message.read',
  'chat.created',
] as const;
