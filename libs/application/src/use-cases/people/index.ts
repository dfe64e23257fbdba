import { ChangeAssignment, EraseUser } from './change-assignment';
import { CardProfiles } from './card-profiles';
import { ContactCards } from './contact-cards';
import { ExpireReservations } from './expire-reservations';
import { GetUsers } from './get-users';
import { LookAtCoverage } from './look-at-coverage';
import { MergeUsers } from './merge-users';
import { OnboardNewcomers } from './onboard-newcomers';
import { OnboardUser } from './onboard-user';
import { OptOuts } from './opt-out';
import { PromoteWaiting } from './promote-waiting';

export * from './change-assignment';
export * from './card-profiles';
export * from './contact-cards';
export * from './expire-reservations';
export * from './get-users';
export { keptAndGivenBack } from './merge-people';
export * from './look-at-coverage';
export * from './merge-users';
export * from './onboard-user';
export * from './opt-out';
export * from './promote-waiting';
export type { WaitListed } from './wait-listed';
export type { UserView } from './user-view';

export const PEOPLE_USE_CASES = [
  OnboardNewcomers,
  OnboardUser,
  GetUsers,
  ChangeAssignment,
  EraseUser,
  ContactCards,
  CardProfiles,
  LookAtCoverage,
  OptOuts,
  MergeUsers,
  ExpireReservations,
  PromoteWaiting,
];
