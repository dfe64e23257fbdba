/** The events of V2 that may be subscribed to. Calls and contacts never come: nothing in this world makes them. */
export const V2_EVENTS = [
  'message.sent',
  'message.received',
  'message.read',
  'call.completed',
  'reaction.sent',
  'reaction.received',
  'typing_indicator.received',
  'typing_indicator.removed',
  'chat.created',
  'contact.created',
  'contact.updated',
  'contact.deleted',
  'participant.added',
  'participant.removed',
] as const;
export type V2EventType = (typeof V2_EVENTS)[number];
