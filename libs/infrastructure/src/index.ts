export * from './config/environment';
export { StaticSettings } from './config/settings';
export * from './infrastructure.module';
export { startEmbeddedPostgres } from './postgres/embedded-postgres';
export { migrate } from './postgres/migrate';
export { NoFollower, SystemClock } from './system/clock';
export { FollowedClock, VirtualClockFollower } from './system/followed-clock';
export { SecureRandom } from './system/chance';
export { takeStandaloneLock } from './system/standalone-lock';
