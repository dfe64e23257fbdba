export * from './actor';
export { Batches } from './batches';
export * from './event-catalogue';
export * from './events';
export * from './fleet-policy.schema';
export * from './metrics';
export * from './ports';
export * from './refusal';
export * from './use-cases';
