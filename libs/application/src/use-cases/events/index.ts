import { DeliverEvents } from './deliver-events';
import { EndpointSecrets } from './endpoint-secrets';
import { ManageEndpoints } from './manage-endpoints';
import { ReplayEvents } from './replay-events';

export { DeliverEvents } from './deliver-events';
export * from './manage-endpoints';
export * from './replay-events';

export const EVENTS_USE_CASES = [EndpointSecrets, ManageEndpoints, DeliverEvents, ReplayEvents];
