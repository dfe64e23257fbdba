import { ExpireSends } from './expire-sends';
import { IssueCards } from './issue-cards';
import { ReadGroupMembers } from './group-members';
import { RequestGroupSend } from './request-group-send';
import { RequestSend } from './request-send';
import { SettleLost } from './settle-lost';
import { SettleSend } from './settle-send';

export * from './expire-sends';
export * from './request-group-send';
export * from './request-send';
export * from './settle-send';

export const SENDS_USE_CASES = [
  RequestSend,
  RequestGroupSend,
  ReadGroupMembers,
  SettleSend,
  SettleLost,
  ExpireSends,
  IssueCards,
];
