import { ChangeAssignment, EraseUser } from './change-assignment';
import { ContactCards } from './contact-cards';
import { ExpireReservations } from './expire-reservations';
import { GetUsers } from './get-users';
import { MergeUsers } from './merge-users';
import { OnboardUser } from './onboard-user';
import { OptOuts } from './opt-out';

export * from './change-assignment';
export * from './contact-cards';
export * from './expire-reservations';
export * from './get-users';
export { keptAndGivenBack } from './merge-people';
export * from './merge-users';
export * from './onboard-user';
export * from './opt-out';
export type { UserView } from './user-view';

export const PEOPLE_USE_CASES = [
  OnboardUser,
  GetUsers,
  ChangeAssignment,
  EraseUser,
  ContactCards,
  OptOuts,
  MergeUsers,
  ExpireReservations,
];
