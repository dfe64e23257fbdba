import { Capabilities } from './capabilities';
import { CheckCapabilities } from './check-capabilities';
import { CheckSlots } from './check-slots';

export { Capabilities, type HandleCapability } from './capabilities';
export { CheckCapabilities } from './check-capabilities';

export const CHECKS_USE_CASES = [CheckSlots, CheckCapabilities, Capabilities];
