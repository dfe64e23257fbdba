export * from './config/environment';
export { StaticSettings } from './config/settings';
export * from './infrastructure.module';
export { PrismaDatabase } from './prisma/database';
export {
  startEmbeddedPostgres,
  removeEmbeddedPostgres,
  type EmbeddedPostgres,
} from './postgres/embedded-postgres';
export { migrate } from './postgres/migrate';
export { NoFollower, SystemClock } from './system/clock';
export { FollowedClock, VirtualClockFollower } from './system/followed-clock';
export { SecureRandom } from './system/chance';
export { DatabaseInUse, takeStandaloneLock } from './system/standalone-lock';
