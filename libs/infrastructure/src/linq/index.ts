export * from './linq-event-reader';
export * from './linq-messaging-provider';
export * from './standard-webhook-verifier';
